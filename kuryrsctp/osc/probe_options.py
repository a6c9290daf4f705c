# SPDX-License-Identifier: Apache-2.0

"""The arguments of `openstack kuryr sctp probe`, and the plan that they make."""

import argparse
import functools
from pathlib import Path

from kuryrsctp import naming, prober
from kuryrsctp.errors import UsageError
from kuryrsctp.osc import argtypes
from kuryrsctp.prober.schedule import Schedule
from kuryrsctp.prober.targets import Via
from kuryrsctp.sctp.messages import MAX_MESSAGE_SIZE, Message


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a parser."""
    _add_targets(parser)
    _add_schedule(parser)
    _add_message(parser)
    _add_expectations(parser)


def planner(parsed_args: argparse.Namespace) -> functools.partial[prober.Plan]:
    """Return `prober.plan` with the arguments, to be called with a connection or without.

    Raises UsageError for a message or a schedule that is out of range.
    """
    return functools.partial(
        prober.plan,
        service=parsed_args.service,
        address=parsed_args.address,
        port=parsed_args.port,
        namespace=parsed_args.namespace,
        project=parsed_args.project,
        via=parsed_args.via,
        floating_ip=parsed_args.floating_ip,
        count=parsed_args.count,
        schedule=Schedule(parsed_args.interval, parsed_args.duration, parsed_args.concurrency),
        timeout=parsed_args.timeout,
        message=Message(
            _payload(parsed_args),
            ppid=parsed_args.ppid,
            stream=parsed_args.stream,
            unordered=parsed_args.unordered,
            source=parsed_args.source,
            source_port=parsed_args.source_port,
        ),
        expect=parsed_args.expect,
        backend_pattern=parsed_args.backend_pattern,
        all_members=parsed_args.all_members,
        stats=parsed_args.stats,
    )


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "service",
        metavar="<service>",
        nargs="?",
        help="Service: <name>, <namespace>/<name>, <cluster>:<namespace>/<name>, or the ID of its"
        " load balancer",
    )
    parser.add_argument(
        "--namespace",
        metavar="<namespace>",
        type=argtypes.namespace,
        default=naming.DEFAULT_NAMESPACE,
        help="Namespace of a service given by a bare name (default: %(default)s)",
    )
    parser.add_argument(
        "--project",
        metavar="<project>",
        help="Look only at load balancers of this project (name or ID)",
    )
    parser.add_argument(
        "--address", metavar="<address>", help="Address or host to probe instead of a service"
    )
    parser.add_argument(
        "--port", metavar="<port>", type=argtypes.port, help="Port to probe, with --address"
    )
    parser.add_argument(
        "--via",
        choices=[via.value for via in Via],
        default=Via.VIP.value,
        help="Probe the VIPs, the members directly, or both; both shows whether the load balancer"
        " or a member is at fault (default: %(default)s)",
    )
    parser.add_argument(
        "--floating-ip",
        action="store_true",
        help="Probe the floating IP that is bound to a VIP, instead of the VIPs",
    )
    parser.add_argument("--source", metavar="<address>", help="Address of this host to send from")
    parser.add_argument(
        "--source-port",
        metavar="<port>",
        type=argtypes.port,
        help="Port to send every message from (default: a fresh port for each message)",
    )


def _add_schedule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count",
        metavar="<count>",
        type=argtypes.count,
        help="Messages to each address and port (default: enough for every member to answer, 4"
        " to 100; with --duration no limit)",
    )
    parser.add_argument(
        "--interval",
        metavar="<seconds>",
        type=argtypes.seconds,
        default=0.0,
        help="Time from one message to the next (default: none)",
    )
    parser.add_argument(
        "--duration",
        metavar="<seconds>",
        type=argtypes.seconds,
        help="Time in which messages are sent; at the end, each outage is reported on stderr",
    )
    parser.add_argument(
        "--concurrency",
        metavar="<associations>",
        type=argtypes.count,
        default=1,
        help="Associations at a time (default: %(default)s, because some servers serve only one)",
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=argtypes.seconds,
        default=prober.DEFAULT_TIMEOUT,
        help="Time for each message to associate, send and be answered (default: %(default)g)",
    )


def _add_message(parser: argparse.ArgumentParser) -> None:
    message = parser.add_mutually_exclusive_group()
    message.add_argument(
        "--message",
        metavar="<text>",
        default=prober.DEFAULT_MESSAGE,
        help="Message to send (default: %(default)s)",
    )
    message.add_argument("--message-file", metavar="<file>", help="File with the message to send")
    message.add_argument("--message-hex", metavar="<hex>", help="Message to send, in hexadecimal")
    message.add_argument(
        "--payload-size",
        metavar="<bytes>",
        type=argtypes.count,
        help="Repeat the default message up to this size, and send that",
    )
    parser.add_argument(
        "--ppid",
        metavar="<number>",
        type=argtypes.count,
        default=0,
        help="Payload protocol identifier of the message, such as 46 for Diameter (default: 0)",
    )
    parser.add_argument(
        "--stream",
        metavar="<number>",
        type=argtypes.count,
        default=0,
        help="Stream to send on (default: 0)",
    )
    parser.add_argument(
        "--unordered", action="store_true", help="Send the message outside the order of its stream"
    )


def _add_expectations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expect",
        metavar="<regex>",
        help="Regular expression that must be found in the first 4096 characters of every answer",
    )
    parser.add_argument(
        "--backend-pattern",
        metavar="<regex>",
        help="Regular expression that finds in an answer, as its first group, the name of who"
        " answers (default: a host name, colon and space at the start, as kuryr-sctp-demo sends)",
    )
    parser.add_argument(
        "--all-members",
        action="store_true",
        help="Exit with status 3 if a member never answered; through the VIP, this is known only"
        " where members are chosen in turn and answers name them",
    )
    parser.add_argument(
        "--stats",
        action="store_true",
        help="Read what the load balancer counts, before and after, and say on stderr on which side"
        " of it messages are lost, if the provider counts; this takes up to 25 seconds more",
    )
    parser.add_argument(
        "--each", action="store_true", help="Show a row for each message, with its answer"
    )
    parser.add_argument(
        "--chart",
        action="store_true",
        help="Draw shares and round-trip times as bars, on stderr",
    )


def _payload(parsed_args: argparse.Namespace) -> bytes:
    if parsed_args.message_file is not None:
        return _read(Path(parsed_args.message_file))
    if parsed_args.message_hex is not None:
        try:
            return bytes.fromhex(parsed_args.message_hex)
        except ValueError as error:
            raise UsageError(f"--message-hex is not hexadecimal: {error}") from error
    if parsed_args.payload_size is not None:
        size = int(parsed_args.payload_size)
        if not 0 < size <= MAX_MESSAGE_SIZE:
            raise UsageError(f"invalid payload size '{size}': give 1 to {MAX_MESSAGE_SIZE} bytes")
        text = prober.DEFAULT_MESSAGE.encode()
        return (text * (size // len(text) + 1))[:size]
    return str(parsed_args.message).encode("utf-8", "surrogateescape")


def _read(path: Path) -> bytes:
    """Return the file's content; of an endless file, just enough that it is refused."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_MESSAGE_SIZE + 1)
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {error.strerror}") from error
