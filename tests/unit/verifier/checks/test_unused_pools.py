# SPDX-License-Identifier: Apache-2.0

"""A pool that no listener uses goes back to the listener that lacks it, and to no other."""

from dataclasses import replace

from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.verifier.report import Status
from tests.support.model import NAME, findings, listener, load_balancer, pool

AMF, SMF, DRA = (f"kube_service_prod_core_{name}" for name in ("amf", "smf", "dra"))
NOTHING_YET = "delete nothing yet: find out whether the listener of port"


def kuryrs(port: int) -> Listener:
    """Return a listener of Kuryr's that has lost its pool."""
    return listener(id=f"l{port}", name=f"{NAME}:SCTP:{port}", protocol_port=port, pool=None)


def kuryrs_pool(port: int) -> Pool:
    """Return the pool that Kuryr makes for a port."""
    return pool(id=f"p{port}", name=f"{NAME}:SCTP:{port}")


def occms(mark: str, port: int, used: Pool | None) -> Listener:
    """Return a listener that cloud-provider-openstack made."""
    name = f"listener_0_{mark}"
    return listener(id=f"l{port}", name=name, tags=(mark,), protocol_port=port, pool=used)


def occms_pool(mark: str) -> Pool:
    """Return the pool that it made for it."""
    return pool(id=f"p_{mark[-3:]}", name=f"pool_0_{mark}")


def hint(*listeners: Listener, unused: tuple[Pool, ...], **changes: object) -> str:
    """Return what is advised about pools that no listener uses."""
    found = replace(load_balancer(*listeners), orphaned_pools=unused, **changes)  # type: ignore[arg-type]
    (row,) = (row for row in findings(found) if row.check == "pools-used")
    return row.hint


def test_a_pool_with_the_name_of_another_port_is_not_that_of_the_listener_without_one() -> None:
    told = hint(kuryrs(90), unused=(kuryrs_pool(92),))
    assert "default-pool" not in told
    assert "pool delete p92" in told


def test_a_pool_that_a_deleted_service_left_is_not_offered_to_another() -> None:
    told = hint(occms(AMF, 90, None), unused=(occms_pool(DRA),), name=AMF, tags=(AMF,))
    assert "default-pool" not in told


def test_a_listener_by_hand_gets_no_pool_of_the_makers() -> None:
    alias = listener(id="alias", name="alias", protocol_port=99, pool=None)
    own = occms(AMF, 90, occms_pool(AMF))
    unused = pool(id="other", name=f"pool_1_{AMF}")
    assert hint(own, alias, unused=(unused,), name=AMF, tags=(AMF,)).startswith(NOTHING_YET)


def test_a_pool_with_the_name_of_the_listener_without_one_is_its_own() -> None:
    told = hint(kuryrs(90), unused=(kuryrs_pool(90),))
    command = "`openstack loadbalancer listener set --default-pool p90 l90`"
    assert told.endswith(f"; {command} gives it back")
    assert " if " not in told


def test_a_pool_whose_name_tells_nothing_may_be_that_of_the_listener_without_one() -> None:
    told = hint(kuryrs(90), unused=(pool(id="x", name="x"),))
    assert told.startswith("delete nothing yet: if the pool was that of the listener without")
    assert "--default-pool x l90` gives it back" in told


def test_each_of_two_listeners_gets_the_pool_with_its_name() -> None:
    told = hint(kuryrs(90), kuryrs(91), unused=(kuryrs_pool(91), kuryrs_pool(90)))
    assert "--default-pool p90 l90`, `" in told
    assert told.endswith("--default-pool p91 l91` give them back")


def test_of_many_commands_it_is_said_how_many_more_there_are() -> None:
    ports = range(90, 95)
    listeners, unused = map(kuryrs, ports), tuple(map(kuryrs_pool, ports))
    assert hint(*listeners, unused=unused).endswith("p92 l92` and 2 more give them back")
    assert hint(unused=unused[1:]).endswith("`openstack loadbalancer pool delete p93` and 1 more")


def shared(*listeners: Listener) -> LoadBalancer:
    """Return a load balancer as the first of two Services sees it, with an unused pool."""
    own, *others = listeners
    found = load_balancer(own, name=AMF, tags=(AMF, SMF))
    return replace(found, neighbours=tuple(others), orphaned_pools=(pool(id="x", name="x"),))


def test_a_pool_that_may_be_what_another_service_lacks_is_not_to_be_deleted() -> None:
    amf = occms(AMF, 90, occms_pool(AMF))
    for used in (None, amf.pool):
        (row,) = (
            row for row in findings(shared(amf, occms(SMF, 91, used))) if row.check == "pools-used"
        )
        assert row.hint.startswith("delete nothing yet")
        assert "pool delete" not in row.hint


def test_whether_a_service_of_tcp_with_a_pool_of_sctp_has_such_a_port_is_not_known() -> None:
    web = replace(occms(AMF, 80, None), protocol="TCP")
    found = replace(load_balancer(web, name=AMF, tags=(AMF,)), orphaned_pools=(occms_pool(AMF),))
    (row,) = (row for row in findings(found) if row.check == "listener-exists")
    assert row.status is Status.WARN
    assert row.detail.startswith("no SCTP listener; there is TCP:80; a pool for SCTP is there")
    assert row.detail.endswith("is not known")
