# SPDX-License-Identifier: Apache-2.0

"""The placeholders in the commands of a remedy, such as `<ID>`, and their values in a finding."""

import re
from collections.abc import Iterator

from kuryrsctp import makers, naming
from kuryrsctp.verifier.checks.targets import ListenerTarget, ServiceTarget

_COMMAND = re.compile(r"`[^`]*`")
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
# What a shell takes as one word, and no program as an option: values come from the network.
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z.:/_-]*")


def filled(remedy: str, target: ServiceTarget) -> str:
    """Return a remedy with the values that are known for the placeholders in its commands."""
    if "`" not in remedy:
        return remedy
    values = dict(_values(target))

    def command(found: re.Match[str]) -> str:
        return _PLACEHOLDER.sub(lambda name: word(values.get(name[1]), name[1]), found[0])

    return _COMMAND.sub(command, remedy)


def word(value: str | None, placeholder: str) -> str:
    """Return a value as a command can have it, or a placeholder where it is not a plain word."""
    return value if value and _WORD.fullmatch(value) else f"<{placeholder}>"


def _values(target: ServiceTarget) -> Iterator[tuple[str, str | None]]:
    snapshot = target.snapshot
    yield "service", str(snapshot.service)
    if service := _service(target):
        yield "namespace", service.namespace
        yield "name", service.name
    if target.api_object:
        yield "ID", target.api_object.id
    yield "project", snapshot.quota_project
    if len(snapshot.load_balancers) == 1:
        yield "project", snapshot.load_balancers[0].project_id
        yield "load balancer", snapshot.load_balancers[0].id
    if isinstance(target, ListenerTarget):
        listener = target.listener
        yield "pool", listener.pool.id if listener.pool else None
        port = listener.protocol_port
        yield "tag", target.maker.mark_of(listener, target.load_balancer)
        yield "expected name", target.maker.part_name(target.load_balancer, port)


def _service(target: ServiceTarget) -> naming.ServiceName | None:
    """Return the Service, None where it is not known whose a load balancer is."""
    snapshot = target.snapshot
    if isinstance(snapshot.service, naming.ServiceName):
        return snapshot.service
    services = [makers.whole(each).claim.service for each in snapshot.load_balancers]
    return services[0] if len(services) == 1 else None
