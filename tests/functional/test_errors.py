# SPDX-License-Identifier: Apache-2.0

"""An API that fails is one line that says who and what to do, and the exit code."""

import json
import signal
import subprocess
import time

import pytest

from kuryrsctp.osc.base import REQUEST_TIMEOUT
from tests.support.fake_api import KEYSTONE, OCTAVIA, FakeApi, Fault, drop, raw, silence, status
from tests.support.hostile import hostile_service
from tests.support.shell import OPENSTACK, TIMEOUT, Shell

LOAD_BALANCERS = f"{OCTAVIA}/lbaas/loadbalancers"
TOKENS = f"{KEYSTONE}/auth/tokens"
ENDPOINTS = (
    "check that the endpoints lead to the APIs, not to a proxy or login page"
    " (`openstack catalog list`)\n"
)
CATALOGUE = "the catalog (`openstack catalog list`) or the endpoint in clouds.yaml"
CONNECTION = "check its URL, the network and any proxy, then ask the cloud's operator\n"
CLOSED = CONNECTION.replace("URL", "URL (https?)")
KEYSTONE_URL = "OS_AUTH_URL (`auth_url` in clouds.yaml)"
NO_KEYSTONE = f"no Keystone v3 is there: check {KEYSTONE_URL}, which usually ends in /v3\n"
CREDENTIALS = (
    "user, password and project with their domains, or the application credential or token"
)


@pytest.mark.parametrize(
    ("path", "fault", "complaint"),
    [
        (
            TOKENS,
            status(401, {"error": {"code": 401, "message": "Who?", "title": "Unauthorized"}}),
            f"{{url}}{TOKENS} answered 401 (Who?): the credentials are refused: check"
            f" {CREDENTIALS} (`openstack token issue` must work)\n",
        ),
        (
            LOAD_BALANCERS,
            status(401, {"error": {"code": 401, "message": "Who?", "title": "Unauthorized"}}),
            f"{{url}}{LOAD_BALANCERS} answered 401 (Who?): the API refuses the token, or there is"
            " none: if `openstack token issue` works, ask the cloud's operator to look at this"
            " API's settings for Keystone\n",
        ),
        (
            LOAD_BALANCERS,
            status(404, {"code": 404, "title": "Not Found", "description": "No such path"}),
            f"{{url}}{LOAD_BALANCERS} answered 404 (No such path): nothing is there: check that"
            f" {CATALOGUE} leads to the right API\n",
        ),
        (
            LOAD_BALANCERS,
            status(400),
            f"{{url}}{LOAD_BALANCERS} answered 400 (said by the fake): the API does not know this"
            f" request: check that {CATALOGUE} leads to the right API\n",
        ),
        (
            LOAD_BALANCERS,
            status(407),
            f"{{url}}{LOAD_BALANCERS} answered 407 (said by the fake): the proxy asks for user and"
            " password: give them in the variable that names it (HTTP_PROXY, HTTPS_PROXY), or name"
            " the host in NO_PROXY\n",
        ),
        (
            KEYSTONE,
            status(400, b"<html>The plain HTTP request was sent to HTTPS port</html>", "text/html"),
            f"{{url}}{TOKENS} answered 400 (Bad Request): this port speaks https: write https:// in"
            f" {KEYSTONE_URL} or the endpoint in the catalog (`openstack catalog list`)\n",
        ),
        (
            KEYSTONE,
            raw(b"\x15\x03\x03\x00\x02\x022"),
            f"{{url}} speaks TLS, not plain http: write https:// in {KEYSTONE_URL} or the endpoint"
            " in the catalog (`openstack catalog list`)\n",
        ),
        (
            KEYSTONE,
            status(401, b"<html>Who are you?</html>", "text/html"),
            f"{{url}}{KEYSTONE} answered 401: {NO_KEYSTONE}",
        ),
        (
            TOKENS,
            status(404, b"<html>Nothing</html>", "text/html"),
            f"{{url}}{TOKENS} answered 404 (Not Found): {NO_KEYSTONE}",
        ),
        (
            TOKENS,
            status(405, b"<html>Not allowed</html>", "text/html"),
            f"{{url}}{TOKENS} answered 405 (Method Not Allowed): {NO_KEYSTONE}",
        ),
        (
            TOKENS,
            status(503),
            f"{{url}}{TOKENS} answered 503 (Unrecognized schema in response body.): the API is down"
            " or overloaded: try again, then ask the cloud's operator\n",
        ),
        (
            LOAD_BALANCERS,
            status(500),
            f"{{url}}{LOAD_BALANCERS} answered 500 (said by the fake): the API failed: try again,"
            " then ask the cloud's operator to look at its log\n",
        ),
        (
            LOAD_BALANCERS,
            status(503, b"<html><h1>No \x1b[31mserver</h1></html>", "text/html"),
            rf"{{url}}{LOAD_BALANCERS} answered 503 (No \x1b[31mserver): the API is down or"
            " overloaded: try again, then ask the cloud's operator\n",
        ),
        (
            f"{OCTAVIA}/lbaas/pools",
            status(503),
            f"{{url}}{OCTAVIA}/lbaas/pools answered 503 (said by the fake): the API is down or"
            " overloaded: try again, then ask the cloud's operator\n",
        ),
        (
            LOAD_BALANCERS,
            status(200, b"<html>\x1b[31mPlease log in</html>", "text/html"),
            rf"an API's answer is not JSON but '<html>\x1b[31mPlease log in</html>': {ENDPOINTS}",
        ),
        (
            TOKENS,
            status(200, b"<html>Please log in</html>", "text/html"),
            f"the answer of {{url}}{TOKENS} is not a token: check {KEYSTONE_URL}: it must lead to"
            " Keystone, not to a proxy or login page\n",
        ),
        (
            LOAD_BALANCERS,
            status(200, {"loadbalancers": [None]}),
            f"an API's answer is malformed (load balancer is None, not an object): {ENDPOINTS}",
        ),
        (
            LOAD_BALANCERS,
            status(200, {}),
            "an API's answer is malformed (list of loadbalancers: loadbalancers is missing):"
            f" {ENDPOINTS}",
        ),
        (
            LOAD_BALANCERS,
            drop,
            f"no answer from {{url}}{LOAD_BALANCERS} (Remote end closed connection without"
            f" response): {CLOSED}",
        ),
        (
            KEYSTONE,
            drop,
            f"no answer from {{url}}{TOKENS} (Remote end closed connection without response):"
            f" {CLOSED}",
        ),
    ],
)
def test_an_api_that_fails_is_one_line_that_says_who_and_what_to_do(
    shell: Shell, fake: FakeApi, path: str, fault: Fault, complaint: str
) -> None:
    hostile_service(fake)
    fake.lists["/lbaas/loadbalancers"][0]["name"] = "default/sctp-demo"
    fake.faults[path] = fault
    done = shell.verify("sctp-demo", "-f", "json", env=fake.environ())
    assert done.stderr == complaint.replace("{url}", fake.url)
    assert (done.returncode, done.stdout) == (1, "")


