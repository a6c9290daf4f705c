# SPDX-License-Identifier: Apache-2.0

"""What `verify` advises: for every fault, of every maker and on every provider."""

import re
from collections.abc import Sequence

import pytest

from kuryrsctp.makers import MAKERS, UNKNOWN
from kuryrsctp.verifier.checks import CATALOGUE
from kuryrsctp.verifier.report import Status
from tests.support.faulty import PROVIDER_NAMES, Advice, all_advice

ODD = (Status.WARN, Status.FAIL)

# Rows that only tell how things are.
NEVER_ODD = {
    "listener-connection-limit",
    "listener-timeouts",
    "load-balancer-provider",
    "pool-persistence",
}

WORDS_OF = {
    "Kuryr": ("kuryr-", "kuryr's", "kuryr "),
    "cloud-provider-openstack": ("cloud-provider-openstack", "openstack-cloud-controller-manager"),
}
OWN_COMMANDS = re.compile(r"openstack kuryr sctp")


@pytest.fixture(scope="module")
def advice() -> Sequence[Advice]:
    """Return all findings."""
    return tuple(all_advice())


def test_every_check_that_can_find_a_fault_is_among_them(advice: Sequence[Advice]) -> None:
    checks = {each.finding.check for each in advice if each.finding.status in ODD}
    assert set(CATALOGUE) - checks == NEVER_ODD


def test_every_maker_and_provider_is_among_them(advice: Sequence[Advice]) -> None:
    assert {each.maker.name for each in advice} == {maker.name for maker in (*MAKERS, UNKNOWN)}
    assert len({each.provider.title for each in advice}) == len(PROVIDER_NAMES) + 1


def test_what_is_odd_has_a_hint_and_what_is_well_has_none(advice: Sequence[Advice]) -> None:
    for each in advice:
        assert bool(each.finding.hint) == (each.finding.status in ODD), each.finding


def test_no_sentence_names_another_maker(advice: Sequence[Advice]) -> None:
    for each in advice:
        if each.finding.check in ("load-balancer-exists", "load-balancer-quota"):
            continue  # without a load balancer nobody knows which maker there is
        text = OWN_COMMANDS.sub("", f"{each.finding.detail} {each.finding.hint}").casefold()
        for maker, words in WORDS_OF.items():
            if maker != each.maker.name:
                assert not any(word in text for word in words), (each.maker.name, each.finding)


def test_no_hint_takes_a_health_monitor_away(advice: Sequence[Advice]) -> None:
    assert not any("healthmonitor" in each.finding.hint for each in advice)
