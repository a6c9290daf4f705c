# SPDX-License-Identifier: Apache-2.0

"""``python -m tests.support.cloud prepare | serve | render-static``."""

import argparse
import os
import signal
import sys
from pathlib import Path

from tests.support.cloud import PYTHON, providers


def main() -> int:
    """Run the command line and return the exit status."""
    arguments = _parse()
    _change_interpreter()
    from tests.support.cloud import prepared, processes, serving
    from tests.support.cloud.settings import SERVERS, STANDARD_PORTS

    if arguments.die_with:
        processes.die_with(arguments.die_with, signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if arguments.command == "prepare":
            prepared.ensure(arguments.provider)
        elif arguments.command == "serve":
            base = arguments.port_base
            ports = {name: base + i if base else 0 for i, name in enumerate(SERVERS)}
            serving.serve(
                arguments.state.resolve(),
                arguments.address,
                STANDARD_PORTS if arguments.standard_ports else ports,
                {"octavia": arguments.octavia_processes},
                arguments.provider,
            )
        else:
            from tests.support.cloud import render

            render.write_static(arguments.directory)
    except processes.Failed as failure:
        print(f"cloud: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.cloud", description=__doc__)
    parser.set_defaults(die_with=None)
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="make databases and keys, unless they are there")
    serve = commands.add_parser("serve", help="run the servers until SIGTERM")
    for command in (prepare, serve):
        command.add_argument(
            "--provider",
            choices=providers.NAMES,
            default=providers.AMPHORA,
            metavar="<provider>",
            help="who moves the packets: %(choices)s (default: %(default)s)",
        )
    serve.add_argument("--state", type=Path, required=True, metavar="<directory>")
    serve.add_argument("--address", default="127.0.0.1", metavar="<ip-address>")
    serve.add_argument(
        "--port-base",
        type=int,
        metavar="<port>",
        help="the first of three ports in a row (default: free ones)",
    )
    serve.add_argument("--standard-ports", action="store_true", help="5000, 9696 and 9876")
    serve.add_argument("--octavia-processes", type=int, default=1, metavar="<number>")
    serve.add_argument(
        "--die-with", type=int, metavar="<pid>", help="stop when this parent process ends"
    )
    static = commands.add_parser(
        "render-static", help="write the walkthrough's data path configuration"
    )
    static.add_argument("directory", type=Path, metavar="<directory>")
    return parser.parse_args()


def _change_interpreter() -> None:
    """Go on under the interpreter that has the servers installed."""
    if Path(sys.prefix) == PYTHON.parents[1]:
        return
    if not PYTHON.exists():
        sys.exit(f"cloud: {PYTHON} is missing: install tests/support/cloud/requirements.txt there")
    os.execv(PYTHON, [str(PYTHON), "-m", "tests.support.cloud", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
