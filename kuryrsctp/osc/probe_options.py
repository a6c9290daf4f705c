# SPDX-License-Identifier: Apache-2.0

"""The arguments of `openstack kuryr sctp probe`, and what of `kuryrsctp.prober` they mean."""

import argparse
from pathlib import Path
from typing import Any

from kuryrsctp import naming, prober
from kuryrsctp.errors import UsageError
from kuryrsctp.prober.schedule import Schedule
from kuryrsctp.prober.targets import Via
from kuryrsctp.sctp.messages import Message


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    _add_targets(parser)
    _add_load(parser)
    _add_message(parser)
    _add_judgement(parser)


def arguments(parsed_args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of `prober.plan`; raise UsageError for what makes none."""
    same = (
        "address",
        "port",
        "namespace",
        "via",
        "floating_ip",
        "count",
        "timeout",
        "expect",
        "backend_pattern",
        "all_members",
    )
    return {name: getattr(parsed_args, name) for name in same} | {
        "schedule": Schedule(parsed_args.interval, parsed_args.duration, parsed_args.concurrency),
        "message": Message(
            _message(parsed_args),
            ppid=parsed_args.ppid,
            stream=parsed_args.stream,
            unordered=parsed_args.unordered,
            source=parsed_args.source,
            source_port=parsed_args.source_port,
        ),
    }


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "service",
        metavar="<service>",
        nargs="?",
        help="Service as NAME or NAMESPACE/NAME, or the ID of its load balancer",
    )
    parser.add_argument(
        "--namespace",
        metavar="<namespace>",
        default=naming.DEFAULT_NAMESPACE,
        help="Namespace of a service given as NAME (default: %(default)s)",
    )
    parser.add_argument(
        "--address", metavar="<address>", help="Address or host to probe instead of a service"
    )
    parser.add_argument("--port", metavar="<port>", type=int, help="Port, with --address")
    parser.add_argument(
        "--via",
        choices=[one.value for one in Via],
        default=Via.VIP.value,
        help="Probe the VIP, the members themselves, or both, which tells whether the load"
        " balancer or a pod is at fault (default: %(default)s)",
    )
    parser.add_argument(
        "--floating-ip",
        action="store_true",
        help="Probe the floating IP that is bound to the VIP, instead of the VIP",
    )
    parser.add_argument("--source", metavar="<address>", help="Address of this host to send from")
    parser.add_argument(
        "--source-port",
        metavar="<port>",
        type=int,
        help="Port to send every message from (default: a fresh one for each)",
    )


def _add_load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count",
        metavar="<count>",
        type=int,
        help="Messages to each port of the service (default: so many that every member should"
        " answer, 4 to 100; with --duration no bound)",
    )
    parser.add_argument(
        "--interval",
        metavar="<seconds>",
        type=float,
        default=0.0,
        help="Time from one message to the next (default: none)",
    )
    parser.add_argument(
        "--duration",
        metavar="<seconds>",
        type=float,
        help="Time to go on sending; in the end, each outage is told on stderr",
    )
    parser.add_argument(
        "--concurrency",
        metavar="<associations>",
        type=int,
        default=1,
        help="Associations at a time (default: %(default)s, for there are servers that serve but"
        " one)",
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=float,
        default=prober.TIMEOUT,
        help="Time for each message to associate, send and be answered (default: %(default)g)",
    )


def _add_message(parser: argparse.ArgumentParser) -> None:
    message = parser.add_mutually_exclusive_group()
    message.add_argument(
        "--message",
        metavar="<text>",
        default=prober.MESSAGE,
        help="Message to send (default: %(default)s)",
    )
    message.add_argument("--message-file", metavar="<file>", help="File with the message to send")
    message.add_argument("--message-hex", metavar="<hex>", help="Message to send, in hexadecimal")
    message.add_argument(
        "--payload-size", metavar="<bytes>", type=int, help="Send so many bytes of the default text"
    )
    parser.add_argument(
        "--ppid",
        metavar="<number>",
        type=int,
        default=0,
        help="Payload protocol identifier of the message, such as 46 for Diameter (default: 0)",
    )
    parser.add_argument(
        "--stream", metavar="<number>", type=int, default=0, help="Stream to send on (default: 0)"
    )
    parser.add_argument(
        "--unordered", action="store_true", help="Send the message outside its stream's order"
    )


def _add_judgement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expect",
        metavar="<regex>",
        help="Regular expression to be found in the first 4096 characters of every answer",
    )
    parser.add_argument(
        "--backend-pattern",
        metavar="<regex>",
        help="Regular expression that finds in an answer, as its first group, the name of who"
        " answers (default: a host's name, colon and space at the start, as kuryr-sctp-demo)",
    )
    parser.add_argument(
        "--all-members", action="store_true", help="Fail if a member never answered"
    )
    parser.add_argument(
        "--each", action="store_true", help="Show a row for each message, with its answer"
    )
    parser.add_argument(
        "--chart",
        action="store_true",
        help="Draw shares and round-trip times as bars, on stderr",
    )


def _message(parsed_args: argparse.Namespace) -> bytes:
    if parsed_args.message_file is not None:
        return _read(Path(parsed_args.message_file))
    if parsed_args.message_hex is not None:
        try:
            return bytes.fromhex(parsed_args.message_hex)
        except ValueError as error:
            raise UsageError(f"--message-hex is not hexadecimal: {error}") from error
    if parsed_args.payload_size is not None:
        size = int(parsed_args.payload_size)
        if not 0 < size <= prober.MAX_MESSAGE_SIZE:
            raise UsageError(f"payload size is {size}: give 1 to {prober.MAX_MESSAGE_SIZE} bytes")
        text = prober.MESSAGE.encode()
        return (text * (size // len(text) + 1))[:size]
    return str(parsed_args.message).encode("utf-8", "surrogateescape")


def _read(path: Path) -> bytes:
    """Return the file's content, or of what has no end enough to be refused."""
    try:
        with path.open("rb") as file:
            return file.read(prober.MAX_MESSAGE_SIZE + 1)
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {error.strerror}") from error
