"""One transfer over http(s) by pooch, which the caller can give up on."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from harness import DISTRIBUTION, __version__
from harness.datasets.downloads.common import (
    FORBIDDEN,
    OTHER_DISK,
    DownloadError,
    disk_trouble,
    mask_url,
    scrubbed,
    size_in_words,
)

Began = Callable[[int | None], None]

UNTOLD = 4 << 30  # bytes of a file whose server does not say how many there are
_CHUNK = 8192
_TICK = 0.5
_TOO_BUSY = (408, 429)
_GONE = (404, 410)
_GZIPPED = (".gz", ".tgz")


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up on a server; times in seconds.

    `connect` and `read` bound one silence. A server that keeps dripping is never silent: it must
    send `min_rate` bytes a second over every `window`, the first of which also bounds the time to
    an answer. Of `attempts`, the second comes after `backoff`, the third after twice that.
    """

    connect: float = 10.0
    read: float = 30.0
    attempts: int = 3
    backoff: float = 1.0
    min_rate: float = 1000.0
    window: float = 60.0

    @property
    def chunk(self) -> int:
        """Return the bytes to read at once: few enough that a window at `min_rate` sees several."""
        share = int(self.min_rate * self.window / 4)
        return min(_CHUNK, share) if share else _CHUNK


PATIENT: Patience = Patience()


class Transfer:
    """One transfer by pooch, in a thread of its own so that the caller can give up on it.

    pooch and requests bound a silence, not a drip: a byte every few seconds keeps a read of a
    whole chunk going for ever, and no timeout of theirs ends it. pooch writes to this object.
    `offset` bytes are in the file already: the server is asked for the rest, and if it sends the whole
    again, the file begins anew.
    """

    def __init__(self, url: str, file: BinaryIO, patience: Patience, *, offset: int = 0) -> None:
        self.received = self._offset = offset
        self._size: int | None = None
        self._url, self._file, self._patience = url, file, patience
        self._accepted, self._given_up = False, False
        self._answered, self._done = threading.Event(), threading.Event()
        self._response: Any = None
        self._error: BaseException | None = None
        # Here and not in the thread, where pooch imports the second: slow imports are no slow server.
        import requests  # noqa: F401
        from pooch import HTTPDownloader

        self._fetch = HTTPDownloader(
            chunk_size=patience.chunk,
            timeout=(patience.connect, patience.read),
            headers={
                "User-Agent": f"{DISTRIBUTION}/{__version__}",
                "Accept-Encoding": "identity",
                **({"Range": f"bytes={offset}-"} if offset else {}),
            },
            hooks={"response": self._look},
        )

    def run(self, began: Began) -> None:
        """Return when everything has come; `began` hears the size, in bytes, once it is known.

        Raises:
            DownloadError: it did not come, or too slowly.
        """
        threading.Thread(target=self._work, daemon=True).start()
        try:
            self._watch(began)
        finally:
            self._give_up()
        if self._error:
            raise _explained(self._error, self._so_far) from None

    @property
    def _so_far(self) -> str:
        """Return how much has come, in words."""
        return f"{size_in_words(self.received)}{f' of {size_in_words(self._size)}' if self._size else ''}"

    def _watch(self, began: Began) -> None:
        window = self._patience.window
        if not _wait(self._answered, window):
            raise DownloadError(f"no answer within {window:g} s")
        if self._accepted:
            began(self._size)
        before = self.received
        while not _wait(self._done, window):
            now = self.received
            if now - before < self._patience.min_rate * window:
                raise DownloadError(f"too slow: {size_in_words(now - before)} in {window:g} s")
            before = now

    def _give_up(self) -> None:
        """Wake the thread if it still reads; closing from here would wait for that very read."""
        if not self._done.is_set():
            self._given_up = True
            with contextlib.suppress(Exception):
                self._response.raw.shutdown()

    def _work(self) -> None:
        try:
            self._fetch(self._url, self, None)
        except BaseException as error:
            self._error = error
        finally:
            if self._response is not None:
                self._response.close()
            self._answered.set()
            self._done.set()

    def _look(self, response: Any, *args: Any, **kwargs: Any) -> None:
        """Look at every answer before requests acts on it: a redirect, a refusal, or the file."""
        self._response = response
        if response.is_redirect:
            _check_redirect(response.url, response.headers["Location"])
        elif response.ok:
            if urlsplit(self._url).path.lower().endswith(_GZIPPED):
                # Many servers call a stored .gz a gzip-encoded text; requests would unpack it.
                response.raw.headers.pop("Content-Encoding", None)
            if self._offset and not self._goes_on(response):
                self.received = 0
                self._file.seek(0)
                self._file.truncate()
            length = response.headers.get("Content-Length", "")
            self._size = self.received + int(length) if length.isdecimal() else None
            if self._size is not None:
                self._require_room(int(length))
            self._accepted = True
            self._answered.set()

    def _goes_on(self, response: Any) -> bool:
        """Return whether the answer is the rest of the file: status 206, from the very byte asked for."""
        begins = response.headers.get("Content-Range", "").startswith(f"bytes {self._offset}-")
        return bool(response.status_code == HTTPStatus.PARTIAL_CONTENT and begins)

    def write(self, chunk: bytes) -> None:
        """Take what pooch read."""
        if self._given_up:
            raise DownloadError("given up")
        try:
            self._file.write(chunk)
        except OSError as error:
            raise disk_trouble(error, Path(self._file.name).parent) from None
        self.received += len(chunk)
        if self._size is None and self.received > UNTOLD:
            so_far = self._so_far
            self._file.seek(0)
            self._file.truncate()  # nothing goes on from here
            raise DownloadError(f"it said no length and does not end: {so_far} so far")

    def _require_room(self, size: int) -> None:
        """Check that the rest of a file fits on the disk, before the disk is full."""
        folder = Path(self._file.name).parent
        free = shutil.disk_usage(folder).free
        if size > free:
            raise DownloadError(
                f"it has {size_in_words(size)}, and {folder} has {size_in_words(free)} free",
                advice=OTHER_DISK,
            )

    def flush(self) -> None:
        """Do nothing: pooch flushes after every chunk, which a whole-or-absent file needs not."""


