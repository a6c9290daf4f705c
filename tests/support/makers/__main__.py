# SPDX-License-Identifier: Apache-2.0

"""``python -m tests.support.makers shell | record | compare``."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

from tests.support import recordings
from tests.support.cloud import CloudFailed
from tests.support.makers import comparing, lab, playing, programs
from tests.support.makers.catalogue import Case, cases
from tests.support.makers.running import LabFailed


def main() -> int:
    """Run the command line and return the exit status."""
    arguments = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if arguments.command == "shell":
            return _shell()
        return _play(arguments.command, _chosen(arguments.maker, arguments.cases))
    except (programs.NotAvailable, LabFailed, CloudFailed) as failure:
        print(f"makers: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.makers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("shell", help="start the lab, and a shell with kubectl and openstack")
    for name, does in (("record", "write what"), ("compare", "compare with what")):
        command = commands.add_parser(name, help=f"play the catalogue and {does} was recorded")
        command.add_argument("--maker", choices=lab.MAKERS, help="(default: both)")
        command.add_argument("cases", nargs="*", metavar="<case>", help="(default: all)")
    return parser.parse_args()


def _chosen(maker: str | None, names: Iterable[str]) -> list[Case]:
    wanted = set(names)
    found = [case for name in lab.MAKERS if maker in (None, name) for case in cases(name)]
    if unknown := wanted - {case.name for case in found}:
        sys.exit(f"makers: no such case: {', '.join(sorted(unknown))}")
    return [case for case in found if not wanted or case.name in wanted]


def _play(command: str, chosen: list[Case]) -> int:
    status = 0
    with lab.running(sorted({case.maker for case in chosen})) as running:
        for cases_at_once in playing.together(chosen):
            for case, result in playing.play_together(running, cases_at_once):
                if command == "record" and not isinstance(result, BaseException):
                    recordings.write(case.maker, case.name, result)
                    lines, told = [], "recorded"
                else:
                    lines = comparing.with_recording(case, result)
                    told = f"{len(lines)} differences"
                print(f"{case.maker} {case.name}: {told}", flush=True)
                for line in lines:
                    print(f"  {line}", flush=True)
                status |= bool(lines)
    return status


def _shell() -> int:
    started = time.monotonic()
    with lab.running() as running:
        print(f"The makers' lab is up after {time.monotonic() - started:.0f} s.", file=sys.stderr)
        for name, maker in running.makers.items():
            alias = f"{running.programs['kubectl']} --kubeconfig {maker.cluster.kubeconfig}"
            print(f"  {name}: {alias}", file=sys.stderr)
        programs_first = f"{running.programs.kubernetes}:{os.environ['PATH']}"
        kubeconfig = str(running.makers["kuryr"].cluster.kubeconfig)
        environment = {
            **os.environ,
            **running.cloud.environ(),
            "PATH": f"{sys.prefix}/bin:{programs_first}",
            "KUBECONFIG": kubeconfig,
        }
        done = subprocess.run([os.environ.get("SHELL", "/bin/bash")], env=environment)
        # A shell ends with the status of its last command, which a person has seen.
        return 0 if sys.stdin.isatty() else done.returncode


if __name__ == "__main__":
    sys.exit(main())
