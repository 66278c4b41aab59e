"""A client for one host: what it sends, how much it reads, and what its failures are called."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any
from urllib.request import getproxies

import httpx2

from harness.adapters.remote.aiohttp_transport import CONNECT, IDLE, Transport
from harness.adapters.remote.errors import Fault
from harness.backends.addresses import problem
from harness.errors import BadInput

LARGEST = 16 * 2**20  # bytes of a reply
TIMEOUT = httpx2.Timeout(None, connect=CONNECT)  # the rest is the caller's
SENT = ("host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent")


def client(most: int, headers: Collection[str]) -> httpx2.AsyncClient:
    """Return a client that keeps up to `most` connections open and follows nobody to another host.

    Beside what HTTP needs, it sends those of the SDK's headers that are named in `headers`, and no other:
    neither what the SDK finds in the environment nor what it tells of this machine. The time limit is
    that of connecting alone.
    """
    kept = {*SENT, *headers}

    async def strip(request: httpx2.Request) -> None:
        request.headers = httpx2.Headers(
            {
                **{name: value for name, value in request.headers.items() if name in kept},
                "accept-encoding": "identity",  # a packed reply may unpack without bound
                "user-agent": "harness",
            }
        )

    async def bound(response: httpx2.Response) -> None:
        response.stream = _Bounded(response)

    # A transport of one's own knows nothing of proxies: where there are some, the client brings its own.
    return httpx2.AsyncClient(
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=IDLE),
        transport=None if getproxies() else Transport(most),
        timeout=TIMEOUT,
        event_hooks={"request": [strip], "response": [bound]},
    )


# Signs that clients take for the end of a line, and JSON does not: within a stream of events they are text.
_NO_ENDS = {b"\xc2\x85": rb"\u0085", b"\xe2\x80\xa8": rb"\u2028", b"\xe2\x80\xa9": rb"\u2029"}
_NO_END = re.compile(b"|".join(_NO_ENDS))
_BEGUN = re.compile(rb"(?:\xc2|\xe2\x80?)\Z")


class _Bounded(httpx2.AsyncByteStream):
    """The body of a reply, refused where it goes on for too long.

    Only CR and LF end a line of an event stream (WHATWG, Server-sent events); the SDKs' clients cut at
    U+0085, U+2028 and U+2029 too, so these are spelt as JSON can, which changes no text.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._stream: Any = response.stream
        self._packed = response.headers.get("content-encoding", "identity") != "identity"
        self._promised = response.headers.get("content-length", "")
        self._events = "event-stream" in response.headers.get("content-type", "")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._packed:
            raise Fault("malformed", "the reply is compressed, which was not asked for")
        if self._promised.isdecimal() and int(self._promised) > LARGEST:
            raise Fault("too_large", f"a reply of {int(self._promised) / 2**20:,.0f} MiB")
        size, begun = 0, b""
        async for chunk in self._stream:
            size += len(chunk)
            if size > LARGEST:
                raise Fault("too_large", f"a reply of more than {LARGEST / 2**20:.0f} MiB")
            whole, begun = _spelt(begun + chunk) if self._events else (chunk, b"")
            yield whole
        if begun:
            yield begun

    async def aclose(self) -> None:
        await self._stream.aclose()


def _spelt(chunk: bytes) -> tuple[bytes, bytes]:
    """Return a piece of an event stream whose only ends of lines are CR and LF, and a sign that it cuts."""
    cut = _BEGUN.search(chunk)
    whole, begun = (chunk[: cut.start()], chunk[cut.start() :]) if cut else (chunk, b"")
    return _NO_END.sub(lambda sign: _NO_ENDS[sign[0]], whole), begun


def of_transport(error: BaseException) -> Fault:
    """Return the fault behind an exception of the transport, or of an SDK that wraps one."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    for cause in causes:
        if isinstance(cause, Fault):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Fault("untrusted", cause.verify_message)
    words = str(causes[-1]) or type(causes[-1]).__name__
    if any(isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout)) for cause in causes):
        handshake = any(isinstance(cause, ssl.SSLError) for cause in causes)
        return Fault("connection" if handshake else "unreachable", f"cannot connect: {words}")
    if any(isinstance(cause, httpx2.TimeoutException) for cause in causes):
        return Fault("timeout", words)
    return Fault("connection", f"the connection broke: {words}")


def endpoint(settings: Mapping[str, Any], usual: str) -> str:
    """Return the address to ask, without a slash at its end.

    Raises:
        BadInput: it is no http(s) address, or holds a password.
    """
    address = str(settings.get("base_url") or usual).rstrip("/")
    if wrong := problem(address):
        raise BadInput(wrong)
    return address
