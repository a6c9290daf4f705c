# SPDX-License-Identifier: Apache-2.0

"""Requests that fail in passing are sent again; what fails for good is said in bounded time."""

import pytest

from tests.support.fake_api import KEYSTONE, OCTAVIA, FakeApi, Fault, at_first, drop, status
from tests.support.shell import Shell

LOAD_BALANCERS = f"{OCTAVIA}/lbaas/loadbalancers"
TOKENS = f"{KEYSTONE}/auth/tokens"
SERVICE = "default/sctp-demo"
PORT = f"{SERVICE}:SCTP:90"

STATE = {"admin_state_up": True, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}


@pytest.fixture
def held(fake: FakeApi) -> FakeApi:
    """Hold one service in which all is well."""
    fake.hold(
        {"id": "lb", "name": SERVICE, "vip_address": "10.0.0.158", "provider": "amphora"} | STATE,
        {"id": "l", "name": PORT, "protocol": "SCTP", "protocol_port": 90, "default_pool_id": "p"}
        | STATE,
        {"id": "p", "name": PORT, "protocol": "SCTP", "lb_algorithm": "ROUND_ROBIN"} | STATE,
        {"id": "m", "name": "default/pod:9090", "address": "10.0.0.75", "protocol_port": 9090}
        | STATE,
    )
    return fake


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (TOKENS, status(503)),
        (LOAD_BALANCERS, status(429)),
        (LOAD_BALANCERS, status(502, b"<html>", "text/html")),
        (f"{OCTAVIA}/lbaas/pools/p/members", drop),
    ],
    ids=["token-503", "list-429", "list-502", "members-dropped"],
)
def test_what_fails_twice_in_passing_is_not_seen(
    shell: Shell, held: FakeApi, path: str, fault: Fault
) -> None:
    whole = shell.verify(SERVICE, "-f", "json", env=held.environ())
    asked = len(held.requests)
    held.faults[path] = at_first(2, fault)
    done = shell.verify(SERVICE, "-f", "json", env=held.environ())
    assert (done.returncode, done.stdout, done.stderr) == (0, whole.stdout, "")
    assert len(held.requests) == 2 * asked + 2


def test_a_server_says_how_long_to_wait_within_reason(shell: Shell, held: FakeApi) -> None:
    held.faults[LOAD_BALANCERS] = at_first(1, status(429, Retry_After="2"))
    assert shell.verify(SERVICE, env=held.environ()).returncode == 0
    (waited,) = held.gaps(f"GET {LOAD_BALANCERS}")
    assert waited > 2
    held.faults[LOAD_BALANCERS] = at_first(1, status(503, Retry_After="86400"))
    assert shell.verify(SERVICE, env=held.environ()).returncode == 0
    *_, waited = held.gaps(f"GET {LOAD_BALANCERS}")
    assert waited > 9.9


def test_an_api_that_is_down_is_asked_a_few_times_and_said_to_be_down(
    shell: Shell, held: FakeApi
) -> None:
    held.faults[LOAD_BALANCERS] = status(503)
    done = shell.verify(SERVICE, env=held.environ())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{held.url}{LOAD_BALANCERS} answered 503 (said by the fake): the API is down or"
        " overloaded: try again, then ask the cloud's operator\n"
    )
    # The first retry comes at once, the others wait 1, 2 and 4 seconds and a little more.
    gaps = held.gaps(f"GET {LOAD_BALANCERS}")
    assert len(gaps) == 4
    assert all(gap >= wait for gap, wait in zip(gaps, (0, 1, 2, 4), strict=True))


@pytest.mark.parametrize("code", [403, 500])
def test_what_another_try_cannot_mend_is_asked_once(shell: Shell, held: FakeApi, code: int) -> None:
    held.faults[LOAD_BALANCERS] = status(code)
    assert shell.verify(SERVICE, env=held.environ()).returncode == 1
    assert held.requests.count(f"GET {LOAD_BALANCERS}") == 1


def test_debug_tells_of_each_try(shell: Shell, held: FakeApi) -> None:
    held.faults[LOAD_BALANCERS] = at_first(1, status(503))
    done = shell.openstack("--debug", "kuryr", "sctp", "verify", SERVICE, env=held.environ())
    assert done.returncode == 0
    assert "Retry: /load-balancer/v2.0/lbaas/loadbalancers" in done.stderr
