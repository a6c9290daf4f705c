# SPDX-License-Identifier: Apache-2.0

"""A pool that serves a listener for which it was not made is at fault there, and nowhere else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.verifier.report import Finding, Status
from tests.support.model import NAME, NOW, findings, listener, load_balancer, odd, pool

ODD = (Status.WARN, Status.FAIL)


def kuryrs(port: int, used: Pool | None = None, name: str = "") -> Listener:
    """Return Kuryr's listener on a port, with its own pool or another one."""
    return listener(
        id=f"l{port}",
        name=name or f"{NAME}:SCTP:{port}",
        protocol_port=port,
        pool=used or pool_of(port),
    )


def pool_of(port: int, name: str = "") -> Pool:
    """Return Kuryr's pool for a port."""
    return pool(id=f"p{port}", name=name or f"{NAME}:SCTP:{port}")


P90, P91 = pool_of(90), pool_of(91)
SHARED = load_balancer(kuryrs(90), kuryrs(91, P90), orphaned_pools=(P91,))


def rows(found: LoadBalancer) -> dict[tuple[str, str], Finding]:
    """Return what is odd: by check, and name of the resource."""
    return {(row.check, row.resource): row for row in findings(found) if row.status in ODD}


def hint(found: LoadBalancer, check: str) -> str:
    """Return the hint of the only odd row of a check."""
    (row,) = (row for row in findings(found) if row.check == check and row.status in ODD)
    return row.hint


def test_a_pool_that_serves_two_listeners_is_wrong_for_the_one_whose_name_it_has_not() -> None:
    assert odd(SHARED) == {
        ("listener-pool", f"{NAME}:SCTP:91"): f"FAIL by its name, '{NAME}:SCTP:90' is the pool of"
        f" listener '{NAME}:SCTP:90' (port 90): the clients of this port reach the members of port"
        " 90",
        ("pools-used", NAME): f"WARN used by no listener: {NAME}:SCTP:91 (p91)",
    }


def test_the_pool_that_was_made_for_the_listener_is_to_be_given_back_and_not_deleted() -> None:
    command = "`openstack loadbalancer listener set --default-pool p91 l91`"
    assert hint(SHARED, "pools-used").startswith("delete nothing: ")
    for check in ("listener-pool", "pools-used"):
        assert "compare the" in hint(SHARED, check).split(command)[0]
        assert f"{command} gives it" in hint(SHARED, check)


def test_the_finding_is_about_the_listener() -> None:
    (row,) = (row for row in findings(SHARED) if row.check == "listener-pool")
    assert row.id == "l91"


def test_two_pools_that_changed_places_are_wrong_for_both_and_not_to_be_renamed() -> None:
    swapped = load_balancer(kuryrs(90, P91), kuryrs(91, P90))
    assert rows(swapped).keys() == {
        ("listener-pool", f"{NAME}:SCTP:90"),
        ("listener-pool", f"{NAME}:SCTP:91"),
    }
    for port, other in ((90, 91), (91, 90)):
        row = rows(swapped)["listener-pool", f"{NAME}:SCTP:{port}"]
        assert row.status is Status.WARN  # or only the names changed places
        assert row.detail == (
            f"by its name, '{NAME}:SCTP:{other}' is the pool of listener '{NAME}:SCTP:{other}'"
            f" (port {other}), which uses another one"
        )
        assert row.hint.startswith("compare the ports and members")
        assert f"listener set --default-pool p{port} l{port}`" in row.hint


def test_where_its_own_pool_is_gone_the_wrong_one_is_not_taken_away() -> None:
    told = hint(load_balancer(kuryrs(90), kuryrs(91, P90)), "listener-pool")
    assert told.startswith("no pool that can be used has its name")
    assert "openstack" not in told
    assert "as the last resort, `kubectl delete kuryrloadbalancer" in told


def test_a_listener_by_hand_on_a_pool_of_kuryrs_is_odd_and_the_pool_is_not() -> None:
    alias = kuryrs(99, P90, name="alias")
    assert odd(load_balancer(kuryrs(90), alias)) == {
        ("listener-name", "alias"): f"WARN 'alias', expected '{NAME}:SCTP:99'",
        ("listener-pool", "alias"): f"WARN by its name, '{NAME}:SCTP:90' is the pool of listener"
        f" '{NAME}:SCTP:90' (port 90): the clients of this port reach the members of port 90",
    }
    assert "nothing is needed if it is meant" in hint(
        load_balancer(kuryrs(90), alias), "listener-pool"
    )


