# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What keeps a service from being judged: one line that says what to do, and the exit code."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.functional.conftest import OPENSTACK, Shell
from tests.functional.fake_api import KEYSTONE, OCTAVIA, FakeApi, Fault, drop, silence, status
from tests.lab.cloud import Cloud

LOAD_BALANCERS = f"{OCTAVIA}/lbaas/loadbalancers"
TOKENS = f"{KEYSTONE}/auth/tokens"
ENDPOINTS = (
    "check that the endpoints lead to the APIs, not to a proxy or login page"
    " (`openstack catalog list`)\n"
)
CONNECTION = "check its URL, the network and any proxy, then ask the cloud's operator\n"

STATE = {"admin_state_up": True, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
HOSTILE = "default/sctp-demo\x1b]0;owned\x07\r\n\u202e\x9b31m"


def hostile_service(api: FakeApi) -> str:
    """Let the API hold a service whose every text is hostile; return its ID."""
    lb_id = "96b38be3-1183-41c5-a0db-d246ef1d07cb"
    load_balancer: dict[str, Any] = {
        "id": lb_id,
        "name": HOSTILE,
        "project_id": HOSTILE,
        "provider": HOSTILE,
        "vip_address": HOSTILE,
    }
    listener = {"id": "l", "name": HOSTILE, "protocol": "SCTP", "protocol_port": 90}
    pool = {"id": "p", "name": HOSTILE, "protocol": HOSTILE, "lb_algorithm": HOSTILE}
    member = {"id": "m", "name": HOSTILE, "address": HOSTILE, "protocol_port": "x", "weight": []}
    api.hold(
        load_balancer | STATE,
        listener | {"default_pool_id": "p"} | STATE,
        pool | STATE,
        member | STATE,
    )
    return lb_id


def test_no_credentials_is_one_line_that_says_what_to_set(shell: Shell) -> None:
    done = shell.verify("sctp-demo")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "Missing value auth-url required for auth plugin password: choose a cloud of clouds.yaml"
        " with --os-cloud or OS_CLOUD, or set OS_AUTH_URL and the other OS_* variables (source your"
        " openrc file)\n"
    )


def test_a_missing_password_is_asked_for_nowhere_but_named(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("sctp-demo", env=fake.environ(OS_PASSWORD=""))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("No password entered, or found via --os-password or OS_PASSWORD:")
    assert fake.requests == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("Demo",),
            "'Demo' is no Kubernetes Service name: give NAME, NAMESPACE/NAME (lower-case letters,"
            " digits and '-', at most 63 each) or a load balancer's ID\n",
        ),
        (
            ("good", "a\x1b[31m/b"),
            r"'a\x1b[31m' is no Kubernetes namespace: give NAME, NAMESPACE/NAME (lower-case"
            " letters, digits and '-', at most 63 each) or a load balancer's ID\n",
        ),
        (
            ("demo", "--namespace", "Core"),
            "'Core' is no Kubernetes namespace: give NAME, NAMESPACE/NAME (lower-case letters,"
            " digits and '-', at most 63 each) or a load balancer's ID\n",
        ),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_before_any_request(
    shell: Shell, arguments: tuple[str, ...], complaint: str
) -> None:
    done = shell.verify(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)


def test_a_missing_argument_is_a_usage_error(shell: Shell) -> None:
    done = shell.verify()
    assert (done.returncode, done.stdout) == (2, "")
    assert "the following arguments are required: <service>" in done.stderr


