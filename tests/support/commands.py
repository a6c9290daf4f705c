# SPDX-License-Identifier: Apache-2.0

"""The commands in a sentence, and whether the real programs would take them."""

import argparse
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, distributions
from unittest import mock

_IN_BACKQUOTES = re.compile(r"``?([^`]+)``?")
_PROGRAM = re.compile(r"(?<![-\w])(?:openstack|kubectl) +[a-z]+")
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
# What stands for the placeholders that are no words.
_NUMBERS = {"port": "38412"}

# `kubectl` is not here: the forms that its reference has, with the resources that there are.
_RESOURCES = ("service", "endpoints", "pods", "endpoints,pods", "nodes", "networkpolicy")
_KUBECTL = re.compile(
    rf"kubectl (?:get (?:{'|'.join(_RESOURCES)})|describe service|delete kuryrloadbalancer)"
    r"(?: -n \S+)?(?: [^- ]\S*)?(?: -o (?:wide|yaml))?(?: --show-labels)?"
)


@dataclass(frozen=True)
class Command:
    """A command of `openstack`: its name, such as `loadbalancer pool set`, and its arguments."""

    name: str
    arguments: argparse.Namespace

    @property
    def changes(self) -> bool:
        """Tell whether it changes something."""
        return self.name.rsplit(" ", 1)[-1] not in ("show", "list", "probe", "verify")

    @property
    def deletes(self) -> bool:
        """Tell whether it takes something away."""
        verb = self.name.rsplit(" ", 1)[-1]
        return verb in ("delete", "unset", "remove") or bool(getattr(self.arguments, "disable", 0))


def commands_in(sentence: str) -> list[str]:
    """Return the commands in a sentence: what stands in backquotes and begins with a program."""
    return [span for span in _IN_BACKQUOTES.findall(sentence) if _PROGRAM.match(span)]


def is_outside_of_backquotes(sentence: str) -> bool:
    """Tell whether a command stands in the prose, where nobody sees its end."""
    return bool(_PROGRAM.search(_IN_BACKQUOTES.sub("", sentence)))


def placeholders_in(command: str) -> set[str]:
    """Return the placeholders of a command."""
    return set(_PLACEHOLDER.findall(command))


def openstack_commands_in(sentence: str) -> Iterator[Command]:
    """Parse the commands of `openstack` in a sentence."""
    for text in commands_in(sentence):
        if text.startswith("openstack "):
            yield parsed(text)


def parsed(text: str) -> Command:
    """Parse a command with the parser that `openstack` has for it; raises ValueError."""
    filled = _PLACEHOLDER.sub(lambda name: _NUMBERS.get(name[1], "x"), text)
    _, *words = shlex.split(filled)
    for length in range(len(words), 0, -1):
        name = " ".join(words[:length])
        if entry_point := _entry_points().get(name):
            parser = _parser(entry_point)
            try:
                return Command(name, parser.parse_args(words[length:]))
            except SystemExit as error:
                raise ValueError(f"refused by its parser: {text}") from error
    raise ValueError(f"no such command: {text}")


def fill(text: str, values: Mapping[str, str]) -> list[str]:
    """Return the words of a command behind its program, with values for its placeholders."""
    filled = _PLACEHOLDER.sub(lambda name: shlex.quote(values[name[1]]), text)
    return shlex.split(filled)[1:]


def is_taken(text: str) -> bool:
    """Tell whether its program takes a command; of `kubectl` only the form is known."""
    if text.startswith("kubectl "):
        return bool(_KUBECTL.fullmatch(_PLACEHOLDER.sub("x", text)))
    try:
        parsed(text)
    except ValueError:
        return False
    return True


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {
        entry_point.name.replace("_", " "): entry_point
        for distribution in distributions()
        for entry_point in distribution.entry_points
        if re.fullmatch(r"openstack\.(?:common|\w+\.v\w+)", entry_point.group)
    }


@cache
def _parser(entry_point: EntryPoint) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = entry_point.load()(mock.MagicMock(), None).get_parser("x")
    return parser
