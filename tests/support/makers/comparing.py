# SPDX-License-Identifier: Apache-2.0

"""Compares what a maker makes now with what was recorded, field by field."""

from collections.abc import Iterator
from typing import Any

from tests.support import recordings
from tests.support.makers.catalogue import Case

# How long something took is told to readers, and differs.
_NOT_COMPARED = frozenset({"seconds"})
# These are said, or not, as somebody happens to come first: a maker's watcher, Kubernetes itself.
_CHANCE = frozenset(
    {
        "ClusterIPNotAllocated",
        "KuryrServiceSkipped",
        "SyncLoadBalancerFailed",
        "UpdateLoadBalancerFailed",
        "UpdatedLoadBalancer",
    }
)


def with_recording(case: Case, made: dict[str, Any] | BaseException) -> list[str]:
    """Return a line for each field that differs from a case's recording, or its failure."""
    if isinstance(made, BaseException):
        return [f"{type(made).__name__}: {made}"]
    return differences(recordings.recording(case.maker, case.name), made)


def differences(recorded: dict[str, Any], made: dict[str, Any]) -> list[str]:
    """Return a line for each field that differs, with its path and both values."""
    return list(_differences("", _comparable(recorded), _comparable(made)))


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(part) for key, part in value.items() if key not in _NOT_COMPARED}
    if isinstance(value, list):
        parts = [part for part in value if not _is_chance(part)]
        return [_comparable(part) for part in parts]
    return value


def _is_chance(part: Any) -> bool:
    return isinstance(part, dict) and part.get("reason") in _CHANCE


def _differences(path: str, recorded: Any, made: Any) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(made, dict):
        for key in sorted(recorded.keys() | made.keys()):
            inner = f"{path}.{key}" if path else key
            yield from _differences(inner, recorded.get(key, _NONE), made.get(key, _NONE))
    elif isinstance(recorded, list) and isinstance(made, list):
        for place in range(max(len(recorded), len(made))):
            pair = (_at(recorded, place), _at(made, place))
            yield from _differences(f"{path}[{place}]", *pair)
    elif recorded != made:
        yield f"{path}: recorded {recorded!r}, made {made!r}"


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NONE = _Nothing()


def _at(parts: list[Any], place: int) -> Any:
    return parts[place] if place < len(parts) else _NONE
