# SPDX-License-Identifier: Apache-2.0

"""The catalogue: Services that are played against a maker, one case a file.

A case has a namespace of its own, called like its file. Its steps are done one after the other.
After each, once nothing has changed for a while, it is read what the cloud holds, and what `verify`
says of the Services.

``what``
  a sentence: what the case is about.
``options``
  options of the maker that are not its defaults, for the whole case; or a name of `OPTIONS`.
``alone``
  true where no other case can be played at the same time, as it would change what that shows;
  those with a restart, a round or a second cluster are played alone in any case.
``steps``
  a list, each with one of

  ``apply``     objects of Kubernetes to make or change, in the short forms of this module
  ``delete``    ``[kind, name]`` to delete
  ``patch``     ``[kind, name, change]``: merge a change into an object
  ``by hand``   an operation of `by_hand`, as a list of its name and arguments
  ``round``     let Kuryr look whether its objects exist, as it does every ten minutes
  ``restart``   the maker's options from here on; ``cluster-name`` is cloud-provider-openstack's
  ``node``      the name of a node, and ``address`` to add it, ``labels``, ``ready`` or ``gone``

  and with what has to be true before it is read (``until``), see `waiting`; ``in: other`` does the
  step in a second cluster with a second maker. In objects and options, words such as
``<subnet NAME>``, ``<network NAME>``, ``<port NAME>`` and ``<load balancer 1>`` stand for IDs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.support.makers.kuryr_controller import WITH_POLICIES

CATALOGUE = Path(__file__).parent / "catalogue"
IMAGE = "quay.io/kuryr/demo"  # never fetched: no container runs
Object = dict[str, Any]
OPTIONS = {"with policies": WITH_POLICIES}
_VERBS = ("apply", "delete", "patch", "by hand", "round", "restart", "node")


@dataclass(frozen=True)
class Step:
    """One step of a case: a verb and its argument."""

    verb: str
    argument: Any
    until: Mapping[str, Any] = field(default_factory=dict)
    cluster: str = ""

    @property
    def title(self) -> str:
        """What is done, in a line."""
        place = f" in the {self.cluster} cluster" if self.cluster else ""
        return f"{self.verb} {_short(self.argument)}".strip() + place


@dataclass(frozen=True)
class Case:
    """A case of the catalogue."""

    maker: str
    name: str
    what: str
    options: Mapping[str, str]
    steps: tuple[Step, ...]
    alone: bool = False

    @property
    def is_alone(self) -> bool:
        """Tell whether no other case can be played at the same time."""
        # A round is one for all that a maker made.
        verbs = ("node", "restart", "round")
        return self.alone or any(step.verb in verbs or step.cluster for step in self.steps)


def cases(maker: str) -> list[Case]:
    """Return the cases for a maker, in the order of their names."""
    return [_case(maker, path) for path in sorted((CATALOGUE / maker).glob("*.yaml"))]


def _case(maker: str, path: Path) -> Case:
    content = yaml.safe_load(path.read_text())
    steps = tuple(_step(step) for step in content.pop("steps"))
    what, options = content.pop("what"), content.pop("options", {})
    alone = content.pop("alone", False)
    if content:
        raise ValueError(f"{path.name}: unknown: {', '.join(content)}")
    options = OPTIONS[options] if isinstance(options, str) else options
    return Case(maker, path.stem, what, options, steps, alone)


def _step(content: Object) -> Step:
    until, cluster = content.pop("until", {}), content.pop("in", "")
    ((verb, argument),) = content.items()
    if verb not in _VERBS:
        raise ValueError(f"unknown verb: {verb}")
    if verb == "apply":
        argument = [whole(part) for part in argument]
    return Step(verb, argument, until, cluster)


def whole(short: Object) -> Object:
    """Return an object of Kubernetes from its short form.

    ``{service: NAME, ports: ["sctp 90 to 9090"], ...}`` and ``{pod: NAME, ...}``; all other keys
    are of the spec, except ``annotations`` and ``labels``. Anything else is taken as it is.
    """
    if "service" in short:
        return _service(dict(short))
    if "pod" in short:
        return _pod(dict(short))
    return short


def _service(short: Object) -> Object:
    name, annotations = short.pop("service"), short.pop("annotations", {})
    ports = [_port(text) for text in short.pop("ports")]
    selector = short.pop("selector", {"app": "server"})
    spec = {"ports": ports, **({"selector": selector} if selector else {}), **short}
    meta = {"name": name, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def _port(text: str) -> Object:
    """Return a port from words such as `sctp 90 to 9090` or `sctp 90 to 9090 at 31090`."""
    protocol, port, _, target, *node_port = text.split()
    return {
        "name": f"{protocol}-{port}",
        "protocol": protocol.upper(),
        "port": int(port),
        "targetPort": int(target) if target.isdigit() else target,
        **({"nodePort": int(node_port[1])} if node_port else {}),
    }


def _pod(short: Object) -> Object:
    name, annotations = short.pop("pod"), short.pop("annotations", {})
    labels = short.pop("labels", {"app": "server"})
    ports = [
        {"name": port, "containerPort": number, "protocol": "SCTP"}
        for port, number in short.pop("ports", {}).items()
    ]
    container = {"name": "server", "image": IMAGE, "ports": ports}
    meta = {"name": name, "labels": labels, "annotations": annotations}
    spec = {"containers": [container], **short}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def _short(argument: Any) -> str:
    if isinstance(argument, list) and argument and isinstance(argument[0], dict):
        return ", ".join(f"{part['kind']} {part['metadata']['name']}" for part in argument)
    if isinstance(argument, list):
        return " ".join(map(str, argument))
    return "" if argument is True else str(argument)
