# SPDX-License-Identifier: Apache-2.0

"""Plays cases of the catalogue against the makers, and reads what comes of each step."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Any

from openstack.connection import Connection

from tests.support import kuryr, recordings
from tests.support.makers import judging, nodes, pulse, reading, waiting
from tests.support.makers.by_hand import BY_HAND, Hand
from tests.support.makers.catalogue import Case, Step
from tests.support.makers.lab import MakerAtWork, MakersLab
from tests.support.makers.normalising import fill, node_ports, normalise
from tests.support.makers.running import read_from

Recording = dict[str, Any]

_AT_ONCE = 8  # cases at a time: most of it is waiting
_TIMEOUT = 300.0  # seconds for a step, on a machine that has other work
_POLL = 1.0  # seconds


Result = Recording | BaseException


class NotReached(Exception):
    """A step did not come to what it should come to; the message says what was there."""


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """Return cases in lists, each of those that can be played at the same time in one lab.

    What took long when it was recorded comes first, and is in one list with its like.
    """
    found = []
    for _, group in groupby(sorted(cases, key=_needs), key=_needs):
        alike = sorted(group, key=_seconds, reverse=True)
        size = 1 if alike[0].is_alone else _AT_ONCE
        found += [alike[first : first + size] for first in range(0, len(alike), size)]
    return sorted(found, key=lambda part: _seconds(part[0]), reverse=True)


def _seconds(case: Case) -> int:
    if case.name not in recordings.names(case.maker):
        return 0
    return sum(step["seconds"] for step in recordings.recording(case.maker, case.name)["steps"])


def _needs(case: Case) -> tuple[str, bool, str]:
    """Return what cases have in common that can be played at the same time."""
    return case.maker, case.is_alone, json.dumps(case.options, sort_keys=True)


def play_together(lab: MakersLab, cases: Sequence[Case]) -> Iterator[tuple[Case, Result]]:
    """Play cases at the same time; yield each with its recording, or with what went wrong.

    :param cases: one of the lists of `together`.
    """
    with (
        _options(lab, cases[0].maker, cases[0].options),
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        played = {pool.submit(play, lab, case): case for case in cases}
        for future in as_completed(played):
            yield played[future], future.exception() or future.result()


@contextmanager
def _options(lab: MakersLab, name: str, options: Mapping[str, str]) -> Iterator[None]:
    """Let a maker run with options of its own for a while."""
    maker = lab.maker(name)
    if not options:
        yield
        return
    with kuryr.connect(lab.cloud) as connection, kuryr.connect(lab.cloud, "admin") as admin:
        maker.restart(fill(dict(options), _known(connection, admin)))
    try:
        yield
    finally:
        maker.restart()


def play(lab: MakersLab, case: Case) -> Recording:
    """Play one case; return what was there after each step."""
    with ExitStack() as stack:
        player = Player(lab, case, stack)
        steps = [player.do(step) for step in case.steps]
    return {"what": case.what, "options": dict(case.options), "steps": steps}


class Player:
    """Plays one case; what it made is taken away when `stack` is closed."""

    def __init__(self, lab: MakersLab, case: Case, stack: ExitStack) -> None:
        self._lab, self._case, self._stack = lab, case, stack
        self._connection: Connection = stack.enter_context(kuryr.connect(lab.cloud))
        admin = stack.enter_context(kuryr.connect(lab.cloud, "admin"))
        self._admin = admin
        self._cloud = reading.Cloud(self._connection, admin)
        self._known = _known(self._connection, admin)
        self._clusters: list[MakerAtWork] = []
        self._told: list[Recording] = []
        self._undoing = stack.enter_context(ExitStack())  # once the load balancers are gone
        stack.callback(self._remove)

    def do(self, step: Step) -> Recording:
        """Do a step, and return the state once it is still."""
        maker = self._maker(step.cluster)
        started, logged = time.monotonic(), maker.controller.log.stat().st_size
        verbs: dict[str, Callable[[MakerAtWork, Any], None]] = {
            "apply": self._apply,
            "delete": self._delete,
            "by hand": self._by_hand,
            "round": self._round,
            "restart": self._restart,
            "node": self._node,
            "patch": self._patch,
        }
        verbs[step.verb](maker, self._filled(step.argument))
        state, seconds = self._settled(step, maker, started, logged)
        return {
            "step": step.title,
            "seconds": round(seconds),
            **state,
            "events": self._new(state),
            "verify": self._judged(state),
        }

    def _judged(self, state: Recording) -> Recording:
        """Return what `verify` says now of the Services that Kubernetes has."""
        names = {name.rpartition(":")[2] for name in state["services"]}
        services = [f"{self._case.name}/{name}" for name in names]
        balancers = [balancer["id"] for balancer in self._balancers()]
        return dict(judging.judge(self._lab.cloud, self._connection, balancers, services))

    def _new(self, state: Recording) -> list[Recording]:
        """Return the events that came with the last step."""
        new = [event for event in state["events"] if event not in self._told]
        self._told += new
        return new

    def _maker(self, cluster: str) -> MakerAtWork:
        name = f"{self._case.maker}-{cluster}" if cluster else self._case.maker
        maker = self._lab.maker(name)
        if maker not in self._clusters:
            maker.make_namespace(self._case.name)
            self._clusters.append(maker)
        return maker

    def _apply(self, maker: MakerAtWork, objects: list[dict[str, Any]]) -> None:
        for wanted in objects:
            maker.api.apply(wanted, self._case.name)

    def _delete(self, maker: MakerAtWork, argument: list[str]) -> None:
        kind, name = argument
        maker.api.delete(kind, name, self._case.name)

    def _by_hand(self, _: MakerAtWork, argument: list[Any]) -> None:
        balancers = [balancer["id"] for balancer in self._balancers()]
        hand = Hand(self._lab.cloud, self._connection, self._admin, balancers, self._undoing)
        operation, *words = argument
        values = words.pop() if words and isinstance(words[-1], dict) else {}
        hand.do(operation, *words, **values)
        self._known |= _known(self._connection, self._admin)

    def _round(self, maker: MakerAtWork, _: object) -> None:
        maker.start_round()

    def _restart(self, maker: MakerAtWork, options: Mapping[str, str]) -> None:
        maker.restart(options)
        self._stack.callback(maker.restart)

    def _patch(self, maker: MakerAtWork, argument: list[Any]) -> None:
        kind, name, change = argument
        maker.api.patch(kind, name, change, self._case.name)

    def _node(self, maker: MakerAtWork, argument: Mapping[str, Any]) -> None:
        self._stack.callback(nodes.restore, maker.api, maker.kubelet.nodes)
        nodes.change(maker.api, **argument)

    def _filled(self, argument: Any) -> Any:
        """Return a step's argument with identifiers in place of the words for them."""
        if "<" not in str(argument):
            return argument
        found = enumerate(self._balancers(), 1)
        words = {each["id"]: f"<load balancer {place}>" for place, each in found}
        return fill(argument, self._known | words)

    @property
    def _marks(self) -> tuple[str, ...]:
        """What tells that something in the cloud is of this case."""
        name = self._case.name
        return f" {name}/", f"_{name}_"

    def _balancers(self) -> list[dict[str, Any]]:
        """Return the case's load balancers, in the order in which words and hands count them."""
        found = self._cloud.balancers(pulse.own(self._lab.cloud, self._marks))
        return sorted(found, key=lambda found: (found["name"], found["vip_address"], found["id"]))

    def _read(self) -> Recording:
        name = self._case.name
        services: Recording = {}
        events: list[Recording] = []
        for maker in self._clusters:
            of_cluster = "" if maker is self._clusters[0] else f"{maker.cluster.name}:"
            found = reading.service_of(maker.api, name)
            services |= {f"{of_cluster}{service}": whole for service, whole in found.items()}
            events += reading.events_of(maker.api, name)
        whole = [self._cloud.whole(found) for found in self._balancers()]
        pods = [
            pod
            for maker in self._clusters
            for pod in list(maker.kubelet.running.values())
            if pod.namespace == name
        ]
        state: Recording = {"load_balancers": whole, "services": services, "events": events}
        if idle := self._cloud.idle_floating_ips(self._marks):
            state["idle_floating_ips"] = idle
        if "manage-security-groups" in self._case.options:
            state["node_groups"] = self._cloud.groups(self._marks)
        normal: Recording = normalise(state, pods, self._known)
        self._known |= node_ports(state)  # a member may have the port longer than the Service
        normal["events"] = [
            event
            for number, event in enumerate(normal["events"])
            if event not in normal["events"][:number]
        ]
        return normal

    def _settled(
        self, step: Step, maker: MakerAtWork, started: float, logged: int
    ) -> tuple[Recording, float]:
        """Wait until the state is what the step wants, and still; return it and its age then."""
        last, since, state = None, started, None
        missing: str | None = "anything"
        while missing:
            time.sleep(_POLL)
            now, this_pulse = time.monotonic(), self._pulse()
            if this_pulse != last:
                last, since, state = this_pulse, now, None
            if state is None and now - since >= step.until.get("still", waiting.STILL):
                state = self._read()
            elif state is not None:  # and nothing has changed since it was read
                state |= self._liveness()
                log = read_from(maker.controller.log, logged)
                missing = waiting.missing(state, step.until, now - since, log)
            if now - started > _TIMEOUT:
                raise NotReached(f"{self._case.name}, {step.title}: wanted {missing}: {state}")
        assert state
        return state, since - started

    def _liveness(self) -> Recording:
        """Tell whether the makers say that they are alive."""
        if not self._case.is_alone:  # with others, nobody could tell whose work stopped it
            return {}
        return {"is_alive": all(maker.controller.is_alive() for maker in self._clusters)}

    def _pulse(self) -> Any:
        apis = [maker.api for maker in self._clusters]
        return pulse.pulse(self._lab.cloud, apis, self._case.name, self._marks)

    def _remove(self) -> None:
        """Take away what the case left, and what a maker will not delete any more."""
        for maker in self._clusters:
            self._revive(maker)
            maker.remove_namespace(self._case.name)
            self._revive(maker)  # it may have failed at what is gone now
        for found in self._balancers():
            kuryr.delete(self._connection, found["id"])
        self._cloud.delete_idle_floating_ips(self._marks)

    @staticmethod
    def _revive(maker: MakerAtWork) -> None:
        """Restart a maker that says no to its liveness probe, as Kubernetes would."""
        if not maker.controller.is_alive():
            maker.restart()


def _known(connection: Connection, admin: Connection) -> dict[str, str]:
    """Return a word for each identifier of the cloud's own."""
    network: Any = connection.network
    public: Any = admin.network
    words = {subnet.id: f"<subnet {subnet.name}>" for subnet in network.subnets()}
    words |= {net.id: f"<network {net.name}>" for net in public.networks()}
    words |= {port.id: f"<port {port.name}>" for port in network.ports(description=BY_HAND)}
    return words | {connection.current_project_id: "<project>"}
