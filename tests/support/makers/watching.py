# SPDX-License-Identifier: Apache-2.0

"""Asks every second what `verify` and `list` say of services that a maker is at work on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.errors import KuryrSctpError
from kuryrsctp.verifier.bulk import ServiceResult
from kuryrsctp.verifier.report import Finding, Status
from tests.support.cloud import ROOT

EVIDENCE = ROOT / ".lab" / "evidence"
_INTERVAL = 1.0  # seconds
_ODD = (Status.WARN, Status.FAIL)


_LOOK_TIMEOUT = 120.0  # seconds for one look at all services
_STILL = 8  # looks without a difference, after which a maker is taken to have finished


@dataclass(frozen=True)
class Moment:
    """What was said of one service, alone and among all, and what the list showed of it.

    `seconds` are since the watch began; `error` is why one of the ways could not judge it.
    """

    seconds: float
    phase: str
    service: str
    rows: tuple[Finding, ...]
    listed: str
    error: str = ""

    def has(self, check: str, status: Status) -> bool:
        """Tell whether a check had a status in one of the ways."""
        return any((row.check, row.status) == (check, status) for row in self.rows)

    @property
    def odd(self) -> set[str]:
        """The checks that failed or warned in one of the ways."""
        return {row.check for row in self.rows if row.status in _ODD}

    @property
    def failed(self) -> set[str]:
        """The checks that failed in one of the ways."""
        return {row.check for row in self.rows if row.status is Status.FAIL}

    @property
    def is_well(self) -> bool:
        """Tell whether every way found something to check, and nothing odd."""
        statuses = {row.status for row in self.rows}
        return not self.error and Status.OK in statuses and statuses.isdisjoint(_ODD)

    def __str__(self) -> str:
        odd = dict.fromkeys(
            f"{row.status.value} {row.check} {row.resource}: {row.detail}"
            for row in self.rows
            if row.status in _ODD
        )
        ok = sum(row.status is Status.OK for row in self.rows)
        words = [self.error] if self.error else list(odd) or [f"well ({ok} rows OK)"]
        first = f"{self.seconds:6.1f} s  {self.phase:<24} {self.service:<24} {self.listed:<20} "
        return first + ("\n" + " " * len(first)).join(words)


class Watch:
    """A watch over some services; use it in a ``with`` statement."""

    def __init__(self, connection: Connection, services: list[str], evidence: str) -> None:
        self.moments: list[Moment] = []
        self._connection, self._services = connection, services
        self._path = EVIDENCE / f"{evidence}.txt"
        self._phase = "begin"
        self._started = time.monotonic()
        self._stopping = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(_LOOK_TIMEOUT)
        write(self._path, self.moments)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Call what is seen from now on by a name."""
        self._phase = name
        self.see_once()
        yield
        self.see_once()

    def see_once(self) -> list[Moment]:
        """Wait until all services were looked at from now on; return what was seen."""
        first = len(self.moments) + len(self._services)  # a look may be under way
        self._wait(first + len(self._services))
        return self.moments[first : first + len(self._services)]

    def wait_until_well(self, timeout: float) -> None:
        """Wait until nothing odd is said of any service; raise TimeoutError."""
        self.wait_for(lambda moment: moment.is_well, timeout)

    def wait_until_still(self, timeout: float) -> None:
        """Wait until nothing odd is said, and nothing has changed for some looks."""
        looks: list[list[tuple[Finding, ...]]] = []

        def is_still() -> bool:
            seen = self.see_once()
            looks.append([moment.rows for moment in seen])
            last = looks[-_STILL:]
            same = len(last) == _STILL and all(look == last[0] for look in last)
            return same and all(moment.is_well for moment in seen)

        self._wait_until(is_still, timeout)

    def wait_for(self, wanted: Callable[[Moment], bool], timeout: float) -> None:
        """Wait until the last look at each service is as wanted.

        :param timeout: seconds.
        :raises TimeoutError: it does not become so.
        """
        self._wait_until(lambda: all(map(wanted, self.see_once())), timeout)

    def _wait_until(self, reached: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not reached():
            if time.monotonic() > deadline:
                seen = self.moments[-len(self._services) :]
                raise TimeoutError("\n".join(["not reached:", *map(str, seen)]))

    def _wait(self, number: int) -> None:
        deadline = time.monotonic() + _LOOK_TIMEOUT
        while len(self.moments) < number:
            if self._error is not None:
                raise RuntimeError("the watch ended") from self._error
            if time.monotonic() > deadline:
                raise TimeoutError(f"no look at the services within {_LOOK_TIMEOUT:.0f} s")
            time.sleep(_INTERVAL / 10)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._look()
                self._stopping.wait(max(0.0, _INTERVAL - (time.monotonic() - began)))
        except Exception as error:  # the test that waits is told
            self._error = error

    def _look(self) -> None:
        phase, connection = self._phase, self._connection
        seconds = time.monotonic() - self._started
        of_all = {_plain(result.name): result for result in kuryrsctp.verify_all(connection)}
        listed = {_plain(row.name): row for row in kuryrsctp.list_services(connection)}
        new = []
        for service in self._services:
            rows, error = self._rows(service, of_all.get(service))
            row = listed.get(service)
            counts = row.member_counts if row else ()
            shown = f"{len(counts)} ports, {sum(filter(None, counts))} members"
            new.append(Moment(seconds, phase, service, rows, shown, error))
        self.moments += new

    def _rows(self, service: str, of_all: ServiceResult | None) -> tuple[tuple[Finding, ...], str]:
        try:
            rows = tuple(kuryrsctp.verify(self._connection, service).findings)
        except KuryrSctpError as error:
            return (), f"verify: {error}"
        if of_all is None:
            return rows, ""
        if of_all.report is None:
            return rows, f"verify --all: {of_all.error}"
        return (*rows, *of_all.report.findings), ""


def _plain(name: str) -> str:
    """Return NAMESPACE/NAME: only one cluster has these services."""
    return name.rpartition(":")[2]


def write(path: Path, moments: list[Moment]) -> None:
    """Keep what was seen, as evidence: a line for each look at a service."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*map(str, moments), ""]))
