# SPDX-License-Identifier: Apache-2.0

"""Who asks, and with what right: each lack is one line that says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import kuryr
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


PROJECT = (
    "set --os-project-name or OS_PROJECT_NAME with OS_PROJECT_DOMAIN_NAME (`project_name` and"
    " `project_domain_name` in clouds.yaml)\n"
)
KEYSTONE_URL = "OS_AUTH_URL (`auth_url` in clouds.yaml)"
NO_KEYSTONE = f"no Keystone v3 is there: check {KEYSTONE_URL}, which usually ends in /v3\n"
WHOLE = "user, password and project with their domains, or the application credential or token"

NO_PROJECT = {"OS_PROJECT_NAME": "", "OS_PROJECT_DOMAIN_ID": ""}


def variables(cloud: Cloud, **overrides: str) -> dict[str, str]:
    """Return the variables of an openrc file of the cloud's; those set to "" are left out."""
    user = {
        "OS_AUTH_URL": f"{cloud.urls['keystone']}/v3",
        "OS_USERNAME": "kuryr",
        "OS_PASSWORD": "lab-only",
        "OS_PROJECT_NAME": "k8s",
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
    } | overrides
    return {name: value for name, value in user.items() if value}


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (NO_PROJECT, f"the token is for no project (unscoped): {PROJECT}"),
        (
            {"OS_REGION_NAME": "Elsewhere"},
            "no Octavia in region 'Elsewhere', but in RegionOne: choose with --os-region-name,"
            " OS_REGION_NAME or `region_name` in clouds.yaml\n",
        ),
        (
            {"OS_INTERFACE": "inner"},
            "no interface 'inner' of Octavia, but admin, internal, public: choose with"
            " --os-interface, OS_INTERFACE or `interface` in clouds.yaml\n",
        ),
        (
            {"OS_AUTH_URL": "{keystone}/identity/v3"},
            f"{{keystone}}/identity/v3 answered 404: {NO_KEYSTONE}",
        ),
        ({"OS_AUTH_URL": "{octavia}/v3"}, f"{{octavia}}/v3 answered 401: {NO_KEYSTONE}"),
        (
            {"OS_AUTH_URL": "keystone:5000/v3"},
            f"invalid URL 'keystone:5000/v3': check {KEYSTONE_URL}; one such as"
            " https://cloud.example:5000/v3 is needed\n",
        ),
        (
            {"OS_AUTH_URL": "http://nowhere.invalid:5000/v3"},
            "no address is known for the name in http://nowhere.invalid:5000 ({dns}): check"
            f" {KEYSTONE_URL} or the endpoint in the catalog (`openstack catalog list`), and this"
            " host's DNS\n",
        ),
        (
            {"http_proxy": "http://user:secret@127.0.0.1:1"},
            "no connection to {keystone} through the proxy http://127.0.0.1:1 (Connection"
            " refused): check the variable that names the proxy (HTTP_PROXY, HTTPS_PROXY), or name"
            " the host in NO_PROXY\n",
        ),
        (
            {"http_proxy": "foo://proxy.example"},
            "the proxy cannot be used (Proxy URL had unsupported scheme foo, should use http:// or"
            " https://): check the variable that names the proxy (HTTP_PROXY, HTTPS_PROXY), or name"
            " the host in NO_PROXY\n",
        ),
        (
            {"OS_AUTH_TYPE": "v3nosuch"},
            "The plugin v3nosuch could not be found: check --os-auth-type, OS_AUTH_TYPE or"
            " `auth_type` in clouds.yaml; some need a package of their own\n",
        ),
        (
            {"OS_AUTH_TYPE": "v3kerberos"},
            "Kerberos.__init__() got an unexpected keyword argument 'user_domain_id': check"
            " --os-auth-type, OS_AUTH_TYPE or `auth_type` in clouds.yaml; some need a package of"
            " their own\n",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_sets_it(
    shell: Shell, cloud: Cloud, overrides: dict[str, str], complaint: str
) -> None:
    overrides = {name: value.format(**cloud.urls) for name, value in overrides.items()}
    done = shell.verify("x", env=variables(cloud, **overrides))
    assert (done.returncode, done.stdout) == (1, "")
    dns = re.search(r"\((.* name resolution|Name or service not known)\)", done.stderr)
    assert done.stderr == complaint.format(dns=dns[1] if dns else "", **cloud.urls)


@pytest.mark.parametrize(
    ("overrides", "words", "remedy"),
    [
        (
            {"OS_USER_DOMAIN_ID": "", "OS_PROJECT_DOMAIN_ID": ""},
            "400 (Expecting to find domain in",
            "the settings are incomplete or contradict each other: check user and project with"
            " their domains (OS_USER_DOMAIN_NAME, OS_PROJECT_DOMAIN_NAME)\n",
        ),
        (
            {"OS_AUTH_TYPE": "token", "OS_TOKEN": "expired-secret"}
            | {"OS_USERNAME": "", "OS_PASSWORD": "", "OS_USER_DOMAIN_ID": ""},
            "404 (Could not recognize Fernet token",
            f"Keystone does not know these credentials: check {WHOLE}\n",
        ),
        (
            {"OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "x"}
            | {"OS_APPLICATION_CREDENTIAL_SECRET": "secret"},
            "401 (Error authenticating with application credential",
            "an application credential has a project of its own: unset OS_PROJECT_NAME,"
            " OS_PROJECT_ID and their domains\n",
        ),
    ],
)
def test_what_keystone_refuses_is_named_in_its_words_with_the_cure(
    shell: Shell, cloud: Cloud, overrides: dict[str, str], words: str, remedy: str
) -> None:
    done = shell.verify("x", env=variables(cloud, **overrides))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{cloud.urls['keystone']}/v3/auth/tokens answered {words}")
    assert done.stderr.endswith(f": {remedy}")
    assert "secret" not in done.stderr


def test_a_token_for_a_domain_is_named_where_octavia_refuses_it(shell: Shell, cloud: Cloud) -> None:
    domain = NO_PROJECT | {"OS_DOMAIN_ID": "default"}
    with kuryr.connect(cloud, "admin") as admin:
        identity: Any = admin.identity
        user, role = identity.find_user("kuryr"), identity.find_role("member")
        identity.assign_domain_role_to_user("default", user, role)
        try:
            done = shell.verify("x", env=variables(cloud, **domain))
        finally:
            identity.unassign_domain_role_from_user("default", user, role)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{cloud.urls['octavia']}/v2.0/lbaas/loadbalancers answered 403 (Policy does not allow this"
        f" request to be performed.): the token is for domain 'Default', not for a project:"
        f" {PROJECT}"
    )


def test_a_token_for_the_system_is_as_good_as_octavia_takes_it(shell: Shell, cloud: Cloud) -> None:
    system = NO_PROJECT | {"OS_USERNAME": "admin", "OS_SYSTEM_SCOPE": "all"}
    done = shell.verify("sctp-demo", env=variables(cloud, **system))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_catalogue_without_octavia_is_named(shell: Shell, fake: FakeApi) -> None:
    done = shell.verify("x", env=fake.environ(OS_REGION_NAME="Elsewhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no Octavia in region 'Elsewhere', but in RegionOne: choose with")


def test_an_api_timeout_that_is_no_number_is_named(shell: Shell, fake: FakeApi) -> None:
    config = shell.home / "clouds.yaml"
    config.write_text(json.dumps({"clouds": {"fake": {"api_timeout": "soon"}}}))
    env = fake.environ(OS_CLIENT_CONFIG_FILE=str(config), OS_CLOUD="fake")
    done = shell.verify("x", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "invalid `api_timeout` 'soon' in clouds.yaml: give seconds\n"


def test_debug_shows_no_secret(shell: Shell, cloud: Cloud) -> None:
    for password in ("lab-only", "wrong-secret"):
        env = variables(cloud, OS_PASSWORD=password)
        done = shell.openstack("--debug", "kuryr", "sctp", "verify", "sctp-demo", env=env)
        assert "REQ: " in done.stderr
        assert password not in done.stdout + done.stderr
        assert not re.search("gAAAA[A-Za-z0-9_-]{20}", done.stdout + done.stderr)
