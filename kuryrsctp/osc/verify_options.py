# SPDX-License-Identifier: Apache-2.0

"""The arguments of `verify`, and what they ask for."""

import argparse
from collections.abc import Callable

from kuryrsctp import makers, naming
from kuryrsctp.cloud.threads import DEFAULT_JOBS
from kuryrsctp.errors import UsageError
from kuryrsctp.osc import argtypes
from kuryrsctp.verifier.report import Expectations, Finding, Status


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "services",
        metavar="<service>",
        nargs="*",
        help="Service to check: <name>, <namespace>/<name>, <cluster>:<namespace>/<name>, or"
        " the ID of its load balancer; if several clusters or projects have a service of"
        " this name, all of them are checked",
    )
    parser.add_argument(
        "--strict", action="store_true", help="Exit with status 3 for warnings, too"
    )
    parser.add_argument(
        "--long",
        action="store_true",
        help="Show what to do about each WARN and FAIL, and the ID of what was checked",
    )
    parser.add_argument(
        "--show",
        choices=("all", "problems"),
        help="Show a row for every check, or only for WARN and FAIL (default: all where"
        " services are named, problems with --all)",
    )
    parser.add_argument(
        "--wait",
        metavar="<seconds>",
        nargs="?",
        type=argtypes.optional_seconds,
        const=makers.CHANGE_TIMEOUT,
        help="Repeat the checks until no change of the service is under way and the last one"
        " is 10 seconds old, or until this many seconds have passed"
        f" ({makers.CHANGE_TIMEOUT:.0f} if no number is given). Members that are still to come"
        " are waited for only with --members or --member",
    )
    _add_choice(parser)
    _add_expectations(parser)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose services."""
    parser.add_argument(
        "--all",
        action="store_true",
        help="Check every service with an SCTP listener that these credentials can see",
    )
    parser.add_argument(
        "--namespace",
        metavar="<namespace>",
        type=argtypes.namespace,
        help="Namespace of services given by a bare name (default:"
        f" {naming.DEFAULT_NAMESPACE}); with --all, check only those in it",
    )
    parser.add_argument(
        "--project",
        metavar="<project>",
        help="Check only services of this project (name or ID)",
    )
    parser.add_argument(
        "--jobs",
        metavar="<number>",
        type=argtypes.jobs,
        default=DEFAULT_JOBS,
        help="Services to check at a time (default: %(default)s)",
    )


def _add_expectations(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what ought to be there."""
    parser.add_argument(
        "--port",
        metavar="<port>[:<target>]",
        dest="ports",
        type=argtypes.port_mapping,
        action="append",
        default=[],
        help="Expect the service to have this SCTP port, and its members this target port (repeat"
        " for several)",
    )
    parser.add_argument(
        "--members",
        metavar="<number>",
        type=argtypes.count,
        help="Expect this many members behind each port",
    )
    parser.add_argument(
        "--member",
        metavar="<address>",
        dest="addresses",
        type=argtypes.address,
        action="append",
        default=[],
        help="Expect a member with this address (repeat for several)",
    )
    parser.add_argument(
        "--source",
        metavar="<cidr>",
        type=argtypes.network,
        help="Network of the clients: expect the allowed CIDRs and the security groups on the way"
        " to admit it",
    )


def choice_of_rows(parsed_args: argparse.Namespace) -> Callable[[Finding], bool]:
    """Return what tells whether a finding is shown."""
    show = parsed_args.show or ("problems" if parsed_args.all else "all")
    return lambda finding: show == "all" or finding.status in (Status.WARN, Status.FAIL)


def services(parsed_args: argparse.Namespace) -> list[naming.ServiceRef]:
    """Return the services that were given, each once.

    Raises UsageError.
    """
    if parsed_args.all and parsed_args.services:
        raise UsageError("give services or --all, not both")
    if not (parsed_args.all or parsed_args.services):
        raise UsageError("the following arguments are required: <service>, or --all")
    namespace = parsed_args.namespace or naming.DEFAULT_NAMESPACE
    refs = (naming.parse_service(service, namespace) for service in parsed_args.services)
    return list(dict.fromkeys(refs))


def expectations(parsed_args: argparse.Namespace) -> Expectations:
    return Expectations(
        ports=tuple(parsed_args.ports),
        members=parsed_args.members,
        addresses=tuple(parsed_args.addresses),
        source=parsed_args.source,
    )
