# SPDX-License-Identifier: Apache-2.0

"""The console blocks of the documents: run in the lab, compared, and written anew.

    python -m tests.support.lab.documents --write

A block marked ``:class: lab`` is a session of one shell on the lab's client, and so is one marked
``:class: ovn``, in the lab with OVN; no page has both. Each line after a ``$`` is a command, and
what follows is all that it prints. Those of class ``kubernetes`` are for
`tests.support.makers.play_pages`. Comments stand for what no operator types: ``.. lab: kill POD``,
any other method of `Lab` that takes a pod or ``lb``, and ``.. lab: first POD``, which makes the
load balancer choose this pod next.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud.providers import AMPHORA, OVN
from tests.support.lab import Lab, topology

KINDS = {AMPHORA: "lab", OVN: "ovn"}
"""The class of the blocks that are played in the lab with a provider."""
SOURCES = (
    topology.REPOSITORY / "README.rst",
    *sorted((topology.REPOSITORY / "doc" / "source").rglob("*.rst")),
)

_TIMEOUT = 400.0
_MOST_CALLS = 8
_BLOCK = re.compile(
    r"^(?P<head>\.\. code-block:: console\n   :class: (?P<kind>\w+)\n\n)"
    r"(?P<body>(?:(?: {3}.*)?\n)*? {3}.*\n)(?=\n*(?:\S|\Z))",
    re.MULTILINE,
)
_ACT = re.compile(r"^\.\. lab: (?P<verb>\w+) (?P<target>\S+)$", re.MULTILINE)
_END = "--- end of output ---"
_VERBS = frozenset({"kill", "revive", "drop", "reject", "unplug", "restore"})

# What differs from run to run: identifiers, times, source ports, and the widths they give a table.
_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "<time>"),
    (re.compile(r"(?<![\d.])\d+\.\d+(?![\d.%]| %)"), "<number>"),
    (re.compile(r"\b(?:3[3-9]|[45]\d|6[0-5])\d{3}\b"), "<port>"),
    (re.compile(r"-{2,}"), "--"),
    (re.compile(r" {2,}"), " "),
)


Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs a command on the lab's client, as `Lab.run` does."""


@dataclass(frozen=True)
class Act:
    """Something done to the lab between two blocks."""

    verb: str
    target: str

    def do(self, lab: Lab) -> None:
        """Do it."""
        if self.verb == "first":
            _give_the_turn_to(lab, self.target)
        elif self.verb in _VERBS:
            getattr(lab, self.verb)(self.target)
        else:
            raise ValueError(f"the lab cannot '{self.verb}'")


@dataclass(frozen=True)
class Block:
    """A console block; `start` and `end` are where its text is in the document."""

    kind: str
    start: int
    end: int
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands, continued lines joined."""
        return [command for command, _ in self._parts()]

    def run(self, run: Run, directory: Path) -> str:
        """Run all of it in one shell; return the block as it should read."""
        lines = ["exec 2>&1"]
        for command in self.commands:
            lines += [command, f"status=$?; echo '{_END}'; (exit $status)"]
        done = run(["bash", "-c", "\n".join(lines)], timeout=_TIMEOUT, cwd=directory)
        outputs = done.stdout.split(f"{_END}\n")
        shown = zip((typed for _, typed in self._parts()), outputs, strict=False)
        return "\n".join(f"{typed}\n{output}" for typed, output in shown).rstrip("\n") + "\n"

    def _parts(self) -> Iterator[tuple[str, str]]:
        """Yield each command, and the lines that it was typed in."""
        for found in re.finditer(r"^\$ (.*(?:\n> .*)*)", self.text, re.MULTILINE):
            yield found[1].replace("\n> ", "\n"), found[0]


def steps(document: str) -> list[Act | Block]:
    """Return what a document asks the lab for, in its order."""
    found: dict[int, Act | Block] = {
        match.start(): Act(match["verb"], match["target"]) for match in _ACT.finditer(document)
    }
    for match in _BLOCK.finditer(document):
        text = re.sub(r"^ {3}", "", match["body"], flags=re.MULTILINE)
        found[match.start()] = Block(match["kind"], match.start("body"), match.end("body"), text)
    return [found[place] for place in sorted(found)]


def mask(text: str) -> str:
    """Blot out times, identifiers and ports, and nothing else."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def played_with(provider: str) -> list[Path]:
    """Return the pages that have sessions in the lab with a provider."""
    return [page for page in SOURCES if _has(page, KINDS[provider])]


def play(lab: Lab, document: Path) -> Iterator[tuple[Block, str]]:
    """Do what a document says; yield each of its blocks with what it should read."""
    return play_with(lab.run, lambda act: act.do(lab), KINDS.values(), document)


def play_with(
    run: Run, do: Callable[[Act], None], kinds: Collection[str], document: Path
) -> Iterator[tuple[Block, str]]:
    """Play the blocks of some kinds in any lab, which has a way of its own to run and to act."""
    for step in steps(document.read_text()):
        if isinstance(step, Act):
            do(step)
        elif step.kind in kinds:
            yield step, step.run(run, document.parent)


def write(lab: Lab, document: Path) -> int:
    """Put into a document what its commands print now; return how many blocks changed."""
    played = play(lab, document)
    return replace(document, ((b, now) for b, now in played if mask(now) != mask(b.text)))


def replace(document: Path, changed: Iterable[tuple[Block, str]]) -> int:
    """Put other text into blocks of a document; return how many there were."""
    text, number = document.read_text(), 0
    for block, now in reversed(list(changed)):
        body = re.sub(r"^(?=.)", "   ", now, flags=re.MULTILINE)
        text = text[: block.start] + body + text[block.end :]
        number += 1
    document.write_text(text)
    return number


def make_whole(lab: Lab) -> None:
    """Leave every pod alive, and all of them and the load balancer reachable."""
    lab.restore(topology.AMPHORA)
    for pod in topology.PODS:
        lab.restore(pod.name)
        lab.revive(pod.name)


def _give_the_turn_to(lab: Lab, pod: str) -> None:
    """Call the service until the next pod in the load balancer's turn is this one."""
    others = {other.name for other in topology.PODS} - {pod}
    call = [str(topology.PLUGIN_PYTHON), "-m", "tests.support.lab.callers", "walkthrough"]
    for _ in range(_MOST_CALLS):
        done = lab.run([*call, topology.VIP, str(topology.VIP_PORT)], check=True)
        if any(name in done.stdout for name in others):
            return
    raise RuntimeError(f"the load balancer does not choose {pod} in turn")


def _has(page: Path, kind: str) -> bool:
    found = steps(page.read_text())
    return any(isinstance(step, Block) and step.kind == kind for step in found)


def main(arguments: list[str]) -> int:
    """Write every document anew."""
    if arguments[:1] != ["--write"]:
        print(__doc__)
        return 2
    named = [Path(argument).resolve() for argument in arguments[1:]]
    playable = {provider: played_with(provider) for provider in KINDS}
    if unknown := [
        str(page) for page in named if not any(page in pages for pages in playable.values())
    ]:
        print(f"no session is played for {', '.join(unknown)}", file=sys.stderr)
        return 2
    for provider, pages in playable.items():
        wanted = [page for page in pages if page in named or not named]
        if not wanted:
            continue
        with Lab.start(provider=provider) as lab:
            for page in wanted:
                changed = write(lab, page)
                make_whole(lab)
                shown = page.relative_to(topology.REPOSITORY)
                print(f"{shown}: {changed} blocks written", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
