# SPDX-License-Identifier: Apache-2.0

"""The pages build without a warning, and say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kuryrsctp.demo import main
from kuryrsctp.model import Outcome
from kuryrsctp.osc.exit_codes import ExitCode
from tests.support.checkout import HANG
from tests.support.lab.documents import SOURCES, Act, Block, steps
from tests.support.lab.topology import REPOSITORY

PAGES = REPOSITORY / "doc" / "source"
KINDS = {"lab", "ovn", "kubernetes", "install"}
LONGEST = 200
TABLES = {PAGES / f"{name}.rst" for name in ("checks", "providers-compared")}  # looked up by row
LOADED_FROM_ELSEWHERE = re.compile(r'<(script|img|link|iframe)\b[^>]*"(https?:)?//|\$\.ajax')


def build(builder: str, target: Path) -> Path:
    """Build the pages; any warning is an error."""
    argv = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder, "-d", f"{target}/trees"]
    done = subprocess.run(
        [sys.executable, *argv, PAGES, target / builder],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return target / builder


def words(page: str) -> list[str]:
    """Return what the first column of the first table of a page holds."""
    text = (PAGES / page).read_text().partition(".. list-table::")[2].partition("\n\n\n")[0]
    return [found.strip("`") for found in re.findall(r"^   \* - (.*)$", text, re.MULTILINE)][1:]


def test_the_pages_build_and_show_every_command(tmp_path: Path) -> None:
    pages = build("html", tmp_path)
    commands = (pages / "commands.html").read_text()
    for option in ("--strict", "--via", "--long"):
        assert f">{option}<" in commands
    # Whoever reads them is not followed.
    for page in pages.rglob("*.html"):
        assert not LOADED_FROM_ELSEWHERE.search(page.read_text()), page


def test_the_manual_page_has_every_option_of_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manual = (build("man", tmp_path) / "kuryr-sctp-demo.1").read_text().replace("\\-", "-")
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out))
    assert {"--bind", "--port"} <= options
    assert {option for option in options if option not in manual} == set()


def test_the_page_of_outcomes_has_each_word_once_and_in_order() -> None:
    assert words("outcomes.rst") == [outcome.value for outcome in Outcome]


def test_the_page_on_scripting_has_each_exit_code() -> None:
    # The last is what every command of OpenStackClient ends with after a closed pipe.
    assert words("scripting.rst") == [*(str(int(code)) for code in ExitCode), "141"]


@pytest.mark.parametrize("page", SOURCES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_console_block_says_whether_it_is_run(page: Path) -> None:
    text = page.read_text()
    blocks = [step for step in steps(text) if isinstance(step, Block)]
    assert len(blocks) == text.count(".. code-block:: console")
    kinds = {block.kind for block in blocks}
    assert kinds <= KINDS
    assert not {"lab", "ovn"} <= kinds, "a page is played with one provider"
    for block in blocks:
        assert block.commands, block.text
        by_kubectl = any(command.startswith("kubectl") for command in block.commands)
        assert not by_kubectl or block.kind == "kubernetes", block.text
    assert text.count(".. lab:") == sum(isinstance(step, Act) for step in steps(text))


@pytest.mark.parametrize(
    "page", sorted(set(PAGES.rglob("*.rst")) - TABLES), ids=lambda page: page.stem
)
def test_a_page_can_be_read_at_one_sitting(page: Path) -> None:
    assert len(page.read_text().splitlines()) < LONGEST


def test_every_link_of_the_readme_leads_to_a_page() -> None:
    links = re.findall(r"<(doc/[^>]*)>`_", (REPOSITORY / "README.rst").read_text())
    assert links
    assert [link for link in links if not (REPOSITORY / link).is_file()] == []


def test_every_release_note_can_be_read() -> None:
    argv = [Path(sys.executable).with_name("reno"), "lint"]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
