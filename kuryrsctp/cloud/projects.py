# SPDX-License-Identifier: Apache-2.0

"""Projects of Keystone, by the names that users give."""

import re
from typing import Any

import openstack.exceptions

from kuryrsctp.cloud.calls import Cloud
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.errors import UsageError

_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


def project_id(cloud: Cloud, project: str) -> str:
    """Return the ID of a project given by name or ID.

    To find a project other than the credentials' own by its name takes the right to list projects.

    Raises UsageError if there is no such project, and CloudError.
    """
    if _ID.fullmatch(project):
        return project.lower().replace("-", "")
    connection = cloud.connection
    own_name, own_id = cloud.call(lambda: _own(connection))
    if project == own_name:
        return own_id
    other_id = cloud.call(lambda: _id_of(connection, project))
    if other_id is None:
        raise UsageError(f"no project '{project}' is visible to these credentials: give its ID")
    return other_id


def _own(connection: Any) -> tuple[str, str]:
    with malformed_answers():
        own = connection.current_project
        return str(own.name), str(own.id)


def _id_of(connection: Any, name: str) -> str | None:
    try:
        with malformed_answers():
            return next(
                (str(project.id) for project in connection.identity.projects(name=name)), None
            )
    except openstack.exceptions.ForbiddenException:
        return None
