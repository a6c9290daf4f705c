# SPDX-License-Identifier: Apache-2.0

"""What Octavia says that it does not have is told from an endpoint where nothing is."""

import openstack.exceptions
import pytest
import requests

from kuryrsctp.cloud.calls import unless_gone

POOL = "38697107-12dd-45cf-9210-3a646fa732f2"
OTHER = "96b38be3-1183-41c5-a0db-d246ef1d07cb"
# Recorded from Octavia 19.0.0: of a pool, and of the members of one.
OF_A_POOL = f'{{"faultcode": "Client", "faultstring": "Pool {POOL} not found.", "debuginfo": null}}'
OF_MEMBERS = f'{{"code": 404, "title": "Bad Request", "description": "Pool {POOL} not found."}}'
NO_SUCH_PATH = '{"code": 404, "title": "Not Found", "description": ""}'
APACHES = f"<p>The requested URL /v2.0/lbaas/pools/{POOL}/members was not found.</p>"


def refuse(status: int, body: str, kind: str = "application/json") -> None:
    """Answer as an API that refuses a request."""
    answer = requests.Response()
    answer.status_code, answer.reason, answer.url = status, "Bad Request", "http://octavia.example"
    answer.headers["Content-Type"] = kind
    answer._content = body.encode()
    openstack.exceptions.raise_from_response(answer)


@pytest.mark.parametrize("body", [OF_A_POOL, OF_MEMBERS])
def test_a_resource_that_octavia_names_in_its_404_is_gone(body: str) -> None:
    assert unless_gone(lambda: refuse(404, body), POOL) is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, NO_SUCH_PATH, "application/json"),
        (404, OF_MEMBERS.replace(POOL, OTHER), "application/json"),
        (404, APACHES, "text/html"),
        (404, "", "application/json"),
        (404, f'["{POOL}"]', "application/json"),
        (404, f'{{"description": {"[" * 100_000}', "application/json"),
        (400, OF_MEMBERS, "application/json"),
    ],
    ids=["no path", "another's", "a web server's", "empty", "a list", "deep", "another status"],
)
def test_any_other_error_is_raised(status: int, body: str, kind: str) -> None:
    with pytest.raises(openstack.exceptions.HttpException):
        unless_gone(lambda: refuse(status, body, kind), POOL)


def test_what_is_there_is_returned() -> None:
    assert unless_gone(lambda: "a pool", POOL) == "a pool"
