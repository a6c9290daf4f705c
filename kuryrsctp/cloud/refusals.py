# SPDX-License-Identifier: Apache-2.0

"""What an API means by an HTTP error, as one sentence that says what to do.

Keystone's refusal of a token is about the credentials; the other APIs' are not.
"""

from urllib.parse import urlsplit

import openstack.exceptions

from kuryrsctp.cloud.connecting import AUTH_URL, ENDPOINT, place, quoted, through_proxy

NO_KEYSTONE = f"no Keystone v3 is there: check {AUTH_URL}, which usually ends in /v3"

_WHOLE_CREDENTIALS = (
    "user, password and project with their domains, or the application credential or token"
)
_OVERRIDE = "the catalog (`openstack catalog list`) or the endpoint in clouds.yaml"

_ANYWHERE = {
    407: "the proxy asks for user and password: give them in the variable that names it"
    " (HTTP_PROXY, HTTPS_PROXY), or name the host in NO_PROXY",
    429: "too many requests: try again in a minute",
    502: "the API is down behind its proxy: try again, then ask the cloud's operator",
    503: "the API is down or overloaded: try again, then ask the cloud's operator",
    504: "the API is overloaded: try again, then ask the cloud's operator",
}
_FROM_KEYSTONE = {
    400: "the settings are incomplete or contradict each other: check user and project with their"
    " domains (OS_USER_DOMAIN_NAME, OS_PROJECT_DOMAIN_NAME)",
    401: f"the credentials are refused: check {_WHOLE_CREDENTIALS} (`openstack token issue` must"
    " work)",
    403: "Keystone gives these credentials no token: ask the cloud's operator",
    404: f"Keystone does not know these credentials: check {_WHOLE_CREDENTIALS}",
}
_FROM_OTHERS = {
    400: f"the API does not know this request: check that {_OVERRIDE} leads to the right API",
    401: "the API refuses the token, or there is none: if `openstack token issue` works, ask the"
    " cloud's operator to look at this API's settings for Keystone",
    403: "these credentials may not read this: use the load balancer's project, or ask for the role"
    " `reader` (in clouds with Octavia's own roles, `load-balancer_observer`)",
    404: f"nothing is there: check that {_OVERRIDE} leads to the right API",
}
_OWN_PROJECT = (
    "an application credential has a project of its own: unset OS_PROJECT_NAME, OS_PROJECT_ID and"
    " their domains"
)
_SERVER_FAULT = "the API failed: try again, then ask the cloud's operator to look at its log"
_CLIENT_FAULT = "the API refuses the request: `--debug` shows it"
# What nginx and Apache answer to http on a port of https.
_WANTS_TLS = ("to HTTPS port", "SSL-enabled server port", "HTTP request to an HTTPS server")


def refusal(
    status: int,
    url: str | bytes | None,
    detail: object,
    *,
    body: str = "",
    remedy: str | None = None,
) -> str:
    """Say which API answered with an HTTP error, in its own words, and what to do.

    The `remedy` is the status's own by default; `body` is the whole answer, where it is known.
    """
    words = f" ({quoted(detail)})" if detail else ""
    remedy = remedy or _remedy(status, url, f"{detail} {body}")
    return f"{place(url)}{through_proxy(url)} answered {status}{words}: {remedy}"


def octavia_words(error: openstack.exceptions.HttpException) -> str:
    """Return Octavia's sentence about an error, "" if something else has answered.

    The SDK reads only a `faultstring`; that a pool is not there is a `description` where its
    members were asked for.
    """
    try:
        body = error.response.json() if error.response is not None else None
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    return str(body.get("faultstring") or body.get("description") or "")


def is_about(error: openstack.exceptions.HttpException, resource_id: str) -> bool:
    """Tell whether an error is Octavia's own about this resource, whose ID it then names.

    A web server that names the path that it does not know does so in HTML.
    """
    return resource_id in octavia_words(error)


def _remedy(status: int, url: str | bytes | None, answer: str) -> str:
    fault = _ANYWHERE.get(status, _SERVER_FAULT if status >= 500 else _CLIENT_FAULT)
    if status == 400 and any(words in answer for words in _WANTS_TLS):
        return f"this port speaks https: write https:// in {ENDPOINT}"
    if not urlsplit(place(url)).path.endswith("/tokens"):
        return _FROM_OTHERS.get(status, fault)
    # Keystone's errors have it, and those of what else may answer there do not.
    if status in {404, 405} and '"error"' not in answer:
        return NO_KEYSTONE
    if "cannot request a scope" in answer:
        return _OWN_PROJECT
    return _FROM_KEYSTONE.get(status, fault)
