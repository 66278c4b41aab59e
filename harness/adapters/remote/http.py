"""HTTP/1.1 to one host, by aiohttp: what is sent, how much is read, and what failures are called.

Nothing is followed to another host, and no cookie, `.netrc` or packed reply has a part in it. A call costs a
quarter of a millisecond here, a tenth of what a service's own client takes for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import aiohttp
import orjson
from yarl import URL

from harness.adapters.remote import errors as faults
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.proxies import proxy_for
from harness.backends.addresses import named, problem
from harness.errors import BadInput

LARGEST = 16 * 2**20  # bytes of a reply
CONNECT = 10.0  # seconds that connecting may take; the rest is the caller's
BEHIND = 0.05  # seconds until a body that was left before its end is cut off
IDLE = 30.0  # seconds after which an unused connection is closed
SENT = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # a packed reply may unpack without bound
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "User-Agent": "harness",
}


class Client:
    """Posts JSON to one host, and keeps up to `most` connections to it open."""

    def __init__(self, base: str, most: int, headers: Mapping[str, str] | None = None) -> None:
        """`headers` go along with those of `SENT`; nothing that the environment holds does but its proxies.

        Raises:
            BadInput: the environment names a proxy that is not spoken.
        """
        self.base, self._most = base, most
        self._headers = {**SENT, **(headers or {})}
        self._proxy = proxy_for(base)
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Return the server's reply, its head read; the caller reads or closes it.

        Raises:
            Fault: there is none.
        """
        session = self._session = self._session or self._opened()
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = URL(self.base + path)
        await asyncio.sleep(0)  # where the loop stood still, it hears now of what the server has closed
        try:
            response = await session.post(
                url, data=packed(body), headers=self._headers, allow_redirects=False, proxy=self._proxy
            )
        except (aiohttp.ClientError, OSError) as error:
            raise of_transport(error) from None
        return Reply(response)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        """Return a session, which belongs to the loop that turns now."""
        secure = self.base.startswith("https:") or (self._proxy or "").startswith("https:")
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._most, keepalive_timeout=IDLE, ssl=_trusted() if secure else True
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )


class Clients:
    """A client for each server of a backend, all with the same headers."""

    def __init__(self, addresses: Iterable[str], most: int, headers: Mapping[str, str] | None = None) -> None:
        """Connect to none yet; up to `most` connections to each are kept."""
        self._clients = {address: Client(address, most, headers) for address in addresses}

    async def post(self, address: str, path: str, body: Mapping[str, Any]) -> Reply:
        """Return the reply of the server at `address`, as `Client.post` does."""
        return await self._clients[address].post(path, body)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.close()


class Reply:
    """A reply whose head was read: `status`, `headers` (by names in any case), and a body of bounded size."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response, self._size = response, 0

    async def read(self) -> bytes:
        """Return the whole body; the connection is free for the next call then.

        Raises:
            Fault: it is too large or packed, or breaks off.
        """
        try:
            self._check_head()
            pieces = []
            while piece := await self._piece():
                pieces.append(piece)
        except BaseException:
            self._response.close()
            raise
        self._response.release()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the data of each event of a stream (text/event-stream): the rest of a `data:` line.

        Only CR and LF end a line (WHATWG, Server-sent events), and never U+2028 within a text.

        Raises:
            Fault: it is too large or packed, or breaks off.
        """
        self._check_head()
        rest = b""
        while chunk := await self._piece():
            *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in whole:
                if line.startswith(b"data:"):
                    yield line[5:].strip()
        if rest.startswith(b"data:"):
            yield rest[5:].strip()

    async def close(self) -> None:
        """Let go of a body, read to its end or not; the connection is kept where it ends by now."""
        content = self._response.content
        if not content.at_eof():  # the end of a stream may come right behind its last event
            with contextlib.suppress(OSError, aiohttp.ClientError):
                async with asyncio.timeout(BEHIND):
                    await content.readany()
        if content.at_eof():
            self._response.release()
        else:
            self._response.close()

    def _check_head(self) -> None:
        """Raise a Fault where the head says that the body is not to be read."""
        if self.headers.get("Content-Encoding", "identity") != "identity":
            raise Fault("malformed", "the reply is compressed, which was not asked for")
        promised = self._response.content_length or 0
        if promised > LARGEST:
            raise Fault("too_large", f"a reply of {promised / 2**20:,.0f} MiB")

    async def _piece(self) -> bytes:
        """Return what has come of the body since the last piece, nothing at its end."""
        try:
            piece: bytes = await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise of_transport(error) from None
        self._size += len(piece)
        if self._size > LARGEST:
            raise Fault("too_large", f"a reply of more than {LARGEST / 2**20:.0f} MiB")
        return piece


def packed(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON; half a surrogate pair and a number beyond 64 bits are spelt as JSON can."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()


def of_transport(error: BaseException) -> Fault:
    """Return the fault behind an exception of the transport."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        wrong = error.certificate_error
        return Fault("untrusted", getattr(wrong, "verify_message", "") or str(wrong))
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Fault("unreachable", f"cannot connect: no connection within {CONNECT:g} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        handshake = isinstance(error, aiohttp.ClientConnectorSSLError)
        return Fault("connection" if handshake else "unreachable", f"cannot connect: {error.os_error}")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        fault = faults.of_status(error.status, error.headers or {}, error.message)
        return Fault(fault.kind, f"the proxy: {fault.message}", fault.hold)
    return Fault("connection", f"the connection broke: {error or type(error).__name__}")


def endpoints(settings: Mapping[str, Any], usual: str) -> tuple[str, ...]:
    """Return the addresses to ask, each of one server of the backend, without a slash at their ends.

    Raises:
        BadInput: one is no http(s) address, or holds a password.
    """
    found = named(settings.get("base_url")) or (usual,)
    for address in found:
        if wrong := problem(address):
            raise BadInput(wrong)
    return found


def _trusted() -> ssl.SSLContext:
    """Return whom to trust: SSL_CERT_FILE or SSL_CERT_DIR, else the system, else certifi's list."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
    context = ssl.create_default_context()
    places = ssl.get_default_verify_paths()
    if not (places.cafile or places.capath or context.cert_store_stats()["x509_ca"]):
        with contextlib.suppress(ImportError):
            import certifi

            context.load_verify_locations(certifi.where())
    return context
