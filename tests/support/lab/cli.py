# SPDX-License-Identifier: Apache-2.0

"""The lab by hand: starts a machine, runs commands in it, breaks things, stops it."""

import argparse
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tests.support.cloud import providers
from tests.support.lab import terminal, topology
from tests.support.lab.errors import LabError
from tests.support.lab.guest import packet_faults
from tests.support.lab.machine import Lab
from tests.support.lab.process import Process

LAB_FAILED = 125
TIMED_OUT = 124

_POLL_INTERVAL = 0.01
_DAY = 24 * 3600.0

_DESCRIPTION = """\
A machine of its own, with kernel SCTP, a load balancer, pods and a real OpenStack cloud, that
needs neither root nor SCTP on this host.
"""
_EPILOG = f"""\
`run` and `shell` use the machine that `start` left running, or else boot one for the occasion.

examples:
  python -m tests.lab run -- openstack loadbalancer list
  python -m tests.lab run --no-cloud -- ping -c 3 {topology.VIP}
  python -m tests.lab shell --provider ovn
  python -m tests.lab start
  python -m tests.lab kill {topology.PODS[0].name}
  python -m tests.lab stop

exit status: the command's own; {TIMED_OUT} if it took too long; {LAB_FAILED} if the lab failed.
"""
_VERBS = {
    "kill": "kill a pod's server",
    "revive": "start a pod's server again",
    "drop": "lose every packet to and from a pod, or from the client to `lb`",
    "reject": "answer every such packet with an ICMP error",
    "unplug": "take the link of a pod, or of `lb`, down",
    "restore": "undo drop, reject and unplug",
}


def main() -> int:
    """Run one command line; return its exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    options = _parser().parse_args()
    try:
        return int(options.action(options))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return LAB_FAILED
    except subprocess.TimeoutExpired as error:
        print(f"lab: timed out after {error.timeout:g} s", file=sys.stderr)
        return TIMED_OUT
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.lab",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="<verb>", required=True)
    run = verbs.add_parser("run", help="run one command; its standard input is empty")
    run.add_argument(
        "--timeout", type=float, default=600.0, metavar="<seconds>", help="default: %(default)g"
    )
    run.add_argument("command", nargs="+", metavar="<command>", help="what to run, after `--`")
    run.set_defaults(action=_run)
    shell = verbs.add_parser("shell", help="open a shell, or feed one with standard input")
    shell.set_defaults(action=_shell)
    for verb in (run, shell):
        verb.add_argument(
            "--ns",
            default=topology.CLIENT,
            metavar="<namespace>",
            help="where: client (the default), root, rtr, lb, with OVN outside, or a pod's name",
        )
    start = verbs.add_parser("start", help="boot a machine that stays until `stop`")
    start.set_defaults(action=_start)
    for verb in (run, shell, start):
        verb.add_argument(
            "--provider",
            choices=providers.NAMES,
            metavar="<provider>",
            help=f"who moves the packets: {' or '.join(providers.NAMES)} (default: the "
            f"running machine's, or {providers.AMPHORA})",
        )
        verb.add_argument("--no-cloud", action="store_true", help="boot faster, without OpenStack")
    verbs.add_parser("status", help="tell whether one runs").set_defaults(action=_status)
    verbs.add_parser("stop", help="end it").set_defaults(action=_stop)
    for name, text in _VERBS.items():
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("target", metavar="<pod>", help="a pod's name, or `lb`")
        verb.set_defaults(action=_break, verb=name)
        if name == "reject":
            verb.add_argument(
                "--with",
                dest="kind",
                default=packet_faults.DEFAULT_REJECT,
                choices=packet_faults.REJECT_TYPES,
                metavar="<icmp-type>",
                help=f"one of {', '.join(packet_faults.REJECT_TYPES)} (default: %(default)s)",
            )
    return parser


def _run(options: argparse.Namespace) -> int:
    with _lab(options) as lab:
        return _stream(
            lab.spawn(options.command, ns=options.ns, cwd=Path.cwd(), timeout=options.timeout)
        )


def _shell(options: argparse.Namespace) -> int:
    with _lab(options) as lab:
        if terminal.attached():
            return terminal.shell(lab, options.ns)
        script = sys.stdin.buffer.read()
        return _stream(lab.spawn(["bash", "-s"], ns=options.ns, cwd=Path.cwd(), stdin=script))


def _start(options: argparse.Namespace) -> int:
    if (running := Lab.running()) is not None:
        raise LabError(f"one is running already, in {running.directory}")
    _announce(options)
    lab = Lab.start(not options.no_cloud, _provider(options), timeout=_DAY, detached=True)
    print(f"the lab runs in {lab.directory}; its logs are in {lab.logs}")
    print("try: python -m tests.lab shell; end it with: python -m tests.lab stop")
    return 0


def _status(_: argparse.Namespace) -> int:
    lab = Lab.running()
    print("no lab is running" if lab is None else f"a lab runs in {lab.directory}")
    return 0 if lab is not None else 1


def _stop(_: argparse.Namespace) -> int:
    _running().stop()
    return 0


def _break(options: argparse.Namespace) -> int:
    lab = _running()
    if options.verb == "reject":
        lab.reject(options.target, options.kind)
    else:
        getattr(lab, options.verb)(options.target)
    return 0


def _running() -> Lab:
    lab = Lab.running()
    if lab is None:
        raise LabError("none is running; start one with: python -m tests.lab start")
    return lab


@contextlib.contextmanager
def _lab(options: argparse.Namespace) -> Iterator[Lab]:
    """Give the machine that is running, or one for the occasion."""
    running = Lab.running()
    if running is not None:
        if options.provider not in (None, running.provider):
            raise LabError(
                f"the one that is running has provider {running.provider}; end it with: "
                "python -m tests.lab stop"
            )
        yield running
        return
    _announce(options)
    with Lab.start(not options.no_cloud, _provider(options), timeout=_DAY) as lab:
        yield lab


def _provider(options: argparse.Namespace) -> str:
    return str(options.provider or providers.AMPHORA)


def _announce(options: argparse.Namespace) -> None:
    if sys.stderr.isatty():
        duration = "a few seconds" if options.no_cloud else "half a minute or more"
        print(f"lab: booting, which takes {duration}", file=sys.stderr)


def _stream(process: Process) -> int:
    """Pass on what a command prints, as it comes; return its exit status as a shell would."""
    try:
        with process.open("stdout") as stdout, process.open("stderr") as stderr:
            while True:
                status = process.poll()
                _pass_on(stdout, sys.stdout.buffer)
                _pass_on(stderr, sys.stderr.buffer)
                if status is not None:
                    return status if status >= 0 else 128 - status
                time.sleep(_POLL_INTERVAL)
    except BaseException:
        process.kill()
        raise
    finally:
        process.close()


def _pass_on(source: BinaryIO, target: BinaryIO) -> None:
    while data := source.read(1 << 16):
        target.write(data)
    target.flush()
