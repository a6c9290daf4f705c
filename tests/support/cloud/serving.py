# SPDX-License-Identifier: Apache-2.0

"""Serves one copy of the prepared cloud until it is told to stop."""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.cloud import prepared, servers, warmup
from tests.support.cloud.settings import CATALOGUE_TYPES, SERVERS, Settings


def serve(
    state: Path,
    address: str,
    ports: Mapping[str, int],
    counts: Mapping[str, int],
    provider: str,
) -> None:
    """Serve until a signal ends the process.

    ``clouds.yaml`` and then ``ready`` appear in the state directory when all servers answer.

    :param state: a directory of this cloud alone, made if missing.
    :param address: the IP address to listen on.
    :param ports: the port of each server; 0 picks a free one.
    :param counts: of how many processes a server consists, if not of one.
    :param provider: who moves the packets, one of `providers.NAMES`.
    :raises Failed: a server did not start, or ended.
    """
    ready = state / "ready"
    ready.unlink(missing_ok=True)
    source = prepared.ensure(provider)
    shutil.copytree(prepared.state(source), state, dirs_exist_ok=True)
    os.environ.setdefault("LAB_AMPHORA_DIR", str(state / "amphora"))
    with _listening(address, ports) as sockets:
        urls = {name: servers.url(opened) for name, opened in sockets.items()}
        settings = Settings(state, urls, counts, provider)
        _point_catalogue(settings)
        servers.import_shared()
        with (
            settings.adaptation().beside(state) as beside,
            servers.running(settings, sockets) as started,
            _removed_at_end(ready),
        ):
            started.start()
            warmup.warm_up(settings)
            settings.write_clouds()
            new = state / "ready.new"
            new.write_text(json.dumps(urls) + "\n")
            new.rename(ready)
            started.watch(beside)


@contextlib.contextmanager
def _removed_at_end(path: Path) -> Iterator[None]:
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _listening(address: str, ports: Mapping[str, int]) -> Iterator[dict[str, socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(servers.listen(address, ports[name])) for name in SERVERS}


def _point_catalogue(settings: Settings) -> None:
    """Let Keystone's catalogue name the addresses of this copy."""
    with contextlib.closing(sqlite3.connect(settings.database("keystone"))) as database, database:
        for name, kind in CATALOGUE_TYPES.items():
            url = settings.authentication_url if name == "keystone" else settings.urls[name]
            database.execute(
                "UPDATE endpoint SET url = ? WHERE service_id IN "
                "(SELECT id FROM service WHERE type = ?)",
                (url, kind),
            )
