# SPDX-License-Identifier: Apache-2.0

"""cloud-provider-openstack (OCCM): whose its objects are, what it does, what to do about faults.

A Service's mark is `kube_service_<cluster>_<namespace>_<name>`, cut at 255 bytes. It is a tag of
each load balancer that the Service uses and of each of its listeners, and it is the name of the
load balancer that was made for it. Listeners and pools are called `listener_<number>_<mark>` and
`pool_<number>_<mark>`, cut as well; releases 1.22 to 1.24 gave listeners no name. The oldest load
balancers are called `a<UID of the Service>`, and only the description tells the Service.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from kuryrsctp.makers.maker import Claim
from kuryrsctp.makers.occm_advice import CAUSES, POOL_REMOVAL, REMEDIES, REMOVAL
from kuryrsctp.makers.unknown import Unknown
from kuryrsctp.model import Listener, LoadBalancer, Pool
from kuryrsctp.naming import LABEL, ServiceName

_PREFIX = "kube_service_"
_PART = re.compile(r"(?:listener|pool)_([0-9]+)_(?=kube_service_)")
_DESCRIPTION = re.compile(r"Kubernetes external service ([^/ ]+)/([^/ ]+) from cluster (.+)")
_MEMBER = re.compile(r"member_(.+)_[0-9a-fA-F.:]+_[0-9]+")
_MAX_LENGTH = 255  # bytes, of a name or tag


def read_mark(text: str) -> ServiceName | None:
    """Read the mark of a Service; None if it is none, or may have been cut."""
    parts = text.removeprefix(_PREFIX).rsplit("_", 2)
    if not is_mark(text) or _may_be_cut(text) or len(parts) < 3:
        return None
    return _service(*parts)


def read_description(text: str) -> ServiceName | None:
    """Read the description of a load balancer that was made for a Service; None for any other."""
    match = _DESCRIPTION.fullmatch(text)
    return _service(match[3], match[1], match[2]) if match else None


def _description(service: ServiceName) -> str:
    return f"Kubernetes external service {service.in_cluster} from cluster {service.cluster}"


def read_member(text: str) -> str:
    """Return the node that a member's name is of; for some providers it is not all of the name."""
    match = _MEMBER.fullmatch(text)
    return match[1] if match else text


def is_mark(text: str) -> bool:
    """Tell whether a tag, or a load balancer's name, is a Service's mark."""
    return text.startswith(_PREFIX)


def _service(cluster: str, namespace: str, name: str) -> ServiceName | None:
    if cluster and LABEL.fullmatch(namespace) and LABEL.fullmatch(name):
        return ServiceName(namespace, name, cluster)
    return None


def _may_be_cut(text: str) -> bool:
    return len(text.encode()) >= _MAX_LENGTH


