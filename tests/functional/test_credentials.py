# SPDX-License-Identifier: Apache-2.0

"""Who asks, and with what right: each lack is one line that says what to do."""

import json
from pathlib import Path

from tests.support.cloud import Cloud
from tests.support.fake_api import FakeApi
from tests.support.shell import Shell


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


def test_a_user_without_a_role_is_told_which_one_to_ask_for(shell: Shell, cloud: Cloud) -> None:
    done = shell.verify("sctp-demo", env=cloud.environ("nobody"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{cloud.urls['octavia']}/v2.0/lbaas/loadbalancers answered 403 (Policy does not allow this"
        " request to be performed.): these credentials may not read this: use the load balancer's"
        " project, or ask for the role `reader` (in clouds with Octavia's own roles,"
        " `load-balancer_observer`)\n"
    )


def test_a_cloud_without_octavia_is_said_to_have_none(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("x", env=fake.environ(OS_REGION_NAME="Elsewhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "endpoint for load-balancer service in Elsewhere region not found: check region" in (
        done.stderr
    )
