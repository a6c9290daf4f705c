# SPDX-License-Identifier: Apache-2.0

"""Objects as an API sends them: each field is read with the type that the API promises.

A decoder is a function that makes an object of the model from a Row. It is the only place that
names the object's fields: `fields_of` tells which fields to ask the API for.
"""

import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, NoReturn, TypeVar

from kuryrsctp.addresses import Network
from kuryrsctp.errors import MalformedAnswer

T = TypeVar("T")

# Longer text is cut: nothing that an API sends is trusted to have an end.
MAX_TEXT_LENGTH = 1024
_MAX_QUOTED = 40

_PROMISES = {str: "text", int: "a number", bool: "true or false", list: "a list", dict: "an object"}


class Row:
    """One JSON object of an API's answer; `kind` is what error messages call it.

    Every getter returns a default where the API leaves the field out or sends null, and raises
    MalformedAnswer for a value of another type.
    """

    def __init__(self, body: object, kind: str) -> None:
        """Take a decoded JSON value, which may be anything."""
        if not isinstance(body, dict):
            raise malformed(f"{kind} is {_quoted(body)}, not an object")
        self._body: Mapping[str, Any] = body
        self._kind = kind

    def text(self, name: str) -> str:
        """Return a text, "" by default."""
        text: str = self._get(name, str) or ""
        return text[:MAX_TEXT_LENGTH]

    def required_text(self, name: str) -> str:
        """Return a text that no object lacks."""
        text = self.text(name)
        if not text:
            self._missing(name)
        return text

    def optional_text(self, name: str) -> str | None:
        """Return a text, None by default and for an empty one."""
        return self.text(name) or None

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number; without a default, no object lacks it."""
        value = self.optional_number(name)
        if value is None:
            value = default
        if value is None:
            self._missing(name)
        return value

    def optional_number(self, name: str) -> int | None:
        """Return a whole number, None by default."""
        value = self._get(name, int)
        return None if value is None else int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(name, bool)
        return default if value is None else bool(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list, none by default."""
        values = self._get(name, list) or []
        for value in values:
            if not isinstance(value, str):
                raise self._malformed(name, value, str)
        return tuple(value[:MAX_TEXT_LENGTH] for value in values)

    def has(self, name: str) -> bool:
        """Tell whether there is such a field with a value."""
        return self._get(name, list) is not None

    def row(self, name: str) -> "Row | None":
        """Return an object inside this one, None by default."""
        value = self._get(name, dict)
        return None if value is None else Row(value, f"{self._kind}'s {name}")

    def required_row(self, name: str) -> "Row":
        """Return an object inside this one that no answer lacks."""
        row = self.row(name)
        if row is None:
            self._missing(name)
        return row

    def rows(self, name: str) -> "tuple[Row, ...]":
        """Return the objects of a list, none by default."""
        return tuple(Row(value, f"{self._kind}'s {name}") for value in self._get(name, list) or [])

    def required_list(self, name: str) -> list[object]:
        """Return the elements of a list that no answer lacks, which may be anything."""
        values: list[object] | None = self._get(name, list)
        if values is None:
            self._missing(name)
        return values or []

    def network(self, name: str) -> Network:
        """Return an IP network in CIDR notation, which no object lacks."""
        return self._network(name, self.required_text(name))

    def networks(self, name: str) -> tuple[Network, ...]:
        """Return the IP networks of a list, none by default."""
        return tuple(self._network(name, text) for text in self.texts(name))

    def time(self, name: str) -> datetime | None:
        """Return a time (ISO 8601, UTC, without a zone); None by default, or if it is not one."""
        try:
            return datetime.fromisoformat(self.text(name)).replace(tzinfo=timezone.utc)
        except ValueError:
            return None

    def _get(self, name: str, promised: type) -> Any:
        value = self._body.get(name)
        # Of exactly that type: in Python, but not in JSON, true is a number.
        if value is None or type(value) is promised:
            return value
        raise self._malformed(name, value, promised)

    def _network(self, name: str, text: str) -> Network:
        try:
            return ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise malformed(f"{self._kind}: {name} is {_quoted(text)}, not a network") from None

    def _malformed(self, name: str, value: object, promised: type) -> MalformedAnswer:
        return malformed(f"{self._kind}: {name} is {_quoted(value)}, not {_PROMISES[promised]}")

    def _missing(self, name: str) -> NoReturn:
        raise malformed(f"{self._kind}: {name} is missing")


class _Recorder(Row):
    """Has every field, and records which are read."""

    # The text is an address, too.
    _EXAMPLES: Mapping[type, Any] = {str: "::", int: 0, bool: True, list: [], dict: {}}

    def __init__(self) -> None:
        super().__init__({}, "")
        self.names: dict[str, None] = {}

    def _get(self, name: str, promised: type) -> Any:
        self.names[name] = None
        return self._EXAMPLES[promised]


def fields_of(decode: Callable[[Row], object]) -> tuple[str, ...]:
    """Return the names of the fields that a decoder reads, in the order of reading."""
    recorder = _Recorder()
    decode(recorder)
    return tuple(recorder.names)


def malformed(what: str) -> MalformedAnswer:
    """Return the error for an answer that is not as the API's reference promises."""
    return MalformedAnswer(f"an API's answer is malformed ({what})")


def _quoted(value: object) -> str:
    return repr(value)[:_MAX_QUOTED]
