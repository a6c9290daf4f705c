# SPDX-License-Identifier: Apache-2.0

"""Plays the walkthrough literally: from ``kubectl apply`` to the answers of the pods.

    python -m tests.support.makers.play_pages [--write] [kuryr] [occm]

The blocks of class ``kubernetes``, and between them those of class ``lab``, run in the joined lab,
and are compared with what the pages show. ``--write`` puts into the former what they print now.
Beside the comments that `tests.support.lab.documents` knows there is one more: ``.. lab: await
LOADBALANCER`` stands for the operator's patience.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.cloud import CloudFailed
from tests.support.lab import LabError, topology
from tests.support.lab.documents import Act, Block, mask, play_with, replace
from tests.support.makers import joined
from tests.support.makers.joined import Joined
from tests.support.makers.occm_controller import NODES
from tests.support.makers.programs import NotAvailable
from tests.support.makers.running import LabFailed

_WALKTHROUGH = topology.REPOSITORY / "doc" / "source" / "walkthrough"
PAGES = {
    "kuryr": ("index.rst", "by-hand.rst", "with-this-plugin.rst"),
    "occm": ("cloud-provider-openstack.rst",),
}
"""The pages of each maker, in the order in which they are read."""

# What Kubernetes, Kuryr and Neutron choose anew each time, beside what any cloud does.
_MASKS = (
    (re.compile(r"\bsctp-demo-[0-9a-z]{8,10}-[0-9a-z]{5}\b"), "<pod>"),
    (re.compile(r"\b10\.0\.0\.(?:6[6-9]|[7-9]\d|1[01]\d|12[0-6])\b"), "<pod's address>"),
    (re.compile(r"\bworker-\d\b"), "<node>"),
    (re.compile(r"\b(?:10\.0\.1\.|10\.96\.0\.|203\.0\.113\.)\d+\b"), "<address>"),
    (re.compile(r"(?<=\b90:)3\d{4}\b|\b3[0-2]\d{3}\b"), "<node port>"),
    (re.compile(r" (?:\d+[dhms])+$", re.MULTILINE), " <age>"),
)


class Player:
    """Plays pages in a joined lab, whose pods are called as those of the pages as far as seen."""

    def __init__(self, lab: Joined) -> None:
        self._lab = lab
        self.pods: set[str] = set()
        """The pods that there have been."""
        self.answered: set[str] = set()
        """The pods that have answered the client."""

    def play(self, page: Path) -> Iterator[tuple[Block, str]]:
        """Do what a page says; yield each of its blocks with what it should read."""
        played = play_with(self._lab.run, self._do, ("kubernetes", "lab"), page)
        for block, printed in played:
            self.answered |= set(re.findall(r"(\S+): HELLO, I AM ALIVE!!!", printed))
            self.pods |= set(self._lab.pods)
            yield block, _renamed(printed, self._names())

    def _names(self) -> dict[str, str]:
        """Return what the pages call each pod."""
        shown = sorted(pod.name for pod in topology.PODS)
        return dict(zip(self._lab.pods, shown, strict=False))

    def _do(self, act: Act) -> None:
        if act.verb == "await":
            self._lab.await_members(act.target, len(NODES) if "kube_service" in act.target else 2)
        elif act.verb != "first":  # which pod answers first is masked, as its name is
            actual = {shown: name for name, shown in self._names().items()}
            Act(act.verb, actual.get(act.target, act.target)).do(self._lab.guest)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for actual, shown in names.items():
        text = text.replace(actual, shown)
    return text


def masked(text: str) -> str:
    """Blot out what differs from run to run, and nothing else."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return mask(text)


def pages(maker: str) -> list[Path]:
    """Return the pages of a maker."""
    return [_WALKTHROUGH / name for name in PAGES[maker]]


def main(arguments: list[str]) -> int:
    """Play the pages of both makers, or of those asked for; return 0 if all is as they show."""
    parser = argparse.ArgumentParser("python -m tests.support.makers.play_pages")
    parser.add_argument("--write", action="store_true", help="put what is printed into the pages")
    parser.add_argument("makers", nargs="*", choices=[*PAGES, []], metavar="<maker>")
    options = parser.parse_args(arguments)
    try:
        wrong = [line for maker in options.makers or PAGES for line in _play(maker, options.write)]
    except (CloudFailed, LabError, LabFailed, NotAvailable, TimeoutError) as error:
        print(f"walkthrough: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for line in wrong:
        print(f"walkthrough: {line}", file=sys.stderr)
    if not wrong:
        print("\nThe walkthrough works: all that the pages show has happened.")
    return 1 if wrong else 0


def _play(maker: str, write: bool) -> Iterator[str]:
    """Play and show the pages of a maker; yield a line for each that shows something else."""
    print(f"Starting Kubernetes, {maker}, OpenStack and a small machine (a minute) ...", flush=True)
    with joined.running(maker) as lab:
        player = Player(lab)
        for page in pages(maker):
            print(f"\n# {page.relative_to(topology.REPOSITORY)}", flush=True)
            played = []
            for block, printed in player.play(page):
                print(f"\n{printed}", end="", flush=True)
                played.append((block, printed))
            changed = sum(masked(block.text) != masked(printed) for block, printed in played)
            if changed and write:
                # All of them, so that they agree on identifiers and addresses.
                replace(page, [(b, now) for b, now in played if b.kind == "kubernetes"])
            elif changed:
                yield f"{page.name} shows something else in {changed} of its sessions"
        if player.answered != player.pods:
            yield f"of {sorted(player.pods)} only {sorted(player.answered)} answered the client"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
