# SPDX-License-Identifier: Apache-2.0

"""Lets servers that were written for row locks run on SQLite with several threads."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection, Engine

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Thread(threading.local):
    reading = False
    writer: Connection | None = None


_thread = _Thread()


def _begin(connection: Connection) -> None:
    """Take the write lock at once, unless the thread only reads or holds the lock already.

    oslo.db begins deferred transactions. One that reads first and writes after another thread's
    commit fails with "database is locked", whatever its timeout; one that asks for the lock at
    its beginning waits. A second session of a thread that holds the lock would wait for itself.
    """
    if connection.dialect.name != "sqlite" or _thread.reading or _thread.writer is not None:
        return
    _thread.writer = connection
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.info["in_transaction"] = True  # so oslo.db leaves out its own BEGIN


def _end(connection: Connection) -> None:
    if _thread.writer is connection:
        _thread.writer = None


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Let this thread take no write lock for a while: in WAL mode it waits for nobody then."""
    before, _thread.reading = _thread.reading, True
    try:
        yield
    finally:
        _thread.reading = before


def only_read() -> None:
    """Let no thread of this process take the write lock."""
    _Thread.reading = True


sqlalchemy.event.listen(Engine, "begin", _begin)
sqlalchemy.event.listen(Engine, "commit", _end)
sqlalchemy.event.listen(Engine, "rollback", _end)


def readers_do_not_lock(application: Application) -> Application:
    """Wrap a WSGI application: GET and HEAD read only, and in WAL mode wait for nobody.

    Octavia writes a quota down when somebody first reads it.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        _thread.reading = reads and "/quotas" not in environ["PATH_INFO"]
        _thread.writer = None
        return application(environ, start_response)

    return wrapped