def test_a_shared_pool_whose_name_tells_nothing_is_odd_for_all_and_not_to_be_renamed() -> None:
    renamed = pool_of(90, "x")
    found = load_balancer(kuryrs(90, renamed), kuryrs(91, renamed))
    assert {(key, row.status) for key, row in rows(found).items()} == {
        (("listener-pool", f"{NAME}:SCTP:90"), Status.WARN),
        (("listener-pool", f"{NAME}:SCTP:91"), Status.WARN),
    }
    assert all("find out" in row.hint for row in rows(found).values())
    assert odd(found)["pool-name", "x"] == "SKIP x: see the listener's row, listener-pool"


def test_a_pool_with_the_name_of_another_that_is_in_use_may_have_been_renamed() -> None:
    found = load_balancer(kuryrs(90), kuryrs(91, pool_of(91, f"{NAME}:SCTP:90")))
    assert odd(found) == {
        ("listener-pool", f"{NAME}:SCTP:91"): f"WARN '{NAME}:SCTP:90' was made for another port or"
        " Service, as its name tells, or was renamed",
        ("pool-name", f"{NAME}:SCTP:90"): f"SKIP {NAME}:SCTP:90: see the listener's row,"
        " listener-pool",
    }
    assert "openstack" not in hint(found, "listener-pool")


def test_a_pool_that_a_deleted_listener_left_may_be_deleted_where_the_new_one_has_its_own() -> None:
    left = replace(P90, id="left")
    told = hint(load_balancer(kuryrs(90), orphaned_pools=(left,)), "pools-used")
    assert "`openstack loadbalancer pool delete left`" in told


def test_a_pool_with_the_name_of_a_listener_whose_pool_was_renamed_is_not_to_be_deleted() -> None:
    left = replace(P90, id="left")
    found = load_balancer(kuryrs(90, pool_of(90, "x")), orphaned_pools=(left,))
    assert hint(found, "pools-used").startswith("delete nothing yet")
    assert "openstack" not in hint(found, "pools-used")


def test_an_unused_pool_that_was_renamed_may_be_the_one_that_a_listener_lacks() -> None:
    renamed = pool_of(91, "x")
    found = load_balancer(kuryrs(90), kuryrs(91, P90), orphaned_pools=(renamed,))
    own = "find out whether its own pool is one that no listener uses: compare"
    assert hint(found, "listener-pool").startswith(own)
    assert hint(found, "pools-used") == (
        "delete nothing yet: find out whether the listener of port 91 has lost one of them"
    )


def test_an_unused_pool_with_the_name_of_no_listener_may_be_deleted_beside_a_wrong_pool() -> None:
    found = load_balancer(kuryrs(90), kuryrs(91, P90), orphaned_pools=(pool_of(92),))
    assert "pool delete p92" in hint(found, "pools-used")


def test_of_two_unused_pools_with_the_name_of_a_listener_none_is_given_to_it() -> None:
    twin = replace(P91, id="twin")
    found = load_balancer(kuryrs(90), kuryrs(91, P90), orphaned_pools=(P91, twin))
    assert hint(found, "pools-used").startswith("delete nothing yet")
    assert "one that no listener uses" in hint(found, "listener-pool")


def test_a_pool_that_the_listeners_of_a_load_balancer_by_hand_share_is_not_judged() -> None:
    shared = pool(name="pool")
    ports = [listener(id=name, name=name, pool=shared) for name in ("one", "other")]
    assert "listener-pool" not in {row.check for row in findings(load_balancer(*ports, name="x"))}


AMF, SMF = "kube_service_prod_core_amf", "kube_service_prod_core_smf"


