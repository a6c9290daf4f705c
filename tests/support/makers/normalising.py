# SPDX-License-Identifier: Apache-2.0

"""Puts words in the place of what differs from run to run: identifiers, addresses, node ports.

``<listener 1>`` stands for the ID of the first listener by name, ``<vip>`` for the address of the
first load balancer, ``<address of NAME>`` for a pod's, ``<node port NAME>`` for that of a Service's
port. The same word is the same value everywhere in a state, so that a reader can put new ones in.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support import recordings
from tests.support.makers.stand_in_kubelet import Pod

_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]|/(?!32\b))")
_NODE_PORT = re.compile(r"(?<![\d.])3[0-2]\d{3}(?![\d.])")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?")
_SERVER = re.compile(r"http://127\.0\.0\.1:\d+")
_CHOICES = re.compile(r"(?<=Value should be one of: )[A-Z_]+(?:, [A-Z_]+)*")
_SETS = ("allowed_cidrs", "rules")
_ADDRESS_ANNOTATION = "loadbalancer.openstack.org/load-balancer-address"
Words = dict[str, str]


def normalise(state: Any, pods: Iterable[Pod], known: Mapping[str, str]) -> Any:
    """Return a state with words in place of what differs.

    :param known: words for identifiers of the cloud's own, such as a subnet's.
    """
    words = {**known, **_addresses(state, pods), **_identifiers(state)}
    return _walk(state, words | node_ports(state))


def fill(value: Any, words: Mapping[str, str]) -> Any:
    """Return what somebody writes with identifiers in place of the words for them."""
    if isinstance(value, dict):
        return {key: fill(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, words) for inner in value]
    if isinstance(value, str):
        for identifier, word in words.items():
            value = value.replace(word, identifier)
    return value


def _identifiers(state: Any) -> Words:
    words: Words = {}
    for number, balancer in enumerate(state["load_balancers"], 1):
        words[balancer["id"]] = f"<load balancer {number}>"
        words[balancer["vip_port_id"]] = f"<vip port {number}>"
        kinds = {"listener": balancer["listeners"], "pool": recordings.pools(balancer)}
        for kind, parts in kinds.items():
            for part in parts:
                _name(words, part["id"], kind)
        for pool in kinds["pool"]:
            for member in pool["members"]:
                _name(words, member["id"], "member")
            if pool["healthmonitor"]:
                _name(words, pool["healthmonitor"]["id"], "health monitor")
    return words


def _name(words: Words, identifier: str, kind: str) -> None:
    if identifier not in words:
        number = sum(word.startswith(f"<{kind} ") for word in words.values()) + 1
        words[identifier] = f"<{kind} {number}>"


def _addresses(state: Any, pods: Iterable[Pod]) -> Words:
    words = {pod.address: f"<address of {pod.name}>" for pod in pods}
    for name, service in state["services"].items():
        if (address := service["spec"].get("clusterIP")) not in (None, "None"):
            words[address] = f"<cluster ip of {name}>"
    for number, balancer in enumerate(state["load_balancers"], 1):
        words[balancer["vip_address"]] = "<vip>" if number == 1 else f"<vip {number}>"
        for floating in balancer["floating_ips"]:
            words[floating["floating_ip_address"]] = f"<floating ip {number}>"
    for floating in state.get("idle_floating_ips", ()):
        words[floating["floating_ip_address"]] = "<idle floating ip>"
    for service in state["services"].values():
        told = [ingress.get("ip", "") for ingress in service.get("ingress", ())]
        # The annotation stays where the address is taken away.
        told.append(service.get("annotations", {}).get(_ADDRESS_ANNOTATION, ""))
        for address in filter(None, told):
            words.setdefault(address, "<former address>")
    return words


def node_ports(state: Any) -> Words:
    """Return a word for each node port of the Services; it is the port's name that tells it."""
    words: Words = {}
    for name, service in state["services"].items():
        spec = service["spec"]
        for port in spec.get("ports", ()):
            if node_port := port.get("nodePort"):
                word = f"<node port {port['name']}>"
                is_taken = word in words.values()
                words[str(node_port)] = (
                    f"<node port {port['name']} of {name}>" if is_taken else word
                )
        if check := spec.get("healthCheckNodePort"):
            words[str(check)] = "<health check node port>"
    return words


def _walk(value: Any, words: Words) -> Any:
    if isinstance(value, dict):
        found = {_text(key, words): _walk(inner, words) for key, inner in value.items()}
        # Their order goes by what has become a word.
        return {
            key: sorted(inner, key=str) if key in _SETS and inner else inner
            for key, inner in found.items()
        }
    if isinstance(value, list):
        return [_walk(inner, words) for inner in value]
    if isinstance(value, str):
        return _text(value, words)
    if isinstance(value, int) and not isinstance(value, bool):
        return words.get(str(value), value)
    return value


def _text(text: str, words: Words) -> str:
    text = _UUID.sub(lambda found: words.get(found[0], "<id>"), text)
    for pattern in (_ADDRESS, _NODE_PORT):
        text = pattern.sub(lambda found: words.get(found[0], found[0]), text)
    text = _CHOICES.sub(lambda found: ", ".join(sorted(found[0].split(", "))), text)
    return _SERVER.sub("http://<api>", _TIME.sub("<time>", text))
