# SPDX-License-Identifier: Apache-2.0

"""A fake Keystone and Octavia, for faults that the real ones cannot be brought to show.

It answers as its `lists` say, until a fault is put in the way of a path.
"""

import itertools
import json
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Fault = Callable[["_Handler"], None]
Body = dict[str, Any]

OCTAVIA = "/load-balancer/v2.0"
KEYSTONE = "/v3"

_POLL_INTERVAL = 0.05  # seconds


def status(code: int, body: object = None, kind: str = "application/json", **headers: str) -> Fault:
    """Answer with an HTTP status, and a body as Octavia words its errors."""
    body = {"faultcode": "Client", "faultstring": "said by the fake"} if body is None else body
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler: handler.answer(code, raw, kind, **headers)


def silence(handler: "_Handler") -> None:
    """Never answer, until the client gives up or the fake is stopped."""
    begun = time.monotonic()
    while not handler.server.stopping.is_set():
        if select.select([handler.connection], [], [], _POLL_INTERVAL)[0]:
            handler.server.api.silences.append(time.monotonic() - begun)
            break
    handler.close_connection = True


def drop(handler: "_Handler") -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def raw(answer: bytes) -> Fault:
    """Answer with these bytes, which need not be HTTP."""

    def serve(handler: "_Handler") -> None:
        handler.wfile.write(answer)
        handler.close_connection = True

    return serve


def at_first(times: int, fault: Fault) -> Fault:
    """Put the fault in the way of the first requests only."""
    left = iter(range(times))

    def serve(handler: "_Handler") -> None:
        if next(left, None) is None:
            handler.answer_well()
        else:
            fault(handler)

    return serve


@dataclass
class FakeApi:
    """Both APIs on one port: `/v3` is Keystone, `/load-balancer` is Octavia."""

    url: str
    lists: dict[str, list[Body]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """When each of the requests came, in seconds on the monotonic clock."""
    silences: list[float] = field(default_factory=list)
    """Seconds after which clients gave up waiting for an answer."""

    def gaps(self, request: str) -> list[float]:
        """Return the seconds from each of the requests of one kind to the next."""
        times = [
            when for name, when in zip(self.requests, self.times, strict=True) if name == request
        ]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def environ(self, **overrides: str) -> dict[str, str]:
        """Return the variables that make a client use it."""
        return {
            "OS_AUTH_URL": f"{self.url}{KEYSTONE}",
            "OS_USERNAME": "kuryr",
            "OS_PASSWORD": "not-to-be-shown",
            "OS_PROJECT_NAME": "kubernetes",
            "OS_USER_DOMAIN_ID": "default",
            "OS_PROJECT_DOMAIN_ID": "default",
        } | overrides

    def hold(self, load_balancer: Body, listener: Body, pool: Body, *members: Body) -> None:
        """Hold one load balancer with one listener, its pool, and its members."""
        self.lists = {
            "/lbaas/loadbalancers": [load_balancer],
            "/lbaas/listeners": [listener],
            "/lbaas/pools": [pool],
            f"/lbaas/pools/{pool['id']}/members": list(members),
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stopping = threading.Event()
        self.api = FakeApi(f"http://127.0.0.1:{self.server_port}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._serve()

    def _serve(self) -> None:
        api, path = self.server.api, urlsplit(self.path).path
        api.requests.append(f"{self.command} {path}")
        api.times.append(time.monotonic())
        for start, fault in api.faults.items():
            if path.startswith(start):
                return fault(self)
        return self.answer_well()

    def answer_well(self) -> None:
        url, path = self.server.api.url, urlsplit(self.path).path
        if path == f"{KEYSTONE}/auth/tokens":
            self.answer(201, json.dumps(_token(url)).encode(), X_Subject_Token="t")
        elif path.startswith(KEYSTONE):
            version = {"id": "v3.14", "status": "stable", "links": [_link(f"{url}{KEYSTONE}")]}
            self.answer(200, json.dumps({"version": version}).encode())
        elif path.startswith(OCTAVIA):
            self._hand_out(path.removeprefix(OCTAVIA))
        else:
            self.answer(404, b"{}")

    def _hand_out(self, path: str) -> None:
        lists = self.server.api.lists
        above, _, last = path.rpartition("/")
        if path in lists:
            names = parse_qs(urlsplit(self.path).query).get("name")
            kept = [row for row in lists[path] if not names or row["name"] in names]
            return self.answer(200, json.dumps({last: kept}).encode())
        for row in lists.get(above, []):
            if row["id"] == last:
                kind = above.rpartition("/")[2].removesuffix("s")
                return self.answer(200, json.dumps({kind: row}).encode())
        return self.answer(404, json.dumps({"faultstring": f"{last} not found."}).encode())

    def answer(
        self, code: int, body: bytes, kind: str = "application/json", **headers: str
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


def _link(url: str) -> Body:
    return {"rel": "self", "href": url}


def _token(url: str) -> Body:
    endpoint = {
        "id": "e",
        "interface": "public",
        "region": "RegionOne",
        "region_id": "RegionOne",
        "url": f"{url}/load-balancer",
    }
    return {
        "token": {
            "methods": ["password"],
            "user": {"id": "u", "name": "kuryr", "domain": {"id": "default", "name": "Default"}},
            "project": {
                "id": "p",
                "name": "kubernetes",
                "domain": {"id": "default", "name": "Default"},
            },
            "roles": [],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "catalog": [
                {"id": "c", "type": "load-balancer", "name": "octavia", "endpoints": [endpoint]}
            ],
        }
    }


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    """Run the fake on a free port of this host."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.api
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
