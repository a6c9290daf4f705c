# SPDX-License-Identifier: Apache-2.0

"""Whose a load balancer is, and which of its parts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kuryrsctp import makers
from kuryrsctp.makers import UNKNOWN
from kuryrsctp.makers.kuryr import KURYR
from kuryrsctp.makers.maker import Maker
from kuryrsctp.makers.occm import OCCM
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import LoadBalancerId, ServiceName
from tests.support.model import listener, load_balancer, pool

AMF, SMF = "kube_service_prod_core_amf", "kube_service_prod_core_smf"
GREEN = "kube_service_green_core_amf"
SERVICE = {
    mark: ServiceName("core", mark.rpartition("_")[2], mark.split("_")[2])
    for mark in (AMF, SMF, GREEN)
}
DESCRIPTION = "Kubernetes external service core/amf from cluster prod"


def port(name: str, *tags: str, number: int = 1) -> Listener:
    """Return a listener on a port, with a pool of the same name."""
    return listener(
        id=f"l{number}", name=name, tags=tags, protocol_port=number, pool=pool(name=name)
    )


def balancer(name: str, *listeners: Listener, **changes: object) -> LoadBalancer:
    """Return a load balancer that may have no listener."""
    return replace(load_balancer(name=name, **changes), listeners=listeners)


def owned(found: LoadBalancer) -> dict[object, list[int]]:
    """Return the ports of each Service on a load balancer."""
    return {
        service.claim.service: [each.protocol_port for each in service.load_balancer.listeners]
        for service in makers.services(found)
    }


@pytest.mark.parametrize(
    ("found", "maker", "services"),
    [
        (balancer("core/amf"), KURYR, {ServiceName("core", "amf")}),
        (balancer("core/amf", tags=("of-kuryr",)), KURYR, {ServiceName("core", "amf")}),
        (balancer(AMF), OCCM, {SERVICE[AMF]}),
        (balancer(AMF, tags=(AMF,)), OCCM, {SERVICE[AMF]}),
        (balancer(AMF, tags=(AMF, SMF)), OCCM, {SERVICE[AMF], SERVICE[SMF]}),
        (balancer(AMF, tags=(SMF,)), OCCM, {SERVICE[SMF]}),
        (balancer(AMF, tags=("",)), OCCM, {SERVICE[AMF]}),
        (balancer("front", tags=("mine", AMF, GREEN)), OCCM, {SERVICE[AMF], SERVICE[GREEN]}),
        (balancer("front", port("x", AMF)), OCCM, {SERVICE[AMF]}),
        (balancer("a" + "0" * 31, description=DESCRIPTION), OCCM, {SERVICE[AMF]}),
        (balancer("kube_service_cut"), OCCM, {None}),
        (balancer("by hand"), UNKNOWN, {None}),
        (balancer("by hand", description="of core/amf"), UNKNOWN, {None}),
        (balancer(""), UNKNOWN, {None}),
    ],
)
def test_names_tags_and_descriptions_tell_the_maker_and_its_services(
    found: LoadBalancer, maker: Maker, services: set[ServiceName | None]
) -> None:
    claims = [service.claim for service in makers.services(found)]
    assert {claim.service for claim in claims} == services
    assert {claim.maker.name for claim in claims} == {maker.name}
    assert makers.whole(found).claim.maker.name == maker.name


@pytest.mark.parametrize(
    ("found", "ports"),
    [
        pytest.param(
            balancer(
                AMF, port(f"listener_0_{AMF}", AMF), port("x", SMF, number=2), tags=(AMF, SMF)
            ),
            {SERVICE[AMF]: [1], SERVICE[SMF]: [2]},
            id="each has the tag of its own Service",
        ),
        pytest.param(
            balancer(AMF, port(""), port(f"listener_0_{SMF}", number=2)),
            {SERVICE[AMF]: [1], SERVICE[SMF]: [2]},
            id="without tags the name tells, and who has no name is the first Service's",
        ),
        pytest.param(
            balancer(AMF, port("", SMF), tags=(SMF,)),
            {SERVICE[SMF]: [1]},
            id="the first Service is gone",
        ),
        pytest.param(
            balancer("front", port("theirs"), port("x", AMF, number=2), tags=(AMF,)),
            {SERVICE[AMF]: [2], None: [1]},
            id="what was made by hand is no Service's",
        ),
        pytest.param(
            balancer(AMF, port("x", "theirs"), port("y", AMF, number=2), tags=(AMF,)),
            {SERVICE[AMF]: [2], None: [1]},
            id="what has a tag of somebody else's is no Service's",
        ),
        pytest.param(
            balancer("core/amf", port("core/amf:SCTP:1"), port("by hand", number=2)),
            {ServiceName("core", "amf"): [1, 2]},
            id="all on a load balancer of Kuryr's",
        ),
        pytest.param(
            balancer("core/amf", port("core/amf:SCTP:1"), port("x", SMF, number=2), tags=(SMF,)),
            {SERVICE[SMF]: [2], ServiceName("core", "amf"): [1]},
            id="a Service of the other maker uses a load balancer of Kuryr's",
        ),
    ],
)
def test_each_listener_is_of_one_service(
    found: LoadBalancer, ports: dict[object, list[int]]
) -> None:
    assert owned(found) == ports


def test_a_service_sees_the_listeners_of_others_as_neighbours_and_knows_whose_they_are() -> None:
    found = balancer(AMF, port("", AMF), port("", SMF, number=2))
    amf, smf = makers.services(found)
    (neighbour,) = amf.load_balancer.neighbours
    assert makers.owner_of(neighbour, amf.load_balancer) == SERVICE[SMF]
    assert [each.id for each in smf.load_balancer.neighbours] == ["l1"]


def test_a_pool_without_a_listener_is_of_the_service_that_its_name_tells() -> None:
    orphans = (pool(id="p1", name=f"pool_0_{AMF}"), pool(id="p2", name=f"pool_0_{SMF}"))
    found = balancer(AMF, tags=(AMF, SMF), orphaned_pools=orphans)
    assert {
        service.claim.service: [each.id for each in service.load_balancer.orphaned_pools]
        for service in makers.services(found)
    } == {SERVICE[AMF]: ["p1"], SERVICE[SMF]: ["p2"]}


def left(found: LoadBalancer) -> dict[object, tuple[list[str], bool]]:
    """Return the pools without a listener of each Service, and whether it is one of SCTP."""
    return {
        service.claim.service: (
            [each.id for each in service.load_balancer.orphaned_pools],
            service.has_sctp,
        )
        for service in makers.services(found)
    }


OF_SMF = (pool(id="p", name=f"pool_0_{SMF}"),)
BY_HAND = (pool(id="p", name="by hand"),)
TCP = replace(port("web", AMF, number=3), protocol="TCP")


@pytest.mark.parametrize("orphans", [OF_SMF, BY_HAND])
def test_a_pool_that_no_service_claims_makes_no_service_and_is_left_to_that_of_the_first_port(
    orphans: tuple[Pool, ...],
) -> None:
    own, guest = port("", AMF, number=2), port("", GREEN, number=1)
    alone = balancer("front", own, tags=(AMF,), orphaned_pools=orphans)
    assert left(alone) == {SERVICE[AMF]: (["p"], True)}
    shared = balancer("front", own, guest, tags=(AMF, GREEN), orphaned_pools=orphans)
    assert left(shared) == {SERVICE[AMF]: ([], True), SERVICE[GREEN]: (["p"], True)}
    named_alike = balancer("core/amf", port("x"), orphaned_pools=orphans)
    assert left(named_alike) == {ServiceName("core", "amf"): (["p"], True)}


@pytest.mark.parametrize(
    ("found", "service"),
    [
        (balancer(AMF, TCP, tags=(AMF,), orphaned_pools=OF_SMF), SERVICE[AMF]),
        (balancer("front", TCP, tags=(AMF,), orphaned_pools=BY_HAND), SERVICE[AMF]),
        (balancer("front", orphaned_pools=OF_SMF), None),
    ],
)
def test_a_pool_of_a_service_that_is_gone_makes_no_other_one_of_sctp(
    found: LoadBalancer, service: ServiceName | None
) -> None:
    assert left(found) == {service: (["p"], False)}


def test_a_pool_by_hand_makes_no_service_of_tcp_one_of_sctp() -> None:
    """Although the load balancer was made for the Service of TCP."""
    shared = balancer(AMF, TCP, port("", SMF), tags=(AMF, SMF), orphaned_pools=BY_HAND)
    assert left(shared) == {SERVICE[AMF]: ([], False), SERVICE[SMF]: (["p"], True)}
    alone = balancer(AMF, TCP, tags=(AMF,), orphaned_pools=BY_HAND)
    assert left(alone) == {SERVICE[AMF]: (["p"], False)}
    web = replace(TCP, name="web", tags=())
    kuryrs = balancer("core/amf", web, orphaned_pools=BY_HAND)
    assert left(kuryrs) == {ServiceName("core", "amf"): (["p"], False)}


@pytest.mark.parametrize("tags", [(AMF, SMF), (SMF,)])
def test_a_service_whose_listener_is_gone_is_one_of_sctp_as_long_as_its_tag_is_there(
    tags: tuple[str, ...],
) -> None:
    found = balancer(AMF, TCP, tags=tags, orphaned_pools=OF_SMF)
    assert left(found)[SERVICE[SMF]] == (["p"], True)


def test_a_pool_by_hand_on_a_load_balancer_by_hand_may_have_lost_its_listener() -> None:
    assert left(balancer("front", orphaned_pools=BY_HAND)) == {None: (["p"], True)}


def test_a_name_without_a_cluster_covers_every_cluster() -> None:
    short, exact = ServiceName("core", "amf"), SERVICE[AMF]
    assert short.covers(exact)
    assert exact.covers(exact)
    assert not exact.covers(SERVICE[GREEN])
    assert not exact.covers(short)


@pytest.mark.parametrize(
    ("balancers", "refs"),
    [
        ([balancer(AMF)], ["core/amf"]),
        ([balancer(AMF), balancer(GREEN, id="g")], ["prod:core/amf", "green:core/amf"]),
        ([balancer(AMF), balancer("core/amf", id="k")], ["prod:core/amf", "core/amf"]),
        ([balancer(AMF, id="1"), balancer(AMF, id="2", project_id="q")], ["1", "2"]),
        ([balancer(AMF, id="1"), balancer(AMF, id="2")], ["core/amf"]),
        ([balancer("by hand", id="h")], ["h"]),
    ],
)
def test_services_are_called_as_short_as_tells_them_apart(
    balancers: list[LoadBalancer], refs: list[str]
) -> None:
    services = [service for each in balancers for service in makers.services(each)]
    assert [str(group.ref) for group in makers.groups(services)] == refs


def test_a_load_balancer_that_is_being_deleted_is_not_the_one_that_is_judged() -> None:
    going = balancer(AMF, id="1", provisioning_status="PENDING_DELETE")
    gone = balancer(AMF, id="3", provisioning_status="PENDING_DELETE")
    live = balancer(AMF, id="2")
    asked = ServiceName("core", "amf")
    services = [service for each in (going, live, gone) for service in makers.services(each)]
    (group,) = makers.groups(services, asked)
    assert (group.ref, group.load_balancers, group.leaving) == (asked, (live,), (going, gone))
    (last,) = makers.groups(makers.services(going))
    assert (last.load_balancers, last.leaving) == ((going,), ())


def test_a_load_balancer_picked_by_its_id_has_all_its_listeners() -> None:
    found = balancer(AMF, port("", AMF), port("", SMF, number=2), id="x")
    whole = makers.whole(found)
    assert (whole.load_balancer, whole.claim.maker) == (found, OCCM)
    mixed = balancer("core/amf", port("", AMF))
    assert makers.whole(mixed).claim.maker is UNKNOWN
    assert makers.refs([makers.services(balancer("by hand", id="h"))[0]]) == [LoadBalancerId("h")]


@pytest.mark.parametrize(
    "found",
    [
        balancer(AMF),
        balancer(SMF, tags=("mine", SMF, AMF)),
        balancer("front", tags=(AMF,)),
        balancer("a" + "0" * 31, description=DESCRIPTION),
        balancer("kube_service_" + "x" * 240, tags=("kube_service_" + "x" * 242,)),
    ],
    ids=lambda each: each.name,
)
def test_the_filters_of_a_service_find_each_load_balancer_with_a_claim_of_it(
    found: LoadBalancer,
) -> None:
    for service in (*SERVICE.values(), ServiceName("core", "amf", "x" * 240)):
        is_claimed = any(claim.is_of(service) for claim in makers.claims(found))
        filters = makers.filters(service)
        assert filters is not None
        assert any(_matches(found, each) for each in filters) == is_claimed


def _matches(found: LoadBalancer, filters: Mapping[str, str]) -> bool:
    """Filter as Octavia does: by equal texts, and by a tag that is among the tags."""
    texts = {"name": found.name, "description": found.description}
    ((field, wanted),) = filters.items()
    return wanted in found.tags if field == "tags" else texts[field] == wanted


def test_a_service_without_its_cluster_cannot_be_asked_for() -> None:
    assert makers.filters(ServiceName("core", "amf")) is None
