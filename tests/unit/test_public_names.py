# SPDX-License-Identifier: Apache-2.0

"""The names that programs rely on: none is lost, and none is imported before it is used."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kuryrsctp
from kuryrsctp import errors
from tests.support.checkout import HANG, ROOT

FUNCTIONS = {
    "diagnose",
    "list_services",
    "plan",
    "probe",
    "verify",
    "verify_all",
    "verify_many",
    "wait_until_settled",
}
RECORDS = {
    "Conclusion",
    "Diagnosis",
    "Exchange",
    "Expectations",
    "Finding",
    "Message",
    "Outcome",
    "ProbeReport",
    "Schedule",
    "Status",
    "VerifyReport",
    "Via",
}
ERRORS = {name for name, value in vars(errors).items() if inspect.isclass(value)}


def test_the_public_names_are_these() -> None:
    assert set(kuryrsctp.__all__) == FUNCTIONS | RECORDS | ERRORS


@pytest.mark.parametrize("name", sorted(FUNCTIONS | RECORDS | ERRORS))
def test_each_public_name_leads_to_its_definition_and_is_explained(name: str) -> None:
    value = getattr(kuryrsctp, name)
    assert value.__name__ == name
    assert inspect.getdoc(value)
    assert name in dir(kuryrsctp)


def test_each_public_name_is_on_the_page_for_programmers() -> None:
    page = (ROOT / "doc" / "source" / "python.rst").read_text()
    documented = set(re.findall(r"^.. auto\w+:: kuryrsctp\.(\w+)$", page, re.MULTILINE))
    assert documented == set(kuryrsctp.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(kuryrsctp.__file__).read_text())
    (checking,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.asname: f"{node.module}"
        for node in checking.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {name: f"kuryrsctp.{home}" for name, home in kuryrsctp._HOMES.items()}


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'frobnicate'"):
        _ = kuryrsctp.frobnicate


def test_importing_the_package_imports_none_of_it() -> None:
    script = "import sys, kuryrsctp; print([name for name in sys.modules if 'kuryrsctp.' in name])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=HANG
    )
    assert done.stdout == "[]\n"
