# SPDX-License-Identifier: Apache-2.0

"""Where Octavia and Neutron answer: what the settings or the catalog say, whatever its form.

Endpoints are published with and without /v2 or /v2.0 and a slash at the end. The SDK adds /v2.0
to each that does not end so, and takes one from clouds.yaml as it is; discovery would cost a
request, and its links may lead to a host that clients cannot reach.
"""

import contextlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import keystoneauth1.exceptions
from keystoneauth1.identity.base import BaseIdentityPlugin
from openstack.connection import Connection

from kuryrsctp.cloud.connecting import AUTH_URL, without_user
from kuryrsctp.cloud.failures import malformed_answers
from kuryrsctp.cloud.scope import missing_project
from kuryrsctp.errors import CloudError

_VERSIONS = re.compile(r"(/v2(\.\d+)?|/)*$")
_VERSION = "/v2.0"  # the path of Octavia's as of Neutron's API, whatever its minor version

_MAX_NAMES = 10

_NAMES = {"load-balancer": "Octavia", "network": "Neutron"}


def adapter(connection: Connection, service_type: str) -> Any:
    """Return the SDK's adapter for the API of a service; None if the settings lead to none.

    Raises CloudError for an invalid URL, and what the SDK raises.
    """
    # The SDK looks for the host of an incomplete one in the catalog.
    _check(getattr(connection.session.auth, "auth_url", None), AUTH_URL)
    endpoint = _endpoint(connection, service_type)
    if endpoint is None:
        return None
    where = f"`{_override(service_type)}` in clouds.yaml, or the catalog (`openstack catalog list`)"
    _check(endpoint.strip(), where)
    with malformed_answers():
        api = connection.config.get_session_client(service_type)
    api.endpoint_override = root(endpoint) + _VERSION
    return api


def root(endpoint: str) -> str:
    """Return an endpoint without version and slash: there the API tells its versions."""
    return _VERSIONS.sub("", endpoint.strip())


def missing_endpoint(connection: Connection, service_type: str) -> str:
    """Say why the settings lead to no endpoint of a service, and what to do.

    Raises what the SDK raises.
    """
    name, config = _NAMES[service_type], connection.config
    no_project = missing_project(connection)
    if no_project:
        return no_project
    region = config.get_region_name(service_type)
    offers = _offers(connection, service_type)
    regions = sorted({offered for offered, _ in offers})
    interfaces = sorted({kind for offered, kind in offers if not region or region == offered})
    if not offers:
        return (
            f"the catalog of these credentials has no {name} (service type {service_type}): ask the"
            f" cloud's operator, or set `{_override(service_type)}` in clouds.yaml"
        )
    if not interfaces:
        return (
            f"no {name} in region '{region}', but in {_listed(regions)}: choose with"
            " --os-region-name, OS_REGION_NAME or `region_name` in clouds.yaml"
        )
    return (
        f"no interface '{config.get_interface(service_type)}' of {name}, but"
        f" {_listed(interfaces)}: choose with --os-interface, OS_INTERFACE or `interface` in"
        " clouds.yaml"
    )


def _endpoint(connection: Connection, service_type: str) -> str | None:
    """Return what clouds.yaml sets for a service, or what the catalog has."""
    config = connection.config
    with contextlib.suppress(keystoneauth1.exceptions.CatalogException), malformed_answers():
        return config.get_endpoint(service_type) or connection.session.get_endpoint(
            service_type=config.get_service_type(service_type),
            service_name=config.get_service_name(service_type),
            interface=config.get_interface(service_type),
            region_name=config.get_region_name(service_type),
        )
    return None


def _offers(connection: Connection, service_type: str) -> list[tuple[str, str]]:
    """Return region and interface of each endpoint of a service in the catalog."""
    auth = connection.session.auth
    if not isinstance(auth, BaseIdentityPlugin):
        return []
    with malformed_answers():
        catalog = auth.get_access(connection.session).service_catalog
        found = catalog.get_endpoints_data(service_type=service_type)
        return [
            (str(endpoint.region_name), str(endpoint.interface))
            for endpoints in found.values()
            for endpoint in endpoints
        ]


def _check(url: str | None, where: str) -> None:
    """Raise CloudError for a URL that leads to no host; `where` says what holds it."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        valid = valid and not re.search(r"\s", url)
    except ValueError:
        valid = False
    if not valid:
        raise CloudError(
            f"invalid URL '{without_user(url)}': check {where}; one such as"
            " https://cloud.example:5000/v3 is needed"
        )


def _override(service_type: str) -> str:
    return f"{service_type.replace('-', '_')}_endpoint_override"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    return f"{shown} and others" if len(names) > _MAX_NAMES else shown