def occms(mark: str, number: int, used: Pool | None = None, **changes: object) -> Listener:
    """Return a listener that cloud-provider-openstack made for a Service's port."""
    made = listener(
        id=f"l_{mark[-3:]}_{number}",
        name=f"listener_{number}_{mark}",
        protocol_port=3868 + number + (100 if mark == SMF else 0),
        tags=(mark,),
        pool=used or numbered(mark, number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def numbered(mark: str, number: int, pool_id: str = "") -> Pool:
    """Return the pool that it made for it."""
    return pool(id=pool_id or f"p_{mark[-3:]}_{number}", name=f"pool_{number}_{mark}")


def shared_by(own: Listener, *others: Listener, unused: tuple[Pool, ...] = ()) -> LoadBalancer:
    """Return a load balancer with the listener of one Service, and those of others."""
    found = load_balancer(own, name=AMF, tags=(AMF, SMF))
    return replace(found, neighbours=others, orphaned_pools=unused)


def test_the_pool_of_another_service_is_wrong_for_the_listener_and_right_for_its_own() -> None:
    amf = occms(AMF, 0)
    smf = occms(SMF, 0, amf.pool)
    found = shared_by(smf, amf, unused=(numbered(SMF, 0),))
    assert rows(found)["listener-pool", smf.name].status is Status.FAIL
    assert "`openstack loadbalancer listener set --default-pool p_smf_0 l_smf_0`" in hint(
        found, "pools-used"
    )
    assert rows(shared_by(amf, smf)) == {}


def test_two_ports_of_the_service_with_one_pool_are_both_odd_as_numbers_prove_nothing() -> None:
    first = occms(AMF, 0)
    found = load_balancer(first, occms(AMF, 1, first.pool), name=AMF)
    assert {(key, row.status) for key, row in rows(found).items()} == {
        (("listener-pool", f"listener_{number}_{AMF}"), Status.WARN) for number in (0, 1)
    }
    assert all("find out which listener" in row.hint for row in rows(found).values())


def test_a_pool_of_another_service_that_its_own_listener_does_not_use_is_odd() -> None:
    found = shared_by(occms(SMF, 0, numbered(AMF, 0, "left")), occms(AMF, 0))
    assert {(key, row.status) for key, row in rows(found).items()} == {
        (("listener-pool", f"listener_0_{SMF}"), Status.WARN)
    }


def test_a_pool_of_another_service_whose_number_fits_no_listener_is_wrong_as_well() -> None:
    made_again = numbered(AMF, 0)
    found = shared_by(occms(SMF, 0, made_again), occms(AMF, 1, made_again))
    assert rows(found)["listener-pool", f"listener_0_{SMF}"].status is Status.FAIL
    assert rows(shared_by(occms(AMF, 1, made_again), occms(SMF, 0, made_again))) == {}


@pytest.mark.parametrize(
    "ports",
    [
        pytest.param(
            (occms(AMF, 0, numbered(AMF, 0)), occms(AMF, 1, numbered(AMF, 0, "again"))),
            id="a pool that was made again has the new number",
        ),
        pytest.param(
            (occms(AMF, 0, numbered(AMF, 1)), occms(AMF, 1, numbered(AMF, 0))),
            id="the ports changed places before their pools were made again",
        ),
        pytest.param(
            (occms(AMF, 1), occms(AMF, 1, numbered(AMF, 1, "new"), id="new", protocol_port=7)),
            id="a new port has the number of one that is still there",
        ),
        pytest.param(
            (occms(AMF, 0), occms(SMF, 0, name="", tags=(), pool=pool(id="x", name="x"))),
            id="names of the oldest releases",
        ),
        pytest.param(
            (occms(AMF, 0, numbered("kube_service_edge_core_amf", 0)),),
            id="the cluster got another name",
        ),
        pytest.param(
            (occms(AMF, 0, pool(name=f"pool_0_kube_service_{'c' * 231}_core_x"[:255])),),
            id="a name that was cut",
        ),
    ],
)
def test_what_cloud_provider_openstack_may_have_made_so_is_well(
    ports: tuple[Listener, ...],
) -> None:
    assert rows(load_balancer(*ports, name=AMF)) == {}


def test_a_shared_pool_with_the_number_of_both_listeners_is_odd_for_both() -> None:
    first = occms(AMF, 1)
    second = occms(AMF, 1, first.pool, id="new", protocol_port=7)
    found = load_balancer(first, second, name=AMF, orphaned_pools=(numbered(AMF, 1, "own"),))
    seen = [row for row in findings(found) if row.check == "listener-pool"]
    assert [(row.id, row.status) for row in seen] == [("new", Status.WARN), (first.id, Status.WARN)]
    assert all("one that no listener uses" in row.hint for row in seen)
    told = "find out whether the listener of port 7 or 3869 has lost one of them"
    assert told in hint(found, "pools-used")


def test_a_listener_by_hand_without_a_tag_on_the_pool_of_a_service_is_odd() -> None:
    own = occms(AMF, 0)
    alias = listener(id="alias", name="alias", protocol_port=99, pool=own.pool)
    found = load_balancer(own, alias, name=AMF)
    assert {(key, row.status) for key, row in rows(found).items()} == {
        (("listener-pool", "alias"), Status.WARN)
    }
    deleted = "cloud-provider-openstack deletes this listener with the next change of the Service"
    assert deleted in hint(found, "listener-pool")
    assert "nothing is needed" not in hint(found, "listener-pool")
    by_hand = replace(found, name="front", tags=(AMF,))
    assert deleted not in hint(by_hand, "listener-pool")


def test_what_is_being_deleted_has_no_wrong_pool() -> None:
    going = replace(kuryrs(91, P90), provisioning_status="PENDING_DELETE", changed_at=NOW)
    assert rows(load_balancer(kuryrs(90), going)) == {}
    first = occms(AMF, 1)
    leaving = replace(occms(AMF, 0, first.pool), provisioning_status="PENDING_DELETE")
    assert "listener-pool" not in {check for check, _ in rows(load_balancer(first, leaving))}


def test_a_listener_by_hand_without_a_pool_is_not_put_down_to_kuryrs_pools() -> None:
    by_hand = listener(id="l99", name="by-hand", protocol_port=99, pool=None)
    found = load_balancer(kuryrs(90), by_hand)
    assert "kuryrloadbalancer" not in hint(found, "pool-exists")
    assert "no name or tag tells" in hint(found, "pool-exists")
    assert "Octavia refuses Kuryr's own listener there" in hint(found, "listener-name")
    fresh = replace(by_hand, changed_at=NOW - timedelta(seconds=5))
    assert "may still be at work" in hint(load_balancer(kuryrs(90), fresh), "pool-exists")


def test_while_something_changes_the_wrong_pool_may_still_come_right() -> None:
    fresh = replace(SHARED, changed_at=NOW - timedelta(seconds=5))
    row = rows(fresh)["listener-pool", f"{NAME}:SCTP:91"]
    assert (row.status, row.transient) == (Status.WARN, True)
    assert row.detail.endswith("(the load balancer changed less than a minute ago)")


@pytest.mark.parametrize("status", ["PENDING_DELETE", "ERROR"])
def test_a_pool_that_is_broken_or_being_deleted_is_given_to_no_listener(status: str) -> None:
    broken = replace(P91, provisioning_status=status, changed_at=NOW)
    found = replace(SHARED, orphaned_pools=(broken,))
    for check in ("listener-pool", "pools-used"):
        assert "openstack" not in hint(found, check)


def test_a_listener_whose_own_pool_another_one_uses_gets_it_back() -> None:
    alias = kuryrs(99, P91, name="alias")
    found = load_balancer(kuryrs(90), replace(kuryrs(91), pool=None), alias)
    assert hint(found, "pool-exists") == (
        f"by its name, '{NAME}:SCTP:91' is its pool: `openstack loadbalancer listener set"
        " --default-pool p91 l91`"
    )
    assert rows(found)["listener-pool", "alias"].detail.endswith("(port 91), which uses none")


def test_a_listener_by_hand_without_a_pool_may_be_deleted_by_the_maker() -> None:
    alias = listener(id="alias", name="alias", protocol_port=99, pool=None)
    told = hint(load_balancer(occms(AMF, 0), alias, name=AMF), "pool-exists")
    assert told.startswith("no name or tag tells that the maker of the load balancer made")
    assert "deletes this listener with the next change of the Service, unless" in told


def test_names_that_may_have_been_cut_tell_nothing_for_sure() -> None:
    mark = f"kube_service_{'c' * 230}_core_amf"
    first, second = (
        listener(
            id=f"l{number}",
            name=f"listener_{number}_{mark}"[:255],
            tags=(mark[:255],),
            protocol_port=number,
            pool=pool(id="p1", name=f"pool_1_{mark}"[:255]),
        )
        for number in (1, 2)
    )
    unused = pool(id="p2", name=f"pool_2_{mark}"[:255])
    found = load_balancer(first, second, name=mark[:255], orphaned_pools=(unused,))
    assert {row.status for row in rows(found).values()} == {Status.WARN}
    assert not any("renamed" in f"{row.detail} {row.hint}" for row in rows(found).values())
