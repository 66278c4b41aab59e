"""HTTP/1.1 for the SDKs' clients, spoken by aiohttp: a call costs 2 ms of CPU where it cost 3.

Their own transport looks at every idle connection at every call, and parses in Python.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import aiohttp
import httpx2

CONNECT = 10.0  # seconds that connecting may take
BEHIND = 0.05  # seconds until a body that was left before its end is cut off
IDLE = 30.0  # seconds after which an unused connection is closed


class Transport(httpx2.AsyncBaseTransport):
    """Keeps up to `most` connections open. It knows no proxy, no cookie and no `.netrc`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response, its head read.

        Raises:
            httpx2.TransportError: there is none.
        """
        self._session = self._session or self._opened()
        await asyncio.sleep(0)  # where the loop stood still, it hears now of what the server has closed
        with _translated():
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
            )
        return httpx2.Response(
            response.status, headers=response.raw_headers, stream=_Body(response), request=request
        )

    def _opened(self) -> aiohttp.ClientSession:
        """Return a session, which belongs to the loop that turns now."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._most, keepalive_timeout=IDLE, ssl=httpx2.create_ssl_context()
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class _Body(httpx2.AsyncByteStream):
    """The body of a reply; one that is left before its end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        content = self._response.content
        if not content.at_eof():  # the end of a stream may come right behind its last event
            with contextlib.suppress(OSError, aiohttp.ClientError):
                async with asyncio.timeout(BEHIND):
                    await content.readany()
        if content.at_eof():
            self._response.release()
        else:
            self._response.close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise as the SDKs expect it what aiohttp calls otherwise."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise httpx2.ConnectError(str(error)) from error.certificate_error
    except aiohttp.ClientConnectorError as error:
        raise httpx2.ConnectError(str(error)) from error
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx2.ConnectTimeout(f"no connection within {CONNECT:g} s") from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientOSError) as error:
        raise httpx2.ReadError(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx2.RemoteProtocolError(str(error)) from error
