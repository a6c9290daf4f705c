# SPDX-License-Identifier: Apache-2.0

"""The commands that `verify` advises: for every fault, of every maker and on every provider."""

from collections.abc import Iterator, Sequence

import pytest

from kuryrsctp.model import LoadBalancer
from tests.support import commands
from tests.support.commands import Command
from tests.support.faulty import PROVIDER_NAMES, Advice, all_advice
from tests.support.recorded_refusals import OCTAVIA, RECORDED

# The checks whose hints may delete something, and why nothing is lost that works.
DELETIONS = {
    "members-distinct": "another member has the same address and port",
    "pools-used": "no listener uses the pool",
    "floating-ip": "it leads to another address than the VIP",
}
# Those that may have a whole load balancer made anew: where one part is deleted, and an endpoint
# changes before Kuryr looks, it fails for good.
MADE_ANEW = {"listener-pool", "listener-protocol", "pool-exists", "pool-protocol"}

# What a finding does not know: the ID of the credentials' own project, and what is to be chosen.
UNKNOWN_VALUES = {
    *((f"{kind}-quota", "project") for kind in ("load-balancer", "listener", "pool", "member")),
    ("health-monitor-quota", "project"),
    ("port-quota", "project"),
    ("member-security-groups", "group that allows SCTP"),
    ("member-security-groups", "network of the clients"),
}


@pytest.fixture(scope="module")
def advice() -> Sequence[Advice]:
    """Return all findings that have a hint, each hint of a check once for a maker and provider."""
    differing = {
        (each.maker.name, each.provider.title, each.finding.check, each.finding.hint): each
        for each in all_advice()
        if each.finding.hint
    }
    return tuple(differing.values())


def openstack_commands(advice: Sequence[Advice]) -> Iterator[tuple[Advice, Command]]:
    """Yield each command of `openstack` in a hint."""
    for each in advice:
        for command in commands.openstack_commands_in(each.finding.hint):
            yield each, command


def test_a_command_stands_in_backquotes_and_its_program_takes_it(
    advice: Sequence[Advice],
) -> None:
    for hint in {each.finding.hint for each in advice}:
        assert not commands.is_outside_of_backquotes(hint), hint
        for text in commands.commands_in(hint):
            assert commands.is_taken(text), text


def test_a_command_has_every_value_that_the_finding_knows(advice: Sequence[Advice]) -> None:
    for each in advice:
        for text in commands.commands_in(each.finding.hint):
            for placeholder in commands.placeholders_in(text):
                assert (each.finding.check, placeholder) in UNKNOWN_VALUES, each.finding


def test_no_provider_is_asked_for_what_it_is_recorded_to_refuse(advice: Sequence[Advice]) -> None:
    for each, command in openstack_commands(advice):
        (name,) = each.provider.names & set(PROVIDER_NAMES) or {""}
        for refusal in RECORDED.get(name, OCTAVIA):
            if refusal.covers(command):
                assert refusal.for_operators, each.finding
                assert "operator" in each.finding.hint, each.finding


def test_a_provider_that_is_not_known_is_asked_for_nothing_that_another_refuses(
    advice: Sequence[Advice],
) -> None:
    answers = [
        refusal
        for refusals in RECORDED.values()
        for refusal in refusals
        if isinstance(refusal.answer, int)
    ]
    for each, command in openstack_commands(advice):
        if not each.provider.names & set(RECORDED):
            assert not any(refusal.covers(command) for refusal in answers), each.finding


def test_nothing_is_deleted_but_what_is_broken_itself(advice: Sequence[Advice]) -> None:
    deleting = [(each, command) for each, command in openstack_commands(advice) if command.deletes]
    assert {each.finding.check for each, _ in deleting} == set(DELETIONS)
    for each, command in deleting:
        (balancer,) = each.broken
        assert not _takes_away(command, each.finding.check, balancer), each.finding


def test_whoever_has_a_load_balancer_made_anew_is_told_what_it_takes(
    advice: Sequence[Advice],
) -> None:
    anew = [each for each in advice if "kubectl delete" in (each.finding.hint or "")]
    assert {each.finding.check for each in anew} == MADE_ANEW
    for each in anew:
        assert each.maker.name == "Kuryr"
        assert "there is no traffic until then" in (each.finding.hint or "")


def _takes_away(command: Command, check: str, balancer: LoadBalancer) -> bool:
    """Tell whether a command deletes a part that carries SCTP, and that nothing stands in for."""
    given = vars(command.arguments)
    for listener in balancer.listeners:
        pool = listener.pool
        if pool is None:
            # A pool that no listener uses may be the one that this listener has lost.
            if check == "pools-used":
                return True
            continue
        if given.get("listener") == listener.id and listener.protocol == "SCTP":
            return True
        if given.get("member"):
            same = [m for m in pool.members if m.id != given["member"]]
            if check != "members-distinct" or not same:
                return True
        elif given.get("pool") == pool.id and "SCTP" == pool.protocol == listener.protocol:
            return True
    return False