@pytest.mark.parametrize(
    ("path", "fault", "complaint"),
    [
        (
            TOKENS,
            status(401, {"error": {"code": 401, "message": "Who?", "title": "Unauthorized"}}),
            f"{{url}}{TOKENS} answered 401 (Who?): the credentials are refused: check user,"
            " password and project (`openstack token issue` must work)\n",
        ),
        (
            LOAD_BALANCERS,
            status(401, {"error": {"code": 401, "message": "Who?", "title": "Unauthorized"}}),
            f"{{url}}{LOAD_BALANCERS} answered 401 (Who?): the credentials are refused: check user,"
            " password and project (`openstack token issue` must work)\n",
        ),
        (
            LOAD_BALANCERS,
            status(404, {"code": 404, "title": "Not Found", "description": "No such path"}),
            f"{{url}}{LOAD_BALANCERS} answered 404 (Not Found): nothing is there: check that the"
            " catalog leads to the right API (`openstack catalog list`)\n",
        ),
        (
            LOAD_BALANCERS,
            status(409),
            f"{{url}}{LOAD_BALANCERS} answered 409 (said by the fake): the object is being changed:"
            " try again in a minute\n",
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
            f"the answer of {{url}}{TOKENS} is not a token: {ENDPOINTS}",
        ),
        (
            LOAD_BALANCERS,
            status(200, {"loadbalancers": [None]}),
            "an API's answer is malformed (AttributeError: 'NoneType' object has no attribute"
            f" 'pop'): {ENDPOINTS}",
        ),
        (
            LOAD_BALANCERS,
            status(200, {}),
            f"an API's answer is malformed (KeyError: 'loadbalancers'): {ENDPOINTS}",
        ),
        (
            LOAD_BALANCERS,
            drop,
            f"no answer from {{url}}{LOAD_BALANCERS} (Remote end closed connection without"
            f" response): {CONNECTION}",
        ),
        (
            KEYSTONE,
            drop,
            f"no answer from {{url}}{TOKENS} (Remote end closed connection without response):"
            f" {CONNECTION}",
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


def test_an_answer_without_the_fields_that_matter_is_no_load_balancer(
    shell: Shell, fake: FakeApi
) -> None:
    fake.lists["/lbaas/loadbalancers"] = [{"id": "x", "name": "default/sctp-demo"}]
    done = shell.verify("sctp-demo", env=fake.environ())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Octavia's answer holds an object without ID or status: check that its endpoint leads to"
        " Octavia (`openstack catalog show load-balancer`)\n"
    )


def test_nobody_listening_is_said_with_the_reason(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("x", env=fake.environ(OS_AUTH_URL="http://127.0.0.1:1/v3"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"no answer from http://127.0.0.1:1/v3/auth/tokens (Connection refused): {CONNECTION}"
    )


def test_a_cloud_without_octavia_is_said_to_have_none(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("x", env=fake.environ(OS_REGION_NAME="Elsewhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "endpoint for load-balancer service in Elsewhere region not found: check region" in (
        done.stderr
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
    begun = time.monotonic()
    done = shell.verify("x", env={"OS_CLIENT_CONFIG_FILE": str(config), "OS_CLOUD": "fake"})
    assert time.monotonic() - begun < 15
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
        deadline = time.monotonic() + 30
        while f"GET {LOAD_BALANCERS}" not in fake.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (130, b"", b"")


@pytest.mark.parametrize("form", ["table", "value", "csv", "yaml", "json"])
def test_no_control_character_of_an_api_reaches_the_terminal(
    shell: Shell, fake: FakeApi, form: str
) -> None:
    lb_id = hostile_service(fake)
    done = shell.verify(lb_id, "--long", "-f", form, env=fake.environ())
    assert done.returncode == 3
    assert done.stderr == ""
    assert {one for one in done.stdout if not one.isprintable()} == {"\n"}


def test_json_is_the_exact_data(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify(hostile_service(fake), "-f", "json", env=fake.environ())
    assert HOSTILE in {row["Resource"] for row in json.loads(done.stdout)}


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
        " `load-balancer_observer`\n"
    )
    assert done.returncode == 3


def test_a_user_without_a_role_is_told_which_one_to_ask_for(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify("sctp-demo", env=cloud.environ("nobody"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{cloud.urls['octavia']}/v2.0/lbaas/loadbalancers answered 403 (Policy does not allow this"
        " request to be performed.): these credentials may not read this: use the load balancer's"
        " project, or ask for the role `load-balancer_observer`\n"
    )


def test_a_wrong_password_is_said_to_be_refused(shell: Shell, cloud: Cloud, tmp_path: Path) -> None:
    settings = json.loads(Path(cloud.environ()["OS_CLIENT_CONFIG_FILE"]).read_text())
    settings["clouds"]["kuryr"]["auth"]["password"] = "wrong"
    config = tmp_path / "clouds.yaml"
    config.write_text(json.dumps(settings))
    env = {"OS_CLIENT_CONFIG_FILE": str(config), "OS_CLOUD": "kuryr"}
    done = shell.verify("sctp-demo", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"{cloud.urls['keystone']}/v3/auth/tokens answered 401 (The request you have made requires"
        " authentication."
    )
    assert done.stderr.count("\n") == 1
