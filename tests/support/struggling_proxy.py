# SPDX-License-Identifier: Apache-2.0

"""An HTTP proxy in front of the real APIs: it counts requests, and lets some of them suffer.

The URLs in the answers, as in Keystone's catalogue, lead back to the proxy.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.cloud import Cloud

SLOW = 5.0  # seconds
_TIMEOUT = 60.0
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

Trouble = Callable[["_Handler", bytes], None]


def unavailable(handler: "_Handler", body: bytes) -> None:
    """Answer 503 in place of the API."""
    del body
    handler.send_response(503)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def slow(handler: "_Handler", body: bytes) -> None:
    """Hand the request on after a while."""
    handler.server.stopping.wait(SLOW)
    handler.hand_on(body)


def silent(handler: "_Handler", body: bytes) -> None:
    """Never answer."""
    del body
    handler.server.stopping.wait(_TIMEOUT)
    handler.close_connection = True


def cut(handler: "_Handler", body: bytes) -> None:
    """Close the connection without an answer."""
    del body
    handler.close_connection = True


def cut_midway(handler: "_Handler", body: bytes) -> None:
    """Close the connection in the middle of the answer."""
    handler.hand_on(body, share=0.5)
    handler.close_connection = True


def expired_token(handler: "_Handler", body: bytes) -> None:
    """Let the API refuse the token."""
    if "X-Auth-Token" in handler.headers:
        handler.headers.replace_header("X-Auth-Token", "expired")
    handler.hand_on(body)


def moved(handler: "_Handler", body: bytes) -> None:
    """Send the client to the proxy that `moved_to` has for this API."""
    del body
    server = handler.server
    handler.send_response(301)
    handler.send_header("Location", f"{server.proxy.moved_to[server.upstream]}{handler.path}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@dataclass(frozen=True)
class Front:
    """How a proxy presents an API: over TLS, under a path, and with what end in the catalogue."""

    tls: ssl.SSLContext | None = None
    path: str = ""
    published: str = ""


@dataclass
class StrugglingProxy:
    """The proxies of all three APIs. `trouble` is asked for each request's number and path."""

    environ: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    moved_to: dict[str, str] = field(default_factory=dict)
    connections: list[str] = field(default_factory=list)
    """The name of the API of each connection that was opened."""
    requests: list[str] = field(default_factory=list)
    trouble: Callable[[int, str], Trouble | None] = lambda number, path: None
    replaced: dict[bytes, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: StrugglingProxy, name: str, upstream: str, front: Front) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy, self.name, self.path = proxy, name, front.path
        self.upstream = urlsplit(upstream).netloc
        self.stopping = threading.Event()
        scheme = "https" if front.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}{front.path}"
        if front.tls:
            # The handshake is left to the thread that serves the connection.
            self.socket = front.tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def get_request(self) -> Any:
        accepted = super().get_request()
        self.proxy.connections.append(self.name)
        return accepted

    def handle_error(self, *_: object) -> None:
        """Keep the tests' output clean of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._api = http.client.HTTPConnection(self.server.upstream, timeout=_TIMEOUT)

    def finish(self) -> None:
        self._api.close()
        super().finish()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with proxy.lock:
            proxy.requests.append(f"{self.command} {self.path}")
            number = len(proxy.requests)
        trouble = proxy.trouble(number, self.path)
        if trouble:
            trouble(self, body)
        else:
            self.hand_on(body)

    def hand_on(self, body: bytes, share: float = 1.0) -> None:
        """Ask the API, and answer as it does, with a share of its body."""
        headers = {key: value for key, value in self.headers.items() if key != "Host"}
        headers.pop("Accept-Encoding", None)
        self._api.request(self.command, self.path.removeprefix(self.server.path), body, headers)
        answer = self._api.getresponse()
        content = answer.read()
        for real, ours in self.server.proxy.replaced.items():
            content = content.replace(real, ours)
        self.send_response_only(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in _HOP_BY_HOP:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: int(len(content) * share)])

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def in_front_of(
    cloud: Cloud, directory: Path, user: str = "kuryr", **fronts: Front
) -> Iterator[StrugglingProxy]:
    """Run a proxy of each of the cloud's APIs; its clouds.yaml goes to `directory`.

    `fronts` are by the name of the API: keystone, neutron, octavia.
    """
    proxy = StrugglingProxy()
    clouds = (cloud.state / "clouds.yaml").read_text()
    with ExitStack() as stack:
        for name, upstream in cloud.urls.items():
            front = fronts.get(name, Front())
            server = stack.enter_context(_Server(proxy, name, upstream, front))
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.stopping.set)
            proxy.urls[name] = server.url
            # Only the catalogue has it without a path.
            proxy.replaced[f'{upstream}"'.encode()] = f'{server.url}{front.published}"'.encode()
            proxy.replaced[upstream.encode()] = server.url.encode()
            clouds = clouds.replace(upstream, server.url)
        path = directory / "struggling-clouds.yaml"
        path.write_text(clouds)
        proxy.environ = {"OS_CLIENT_CONFIG_FILE": str(path), "OS_CLOUD": user}
        yield proxy
