# SPDX-License-Identifier: Apache-2.0

"""Endpoints as clouds publish them: with and without a version, a slash, a path in front."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import kuryr
from tests.support.cloud import Cloud
from tests.support.shell import Shell
from tests.support.struggling_proxy import Front, in_front_of, unavailable

ENDS = ["", "/", "/v2", "/v2/", "/v2.0", "/v2.0/", "/v2.27"]


def commands(shell: Shell, env: dict[str, str]) -> list[tuple[int, str, str]]:
    """Run list and verify, of which one asks Octavia for its versions; return how they ended."""
    arguments = [("list",), ("verify", "sctp-demo"), ("verify", "nowhere")]
    runs = [
        shell.openstack("kuryr", "sctp", *command, "-f", "json", env=env) for command in arguments
    ]
    return [(done.returncode, done.stdout, done.stderr) for done in runs]


@pytest.fixture(scope="module")
def expected(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, str]]:
    """Return what the commands print of endpoints without a version."""
    done = commands(Shell(tmp_path_factory.mktemp("home")), cloud.environ())
    assert [code for code, _, _ in done] == [0, 0, 3]
    return done


@pytest.mark.parametrize("end", ENDS)
def test_an_endpoint_in_the_catalogue_may_end_in_a_version(
    shell: Shell, cloud: Cloud, expected: list[tuple[int, str, str]], end: str
) -> None:
    fronts = {
        "octavia": Front(published=end),
        "neutron": Front(published=end.replace("v2.27", "v2.0")),
    }
    with in_front_of(cloud, shell.home, **fronts) as proxy:
        assert commands(shell, proxy.environ) == expected


@pytest.mark.parametrize("end", ENDS)
def test_an_endpoint_in_clouds_yaml_may_end_in_a_version(
    shell: Shell, cloud: Cloud, expected: list[tuple[int, str, str]], end: str
) -> None:
    octavia, neutron = cloud.urls["octavia"] + end, cloud.urls["neutron"] + end
    env = configured(
        shell,
        cloud,
        load_balancer_endpoint_override=octavia,
        network_endpoint_override=neutron.replace("v2.27", "v2.0"),
    )
    assert commands(shell, env) == expected


@pytest.mark.parametrize("end", ["", "/v2", "/v2.0/"])
def test_an_endpoint_may_have_a_path_in_front_and_links_that_lead_elsewhere(
    shell: Shell, cloud: Cloud, expected: list[tuple[int, str, str]], end: str
) -> None:
    fronts = {
        "octavia": Front(path="/load-balancer", published=end),
        "neutron": Front(path="/networking", published=end.replace("v2.27", "v2.0")),
        "keystone": Front(path="/identity"),
    }
    with in_front_of(cloud, shell.home, **fronts) as proxy:
        link = f"{cloud.urls['octavia']}/v2".encode()
        proxy.replaced = {link: b"http://internal.invalid:9876/v2", **proxy.replaced}
        assert commands(shell, proxy.environ) == expected


def test_the_version_is_asked_of_the_octavia_that_clouds_yaml_names(
    shell: Shell, cloud: Cloud
) -> None:
    with cloud_service(cloud, "default/bare"), in_front_of(cloud, shell.home) as proxy:
        endpoint = f"{proxy.urls['octavia']}/v2.0"
        env = configured(shell, cloud, load_balancer_endpoint_override=endpoint)
        done = shell.verify("bare", "-f", "value", "-c", "Check", "-c", "Status", env=env)
        assert "octavia-version OK" in done.stdout.splitlines()
        assert "GET /" in proxy.requests


def test_versions_that_cannot_be_read_are_not_known(shell: Shell, cloud: Cloud) -> None:
    with cloud_service(cloud, "default/bare"), in_front_of(cloud, shell.home) as proxy:
        proxy.trouble = lambda number, path: unavailable if path == "/" else None
        done = shell.verify("bare", "-f", "value", "-c", "Check", "-c", "Status", env=proxy.environ)
        assert "octavia-version SKIP" in done.stdout.splitlines()


@contextmanager
def cloud_service(cloud: Cloud, name: str) -> Iterator[None]:
    """Hold a load balancer without a listener: only then is the version of interest."""
    with kuryr.connect(cloud) as connection, kuryr.load_balancer(connection, name):
        yield


def configured(shell: Shell, cloud: Cloud, **settings: Any) -> dict[str, str]:
    """Return the variables that make a client use the cloud with more settings in clouds.yaml."""
    clouds = json.loads(Path(cloud.environ()["OS_CLIENT_CONFIG_FILE"]).read_text())
    clouds["clouds"]["kuryr"] |= settings
    path = shell.home / "configured-clouds.yaml"
    path.write_text(json.dumps(clouds))
    return {"OS_CLIENT_CONFIG_FILE": str(path), "OS_CLOUD": "kuryr"}
