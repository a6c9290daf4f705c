# SPDX-License-Identifier: Apache-2.0

"""What a token is for: a project as it should be, or a domain, the system or nothing."""

from keystoneauth1.identity.base import BaseIdentityPlugin
from openstack.connection import Connection

_CHOOSE = (
    "set --os-project-name or OS_PROJECT_NAME with OS_PROJECT_DOMAIN_NAME (`project_name` and"
    " `project_domain_name` in clouds.yaml)"
)


def missing_project(connection: Connection) -> str | None:
    """Say that the token is not for a project, and what to do; None if it is, or has no scope.

    A domain or the system is enough for an administrator of some clouds.

    Raises what the SDK raises.
    """
    auth = connection.session.auth
    if not isinstance(auth, BaseIdentityPlugin):
        return None
    access = auth.get_access(connection.session)
    if access.project_id:
        return None
    if access.domain_scoped:
        return f"the token is for domain '{access.domain_name}', not for a project: {_CHOOSE}"
    if access.system_scoped:
        return f"the token is for the system, not for a project: {_CHOOSE}"
    return f"the token is for no project (unscoped): {_CHOOSE}"
