"""A loopback HTTP server whose answers a test writes down: whole, broken, slow or wrong.

    with Server() as server:
        server.answer("/data.tsv", status(500), whole(b"..."))
        fetch(server.url + "/data.tsv")
        assert len(server.seen) == 2

The answers of a path are given one after the other, and the last one again and again. An answer is
a function of the handler, so a test may bring its own.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Seen:
    """One request as the server saw it; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Handler(BaseHTTPRequestHandler):
    """Looks up what the test wrote down for the path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes; the second would wait 40 ms
    server: _Listener

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(self.headers.get("Content-Length") or 0)
        request = Seen(self.command, self.path, headers, self.rfile.read(length))
        answer = self.server.owner.next_answer(request)
        try:
            answer(self)
        except OSError:
            # The client has left, which is what some tests are about.
            self.close_connection = True

    # http.server asks for these names.
    do_GET = do_HEAD = do_POST = _handle  # noqa: N815

    def start(self, code: int, **headers: str | int) -> None:
        """Send the status and the headers; `_` stands for `-` in a header's name."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, body: bytes) -> None:
        """Send a body, except in answer to HEAD."""
        if self.command != "HEAD":
            self.wfile.write(body)

    def pause(self, seconds: float) -> bool:
        """Wait, and return whether the server goes on: a test that ends must not wait for us."""
        return not self.server.owner.stopped.wait(seconds)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: broken connections are on purpose."""


Answer = Callable[[Handler], None]


class Server:
    """An HTTP server on a free loopback port; with `tls`, the paths of a certificate and its key."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.seen: list[Seen] = []
        self.stopped = threading.Event()
        self._answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", 0), Handler)
        self._http.owner = self
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def answer(self, path: str, *answers: Answer) -> str:
        """Write down the answers of `path`, from here on, and return its url."""
        with self._lock:
            self._answers[path] = list(answers)
        return self.url + path

    def count(self, path: str, method: str = "GET") -> int:
        """Return how often `path` was asked for."""
        return sum(urlsplit(seen.path).path == path and seen.method == method for seen in list(self.seen))

    def next_answer(self, request: Seen) -> Answer:
        """Note the request and return what it gets."""
        with self._lock:
            self.seen.append(request)
            answers = self._answers.get(urlsplit(request.path).path, [])
            if not answers:
                return status(404)
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()


def whole(body: bytes, **headers: str | int) -> Answer:
    """Return the whole body."""

    def answer(handler: Handler) -> None:
        handler.start(200, **{"Content_Length": len(body), **headers})
        handler.send(body)

    return answer


def chunked(body: bytes, end: bool = True) -> Answer:
    """Return the body without its length, in one chunk; without `end`, the last word is missing."""

    def answer(handler: Handler) -> None:
        handler.start(200, Transfer_Encoding="chunked")
        handler.send(b"%x\r\n%s\r\n" % (len(body), body))
        if end:
            handler.send(b"0\r\n\r\n")
        handler.close_connection = True

    return answer


def truncated(body: bytes, missing: int = 1000, **headers: str | int) -> Answer:
    """Return the body, having promised `missing` bytes more, and hang up."""

    def answer(handler: Handler) -> None:
        handler.start(200, **{"Content_Length": len(body) + missing, **headers})
        handler.send(body)
        handler.close_connection = True

    return answer


def status(code: int, body: bytes = b"", **headers: str | int) -> Answer:
    """Return a status."""

    def answer(handler: Handler) -> None:
        handler.start(code, **{"Content_Length": len(body), **headers})
        handler.send(body)

    return answer


def redirect(to: str, code: int = 302) -> Answer:
    """Send the client elsewhere."""
    return status(code, Location=to)


def stall(body: bytes = b"", promised: int = 1_000_000) -> Answer:
    """Return the beginning of a body and then nothing, without hanging up."""

    def answer(handler: Handler) -> None:
        handler.start(200, Content_Length=len(body) + promised)
        handler.send(body)
        handler.pause(60)
        handler.close_connection = True

    return answer


def drip(every: float = 0.02, promised: int = 1_000_000) -> Answer:
    """Return a body one byte at a time, for ever."""

    def answer(handler: Handler) -> None:
        handler.start(200, Content_Length=promised)
        while handler.pause(every):
            handler.send(b"x")

    return answer


def drip_headers(every: float = 0.02) -> Answer:
    """Return a header one byte at a time, for ever: no answer ever comes."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while handler.pause(every):
            handler.wfile.write(b"x")

    return answer


def silence(seconds: float = 60) -> Answer:
    """Say nothing at all."""

    def answer(handler: Handler) -> None:
        handler.pause(seconds)
        handler.close_connection = True

    return answer


def raw(text: bytes) -> Answer:
    """Send these very bytes, status line and headers included."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(text)
        handler.close_connection = True

    return answer


def reset(body: bytes | None = None) -> Answer:
    """Reset the connection: at once, or after the beginning of a body."""

    def answer(handler: Handler) -> None:
        if body is not None:
            handler.start(200, Content_Length=len(body) + 1000)
            handler.send(body)
        # Closing with no time to linger sends RST; detached, because the file objects of the
        # handler would keep the socket open.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(handler.connection.detach())
        handler.close_connection = True

    return answer
