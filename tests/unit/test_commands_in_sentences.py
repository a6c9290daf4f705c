# SPDX-License-Identifier: Apache-2.0

"""Every command that the package names to its users is taken by the program that it is for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import kuryrsctp
from kuryrsctp.makers import MAKERS
from kuryrsctp.providers import PROVIDERS
from kuryrsctp.verifier.checks import CATALOGUE
from tests.support import commands


def test_every_command_in_a_string_of_the_package_is_taken() -> None:
    texts = {text for sentence in _strings() for text in commands.commands_in(sentence)}
    assert len(texts) > 30
    assert [text for text in sorted(texts) if not commands.is_taken(text)] == []


def test_the_catalogue_makers_and_providers_have_their_commands_in_backquotes() -> None:
    for sentence in _knowledge():
        assert not commands.is_outside_of_backquotes(sentence), sentence


def _knowledge() -> Iterator[str]:
    for check in CATALOGUE.values():
        yield from (check.meaning, check.cause, check.remedy)
    for maker in MAKERS:
        yield from (*maker.causes.values(), *maker.remedies.values(), maker.repair)
    for provider in PROVIDERS:
        yield from (*provider.causes.values(), *provider.remedies.values(), provider.recovery)
        yield from provider.outcome_causes.values()


def _strings() -> Iterator[str]:
    """Yield the strings of the package, with a word for each value in an f-string."""
    for path in sorted(Path(kuryrsctp.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "1"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