def _wait(event: threading.Event, seconds: float) -> bool:
    """Return whether `event` came within `seconds`; in small steps, as Windows lets no Ctrl-C in between."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if event.wait(min(left, _TICK)):
            return True
    return event.is_set()


def _explained(error: BaseException, so_far: str) -> BaseException:
    """Return the trouble behind what a transfer raised; what is no trouble stays as it is."""
    from ssl import SSLCertVerificationError

    from requests import exceptions as web
    from urllib3.exceptions import HTTPError as MalformedAnswer

    if isinstance(error, DownloadError):
        return error
    if isinstance(error, web.HTTPError):
        return _status_trouble(error.response.status_code)
    cause = _deepest(error)
    if isinstance(cause, SSLCertVerificationError):
        return DownloadError(f"the server's certificate is not trusted ({cause.verify_message})")
    if isinstance(error, web.ConnectionError | web.Timeout | web.ChunkedEncodingError):
        return DownloadError(_broken(error, cause, so_far), transient=True)
    if isinstance(error, OSError | MalformedAnswer | ValueError):
        return DownloadError(f"the transfer failed ({scrubbed(error)})")
    return error


def _broken(error: OSError, cause: BaseException, so_far: str) -> str:
    """Return how a connection failed, in words."""
    from requests import exceptions as web

    if isinstance(error, web.Timeout) or isinstance(cause, TimeoutError):
        return f"the server went silent after {so_far}"
    if isinstance(error, web.ChunkedEncodingError):
        return f"the connection broke after {so_far}"
    system = (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__
    return f"no connection{' to the proxy' if isinstance(error, web.ProxyError) else ''} ({system})"


def _check_redirect(here: str, location: str) -> None:
    """Refuse a redirect that leaves the web, or that leaves encryption behind."""
    there = urljoin(here, location)
    scheme = urlsplit(there).scheme
    if scheme not in ("http", "https"):
        raise DownloadError(f"it is redirected to {mask_url(there)}, which is not on the web")
    if scheme == "http" and urlsplit(here).scheme == "https":
        raise DownloadError(f"it is redirected from https to unprotected http ({mask_url(there)})")


def _status_trouble(status: int) -> DownloadError:
    """Return what an HTTP status of 400 or more means for a download."""
    if status in FORBIDDEN:
        return DownloadError(f"the server does not allow it (HTTP {status})")
    if status in _GONE:
        return DownloadError(f"the file is not there (HTTP {status})")
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # of what was left, the beginning is wrong
        return DownloadError("what came before does not fit the file", transient=True, damaged=True)
    transient = status >= 500 or status in _TOO_BUSY
    return DownloadError(f"the server answers HTTP {status}", transient=transient)


def _deepest(error: BaseException) -> BaseException:
    """Return the first cause, which is the system's own word and holds no url."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error
