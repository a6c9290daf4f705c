# SPDX-License-Identifier: Apache-2.0

"""The values in the commands of hints: real where they are known, and safe to paste."""

from dataclasses import replace

import pytest

from kuryrsctp import naming
from kuryrsctp.verifier.report import Finding
from tests.support.model import findings, listener, load_balancer, member, pool


def hint(check: str, rows: tuple[Finding, ...]) -> str:
    """Return the hint of the only row of a check that has one."""
    (found,) = (row.hint for row in rows if row.check == check and row.hint)
    return found


def drained(**changes: str) -> tuple[Finding, ...]:
    """Verify a pool with one member of weight 0."""
    members = (member(weight=0, **changes), member(id="other", address="10.0.0.88"))
    return findings(load_balancer(listener(pool=pool(*members))))


def test_a_command_has_the_ids_of_the_row_and_of_its_pool() -> None:
    assert "`openstack loadbalancer member set --weight 1 0935f099 abeec334`" in hint(
        "member-weight", drained()
    )


@pytest.mark.parametrize(
    "hostile", ["x; reboot", "-h", "--all", "$(reboot)", "a`b", "a b", "\u202e"]
)
def test_what_is_not_a_plain_word_is_left_out_of_a_command(hostile: str) -> None:
    assert "--weight 1 0935f099 <ID>`" in hint("member-weight", drained(id=hostile))


def test_the_service_is_the_one_that_was_asked_for_or_else_whose_the_load_balancer_is() -> None:
    empty = load_balancer(listener(pool=replace(pool(), members=())))
    by_id = findings(empty, service=naming.LoadBalancerId(empty.id))
    for rows in (findings(empty), by_id):
        assert "`kubectl get endpoints,pods -n default`" in hint("members-exist", rows)


def test_where_nobody_knows_whose_it_is_the_placeholders_stay() -> None:
    unknown = replace(load_balancer(listener(pool=replace(pool(), members=()))), name="front")
    rows = findings(unknown, service=naming.LoadBalancerId(unknown.id))
    assert "-n <namespace>`" in hint("members-exist", rows)