def test_nobody_listening_is_said_with_the_reason(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("x", env=fake.environ(OS_AUTH_URL="http://127.0.0.1:1/v3"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"no answer from http://127.0.0.1:1/v3 (Connection refused): {CONNECTION}"
    )


@pytest.mark.parametrize("path", [KEYSTONE, LOAD_BALANCERS])
def test_an_api_that_never_answers_is_given_up_after_the_users_timeout(
    shell: Shell, fake: FakeApi, path: str
) -> None:
    fake.faults[path] = silence
    config = shell.home / "clouds.yaml"
    auth = {"auth_url": f"{fake.url}/v3", "username": "u", "password": "p", "project_name": "p"}
    auth |= {"user_domain_id": "default", "project_domain_id": "default"}
    config.write_text(json.dumps({"clouds": {"fake": {"auth": auth, "api_timeout": 1}}}))
    done = shell.verify("x", env={"OS_CLIENT_CONFIG_FILE": str(config), "OS_CLOUD": "fake"})
    # The user's second, not the 30 that are the default.
    assert fake.silences
    assert all(0.9 < seconds < REQUEST_TIMEOUT for seconds in fake.silences)
    asked = TOKENS if path == KEYSTONE else path
    assert done.stderr == f"no answer from {fake.url}{asked} (timed out): {CONNECTION}"
    assert (done.returncode, done.stdout) == (1, "")


def test_ctrl_c_while_an_api_is_silent_ends_at_once_with_130(shell: Shell, fake: FakeApi) -> None:
    fake.faults[LOAD_BALANCERS] = silence
    with subprocess.Popen(
        [OPENSTACK, "kuryr", "sctp", "verify", "x"],
        env=shell.environ(fake.environ()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        deadline = time.monotonic() + TIMEOUT
        while f"GET {LOAD_BALANCERS}" not in fake.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output, errors) == (130, b"", b"")


def test_debug_and_only_debug_shows_a_traceback(shell: Shell, fake: FakeApi) -> None:
    fake.faults[LOAD_BALANCERS] = status(500)
    done = shell.openstack("--debug", "kuryr", "sctp", "verify", "x", env=fake.environ())
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback (most recent call last)" in done.stderr
    assert "not-to-be-shown" not in done.stderr


def test_a_service_that_cannot_be_asked_about_does_not_hide_the_others(
    shell: Shell, fake: FakeApi
) -> None:
    lb_id = hostile_service(fake)
    fake.faults[f"{LOAD_BALANCERS}/{lb_id}"] = status(403)
    fake.lists["/lbaas/loadbalancers"] = []
    done = shell.verify(lb_id, "x", "-f", "value", "-c", "Service", env=fake.environ())
    assert set(done.stdout.split()) == {"default/x"}
    assert done.stderr == (
        f"{lb_id}: {fake.url}{LOAD_BALANCERS}/{lb_id} answered 403 (said by the fake): these"
        " credentials may not read this: use the load balancer's project, or ask for the role"
        " `reader` (in clouds with Octavia's own roles, `load-balancer_observer`)\n"
    )
    assert done.returncode == 3