class Occm(Unknown):
    """cloud-provider-openstack."""

    name = "cloud-provider-openstack"
    controller = "openstack-cloud-controller-manager"
    note = "made by cloud-provider-openstack"
    causes = CAUSES
    remedies = REMEDIES
    repair = (
        "cloud-provider-openstack does not repair it, and changes nothing of it meanwhile, unless"
        " it never was ACTIVE; `kubectl describe service -n <namespace> <name>` shows what it says"
    )
    no_floating_ip = "normal for an internal Service; of any other the events may tell why"
    one_member_port = "a port of a Service has one node port at a time"
    no_members = ""

    def claims(self, load_balancer: LoadBalancer) -> tuple[Claim, ...]:
        """Return a claim for each mark of the load balancer and of its listeners.

        A load balancer that is shared keeps the name of its first Service even after that is
        deleted. The tags of a listener come before the load balancer's own.
        """
        own = _own_mark(load_balancer)
        marks = dict.fromkeys(_marks(load_balancer.tags)) or dict.fromkeys([own] if own else [])
        for listener in (*load_balancer.listeners, *load_balancer.neighbours):
            if mark := self.mark_of(listener, load_balancer):
                marks.setdefault(mark)
        return tuple(Claim(self, mark, _service_of(mark, load_balancer)) for mark in marks)

    def filters(self, service: ServiceName) -> Sequence[Mapping[str, str]] | None:
        """Find the mark as a tag or a name, or the description; all of them name the cluster."""
        if service.cluster is None:
            return None
        mark = _mark(service)
        return ({"tags": mark}, {"name": mark}, {"description": _description(service)})

    def needs_floating_ip(self, load_balancer: LoadBalancer) -> str:
        """Only on a load balancer that it made does a Service get a new one, or may be internal.

        The load balancer gets the tag of a Service once all of that could be made.
        """
        if _own_mark(load_balancer) or any(_marks(load_balancer.tags)):
            return ""
        return "the load balancer was made by hand: without one, the Service gets no address"

    def mark_of(self, part: Listener | Pool, load_balancer: LoadBalancer) -> str | None:
        """Return the mark among the tags or in the name; else the load balancer's own.

        What is called otherwise and has another's tags only is another's, even on the load balancer
        of a Service.
        """
        for mark in _marks(part.tags):
            return mark
        start = _PART.match(part.name)
        if start is None:
            return None if part.tags else _own_mark(load_balancer)
        mark = part.name[start.end() :]
        return _completed(mark, load_balancer) if _may_be_cut(part.name) else mark

    def may_be_mark_of(self, mark: str, service: ServiceName) -> bool:
        """Compare with the beginning of the Service's mark, as far as the name begins at least."""
        if not is_mark(mark) or not _may_be_cut(mark):
            return False
        if service.cluster is not None:
            return mark == _mark(service)
        start, end = f"_{service.namespace}_", f"_{service.namespace}_{service.name}"
        lengths = range(len(start) + 1, len(end) + 1)
        return any(mark.endswith(end[:length]) for length in lengths)

    def part_name_fault(
        self, part: Listener | Pool, load_balancer: LoadBalancer, port: int
    ) -> str | None:
        """Accept any name, and none: it goes by port and tags."""
        if isinstance(part, Listener) and part.tags and not any(_marks(part.tags)):
            return "its tags are somebody else's: cloud-provider-openstack refuses to change it"
        return ""

    def is_own(self, listener: Listener, load_balancer: LoadBalancer) -> bool:
        """Look for a mark among the tags, or in the name."""
        return bool(_told_marks(listener))

    def removal(self, listener: Listener, load_balancer: LoadBalancer) -> str:
        """It takes what has no tag for its own on the load balancer that it made for a Service.

        That Service has to be there still: another that shares the load balancer does not do it.
        """
        own, marks = _own_mark(load_balancer), set(_marks(load_balancer.tags))
        is_its = own is not None and (not marks or own in marks)
        if not is_its or listener.tags:
            return ""
        return POOL_REMOVAL if listener.pool else REMOVAL

    def is_made_for(
        self, pool: Pool, listener: Listener, load_balancer: LoadBalancer
    ) -> bool | None:
        """Compare the Services, and then the numbers in the names.

        A port of the Service that is taken away gives its number to the next one, and a pool that
        is made again has the new number: another number tells nothing, and the same one little.
        """
        of_pool, of_listener = _told_marks(pool), _told_marks(listener)
        if not of_pool or not of_listener:
            return None
        if of_pool.isdisjoint(of_listener):
            may_be = any(_may_be_same(one, other) for one in of_pool for other in of_listener)
            return None if may_be else False
        numbers = [_PART.match(part.name) for part in (pool, listener)]
        first, second = (number[1] if number else None for number in numbers)
        return True if first is not None and first == second else None

    def member_name_fault(self, name: str) -> str | None:
        """Accept any name: a member has the name of its node."""
        return ""

    def member_host(self, name: str) -> str | None:
        """Return the node; no node's name has a slash or a colon."""
        node = read_member(name)
        return None if set("/:") & set(node) else node

    def member_title(self, name: str) -> str:
        """Return the node that the name is of, or the name itself where it is no node's."""
        node = self.member_host(name)
        return f"node {node}" if node else name or "no name"


def _marks(tags: tuple[str, ...]) -> Iterator[str]:
    return filter(is_mark, tags)


def _told_marks(part: Listener | Pool) -> set[str]:
    """Return the marks among the tags, and the one in the name unless it may have been cut."""
    marks = set(_marks(part.tags))
    start = _PART.match(part.name)
    if start and not _may_be_cut(part.name):
        marks.add(part.name[start.end() :])
    return marks


def _may_be_same(one: str, other: str) -> bool:
    """Tell whether two marks that differ may be of one Service: its cluster got another name."""
    first, second = read_mark(one), read_mark(other)
    return first is None or second is None or first.is_elsewhere(second)


def _mark(service: ServiceName) -> str:
    full = f"{_PREFIX}{service.cluster}_{service.namespace}_{service.name}"
    return full.encode()[:_MAX_LENGTH].decode(errors="ignore")


def _own_mark(load_balancer: LoadBalancer) -> str | None:
    """Return the mark of the Service that a load balancer was made for, None if it was not."""
    if is_mark(load_balancer.name):
        return load_balancer.name
    service = read_description(load_balancer.description)
    return _mark(service) if service else None


def _service_of(mark: str, load_balancer: LoadBalancer) -> ServiceName | None:
    """Return the Service of a mark; where it was cut, the description may tell it."""
    service = read_mark(mark)
    if service is None:
        described = read_description(load_balancer.description)
        if described and _mark(described) == mark:
            return described
    return service


def _completed(cut: str, load_balancer: LoadBalancer) -> str:
    """Return the mark that a part's name holds: there it is cut earlier than in a tag."""
    marks = (*_marks(load_balancer.tags), _own_mark(load_balancer) or "")
    return next((mark for mark in marks if mark.startswith(cut)), cut)


OCCM = Occm()
