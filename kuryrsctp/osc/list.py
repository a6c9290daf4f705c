# SPDX-License-Identifier: Apache-2.0

"""The command `openstack kuryr sctp list`."""

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kuryrsctp.osc import argtypes
from kuryrsctp.osc.base import PlainColumn, VerdictLister
from kuryrsctp.osc.exit_codes import ExitCode

if TYPE_CHECKING:
    from kuryrsctp.cloud.inventory import ListedService

_COLUMNS = ("Service", "Cluster", "VIP", "Ports", "Members", "Provider", "Status")
_LONG_COLUMNS = (
    *_COLUMNS,
    "Operating Status",
    "Admin State",
    "Made By",
    "Project",
    "ID",
    "Load Balancer",
)

_EPILOG = """\
Exit status: 0 the list is complete, 1 it could not be read, 2 usage. The services
are not checked: `openstack kuryr sctp verify --all` does that.

Examples::

  openstack kuryr sctp list
  openstack kuryr sctp list --namespace core --long
  openstack kuryr sctp list -f json -c Service -c VIP
"""


class Numbers(PlainColumn):
    """A number for each SCTP port of a service; None stands for a port without a pool."""

    def human_readable(self) -> str:
        """Return the numbers in one line."""
        return ", ".join("none" if number is None else str(number) for number in self._value)


class List(VerdictLister):
    """List the SCTP services that Octavia has load balancers for

    Services that share a load balancer have a row each. Where the name does not tell
    which Service it is, the load balancer's ID is shown, and --long shows its name.
    All VIPs of a load balancer
    are listed. Members are counted for each port, in the order of the ports. The
    cluster is shown where the maker of the load balancer tells it:
    cloud-provider-openstack does, Kuryr does not.
    """

    epilog = _EPILOG

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--project", metavar="<project>", help="Only services of this project (name or ID)"
        )
        parser.add_argument(
            "--namespace",
            metavar="<namespace>",
            type=argtypes.namespace,
            help="Only services of this Kubernetes namespace",
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="Show more states, the maker, project, ID and name of the load balancer",
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterable[tuple[Any, ...]]]:
        """Read the services."""
        from kuryrsctp.cloud.calls import Cloud
        from kuryrsctp.cloud.deadline import LISTS_TIMEOUT
        from kuryrsctp.cloud.inventory import Inventory, listed

        with self.connection() as connection:
            cloud = Cloud(connection, LISTS_TIMEOUT)
            inventory = Inventory(
                cloud, project=parsed_args.project, namespace=parsed_args.namespace
            )
            try:
                with self.reading_progress(parsed_args) as on_progress:
                    inventory.read(on_progress)
            except KeyboardInterrupt:
                # What was read by then is still printed.
                self.exit_code = ExitCode.INTERRUPTED
            services = listed(inventory.services())
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return columns, (_row(service)[: len(columns)] for service in services)


def _row(service: "ListedService") -> tuple[Any, ...]:
    load_balancer = service.load_balancer
    return (
        service.name,
        service.cluster,
        ", ".join(vip.address for vip in load_balancer.vips),
        Numbers(list(service.ports)),
        Numbers(list(service.member_counts)),
        load_balancer.provider,
        load_balancer.provisioning_status,
        load_balancer.operating_status,
        "up" if load_balancer.admin_state_up else "down",
        service.maker,
        load_balancer.project_id,
        load_balancer.id,
        load_balancer.name,
    )
