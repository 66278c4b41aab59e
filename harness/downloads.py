"""Fetch one file from the network, whole and hash-checked or not at all.

Two roads: `fetch_url` for a url with its sha256, `fetch_hub` for a file of a hub repository. A
download goes to a name of its own beside its place and is renamed when its hash fits, so that a
kill, a full disk or a second process never leaves half a file under the final name.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import logging
import os
import re
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from harness import DISTRIBUTION, __version__
from harness.errors import BadInput, HarnessError, Unavailable

Report = Callable[[str], None]
Began = Callable[[int | None], None]

ELSEWHERE = "give --data-dir DIR, or --sample for the shipped sample"
OTHER_DISK = "free some space, or set HARNESS_CACHE to another folder"

# A download that lives writes at least once per `Patience.window`; after this long (seconds) its
# file belongs to a process that was killed. A process id in the name would say so sooner, but not
# across the containers that share a cache.
STALE_AFTER = 3600.0

_CHUNK = 8192
_TICK = 0.5
_PARTS = f"*.{'[0-9a-f]' * 12}.part"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_TOO_BUSY = (408, 429)
_FORBIDDEN = (401, 403)
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


PATIENT = Patience()


class _DownloadError(Exception):
    """Why an attempt failed, what to do about it, and whether another attempt may help."""

    def __init__(self, what: str, *, transient: bool = False, advice: str = ELSEWHERE) -> None:
        super().__init__(what)
        self.what, self.transient, self.advice = what, transient, advice


def _silent(line: str) -> None:
    """Report nothing."""


def cache_dir() -> Path:
    """Return the folder of what is downloaded and learnt: HARNESS_CACHE, else the user's cache."""
    named = os.environ.get("HARNESS_CACHE")
    if named:
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache("harness"))


def mask_url(url: str) -> str:
    """Return `url` without what may be secret: user and password, query, fragment."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # A password with a slash in it ends up where the port should be; show nothing of it.
        return f"{url.partition(':')[0]}://***"
    _, at, host = parts.netloc.rpartition("@")
    query = "***" if parts.query else ""
    return urlunsplit((parts.scheme, f"***@{host}" if at else host, parts.path, query, ""))


@contextlib.contextmanager
def _muted(name: str) -> Iterator[None]:
    """Keep a library's warnings off the screen: what matters of them is in our one line."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(max(level, logging.ERROR))
    try:
        yield
    finally:
        logger.setLevel(level)


# ---- by url --------------------------------------------------------------------------------------


def fetch_url(
    url: str,
    sha256: str,
    *,
    cache: Path,
    offline: bool = False,
    report: Report = _silent,
    patience: Patience = PATIENT,
) -> Path:
    """Return the local path of the file at `url`, whole and with this `sha256`, stored as sent.

    It lies in `cache/downloads/<16 hex of the hash>/<name>`; one that lies there already is hashed
    again, and downloaded again when damaged. `report` gets a line when a download begins, and one
    when it begins anew.

    Raises:
        BadInput: the hash is not 64 hexadecimal digits, or the url is not http(s).
        Unavailable: the file cannot be had: network, server, wrong content, disk, or `offline`.
    """
    wanted = _checked_hash(url, sha256)
    _check_url(url)
    target = cache / "downloads" / wanted[:16] / _safe_name(url)
    _sweep(target.parent, _PARTS)
    try:
        found = _hash_of(target)
    except OSError as error:
        raise Unavailable(f"{target} cannot be read: {error.strerror}; remove it") from None
    if found == wanted:
        return target
    if offline:
        raise Unavailable(_offline_words(url, target, found, wanted))
    if found:
        report(f"{target} is damaged; it is downloaded again")
    _download(url, wanted, target, report, patience)
    return target


def _checked_hash(url: str, sha256: str) -> str:
    """Return the hash in lower case."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256 or ""):
        raise BadInput(f"{mask_url(url)}: sha256 must be 64 hexadecimal digits, not {sha256!r}")
    return sha256.lower()


def _check_url(url: str) -> None:
    """Refuse everything but http and https."""
    shown = mask_url(url)
    parts = urlsplit(shown)
    if parts.scheme not in ("http", "https") or parts.netloc in ("", "***"):
        raise BadInput(f"{shown} cannot be downloaded: give a whole http:// or https:// url")


def _safe_name(url: str) -> str:
    """Return the last part of the url's path as a file name for every system, at most 50 characters."""
    last = unicodedata.normalize("NFC", unquote(urlsplit(url).path.rpartition("/")[2]))
    name = re.sub(r"[^\w.-]", "_", last).strip(".")
    # The end is kept: a loader reads the format there.
    return name[-50:].lstrip(".") or "download"


def _sweep(folder: Path, pattern: str) -> None:
    """Remove unfinished files that a killed process left behind."""
    for part in folder.glob(pattern):
        # Another process may sweep too, and a cache that can only be read is still of use.
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_AFTER:
                part.unlink()


def _hash_of(path: Path) -> str | None:
    """Return the sha256 of the file, or None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _offline_words(url: str, target: Path, found: str | None, wanted: str) -> str:
    """Return why `--offline` ends here."""
    damage = f"damaged (sha256 {found}, expected {wanted})"
    state = f"{target} is {damage if found else 'not there'}"
    return f"{state} and --offline forbids downloading {mask_url(url)}; {ELSEWHERE}"


def _download(url: str, wanted: str, target: Path, report: Report, patience: Patience) -> None:
    """Put the file at `target`, in as many attempts as `patience` allows."""
    shown = mask_url(url)

    def began(size: int | None) -> None:
        report(f"downloading {shown}{f' ({_size(size)})' if size else ''}")

    for attempt in range(1, patience.attempts + 1):
        try:
            return _attempt(url, wanted, target, began if attempt == 1 else _ignored, patience)
        except _DownloadError as trouble:
            if not trouble.transient or attempt == patience.attempts:
                # `from None`: the messages underneath spell the url out, secrets included.
                raise Unavailable(f"cannot download {shown}: {trouble.what}; {trouble.advice}") from None
            report(f"{shown}: {trouble.what}; attempt {attempt + 1} of {patience.attempts}")
        time.sleep(patience.backoff * 2 ** (attempt - 1))


def _ignored(size: int | None) -> None:
    """Say nothing of a transfer that begins."""


def _size(count: int) -> str:
    """Return a number of bytes in words: `812 bytes`, `14.6 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def _attempt(url: str, wanted: str, target: Path, began: Began, patience: Patience) -> None:
    """Download once, beside `target`, and rename when the hash fits.

    Raises:
        _DownloadError: whatever kept the file from coming; nothing is left behind.
    """
    part = target.with_name(f"{target.name}.{os.urandom(6).hex()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        # urllib3 warns of malformed headers, and spells the url out.
        with _create(part) as file, _muted("urllib3"):
            transfer = _Transfer(url, file, patience)
            transfer.run(began)
        got = transfer.digest.hexdigest()
        if got != wanted:
            raise _DownloadError(
                f"the file there is not the expected one: expected sha256 {wanted},"
                f" got {got} ({_size(transfer.received)})"
            )
        part.replace(target)
    except OSError as error:
        raise _disk_trouble(error, target.parent) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _create(part: Path) -> BinaryIO:
    """Return a new file, with the permissions that the user's umask gives."""
    return part.open("xb")


def _disk_trouble(error: OSError, folder: Path) -> _DownloadError:
    """Return what the disk refused."""
    if error.errno in _DISK_FULL:
        return _DownloadError(f"the disk of {folder} is full", advice=OTHER_DISK)
    return _DownloadError(
        f"cannot write to {folder}: {error.strerror or type(error).__name__}", advice=OTHER_DISK
    )


class _Transfer:
    """One transfer by pooch, in a thread of its own so that the caller can give up on it.

    pooch and requests bound a silence, not a drip: a byte every few seconds keeps a read of a
    whole chunk going for ever, and no timeout of theirs ends it. pooch writes to this object.
    """

    def __init__(self, url: str, file: BinaryIO, patience: Patience) -> None:
        self.digest = hashlib.sha256()
        self.received = 0
        self._size: int | None = None
        self._url, self._file, self._patience = url, file, patience
        self._accepted, self._given_up = False, False
        self._answered, self._done = threading.Event(), threading.Event()
        self._response: Any = None
        self._error: BaseException | None = None
        # Here and not in the thread, so that a slow import is not taken for a slow server.
        from pooch import HTTPDownloader

        self._fetch = HTTPDownloader(
            chunk_size=patience.chunk,
            timeout=(patience.connect, patience.read),
            headers={"User-Agent": f"{DISTRIBUTION}/{__version__}", "Accept-Encoding": "identity"},
            hooks={"response": self._look},
        )

    def run(self, began: Began) -> None:
        """Return when everything has come; `began` hears the size, in bytes, once it is known.

        Raises:
            _DownloadError: it did not come, or too slowly.
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
        return f"{_size(self.received)}{f' of {_size(self._size)}' if self._size else ''}"

    def _watch(self, began: Began) -> None:
        window = self._patience.window
        if not _wait(self._answered, window):
            raise _DownloadError(f"no answer within {window:g} s")
        if self._accepted:
            began(self._size)
        before = self.received
        while not _wait(self._done, window):
            now = self.received
            if now - before < self._patience.min_rate * window:
                raise _DownloadError(f"too slow: {_size(now - before)} in {window:g} s")
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
            length = response.headers.get("Content-Length", "")
            self._size = int(length) if length.isdecimal() else None
            self._accepted = True
            self._answered.set()

    def write(self, chunk: bytes) -> None:
        """Take what pooch read."""
        if self._given_up:
            raise _DownloadError("given up")
        try:
            self._file.write(chunk)
        except OSError as error:
            raise _disk_trouble(error, Path(self._file.name).parent) from None
        self.digest.update(chunk)
        self.received += len(chunk)

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

    if isinstance(error, _DownloadError):
        return error
    if isinstance(error, web.HTTPError):
        return _status_trouble(error.response.status_code)
    cause = _deepest(error)
    if isinstance(cause, SSLCertVerificationError):
        return _DownloadError(f"the server's certificate is not trusted ({cause.verify_message})")
    if isinstance(error, web.ConnectionError | web.Timeout | web.ChunkedEncodingError):
        return _DownloadError(_broken(error, cause, so_far), transient=True)
    if isinstance(error, OSError | MalformedAnswer | ValueError):
        return _DownloadError(f"the transfer failed ({_scrubbed(error)})")
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
        raise _DownloadError(f"it is redirected to {mask_url(there)}, which is not on the web")
    if scheme == "http" and urlsplit(here).scheme == "https":
        raise _DownloadError(f"it is redirected from https to unprotected http ({mask_url(there)})")


def _status_trouble(status: int) -> _DownloadError:
    """Return what an HTTP status of 400 or more means for a download."""
    if status in _FORBIDDEN:
        return _DownloadError(f"the server does not allow it (HTTP {status})")
    if status in _GONE:
        return _DownloadError(f"the file is not there (HTTP {status})")
    transient = status >= 500 or status in _TOO_BUSY
    return _DownloadError(f"the server answers HTTP {status}", transient=transient)


def _deepest(error: BaseException) -> BaseException:
    """Return the first cause, which is the system's own word and holds no url."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error


def _scrubbed(error: BaseException) -> str:
    """Return the first line of an error's words, each url in it masked."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return re.sub(r"\w+://[^\s'\"]+", lambda found: mask_url(found[0]), line)


# ---- by hub --------------------------------------------------------------------------------------


def fetch_hub(
    repo: str,
    filename: str,
    *,
    revision: str,
    repo_type: str = "dataset",
    cache: Path,
    offline: bool = False,
    report: Report = _silent,
) -> tuple[Path, str]:
    """Return the local path of a hub repository's file, and the commit it was taken from.

    `revision` is a branch, tag or commit; a branch that is in `cache/hub` already stands in when
    the hub does not answer, and the commit says which state it is. What the hub names by its hash
    is hashed again, and downloaded again when damaged. The token, if any, is the hub library's own
    affair (HF_TOKEN).

    Raises:
        BadInput: no such name of a repository or file can exist.
        Unavailable: the extra is missing, or the file cannot be had.
    """
    library = _hub_library()
    name = f"{repo_type} {repo}, file {filename} at {revision}"
    folder = cache / "hub"
    _sweep(folder / f"{repo_type}s--{repo.replace('/', '--')}" / "blobs", "*.incomplete")
    where = {"revision": revision, "repo_type": repo_type, "cache_dir": folder}

    def get(**again: bool) -> tuple[Path, bool]:
        with _hub_errors(name, folder, offline), _muted("huggingface_hub"):
            path = library.hf_hub_download(
                repo,
                filename,
                **where,
                **again,
                local_files_only=offline,
                library_name=DISTRIBUTION,
                library_version=__version__,
                tqdm_class=functools.partial(_no_bar, functools.cache(report), f"{repo}/{filename}"),
            )
            return Path(path), _fits_its_name(Path(path))

    if not offline and not _hub_has(library, repo, filename, where):
        # Said beforehand: without a network the library tries for half a minute.
        report(f"asking the hub for {name}")
    path, whole = get()
    if not whole:
        if offline:
            raise Unavailable(f"{path} is damaged and --offline forbids downloading it again; {ELSEWHERE}")
        report(f"{path} is damaged; it is downloaded again")
        path, whole = get(force_download=True)
        if not whole:
            path.resolve().unlink()
            raise Unavailable(f"cannot download {name}: what came does not fit its hash; {ELSEWHERE}")
    return path, path.parents[filename.count("/")].name


def _hub_library() -> Any:
    """Return huggingface_hub with its telemetry off.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        import huggingface_hub
        from huggingface_hub import constants
    except ImportError:
        raise Unavailable(
            f"data from a hub needs huggingface_hub: pip install '{DISTRIBUTION}[hub]'; or {ELSEWHERE}"
        ) from None
    # The library reads its environment when imported, which others may have done before us. Left
    # on, this one constant makes even a cached look-up ask the hub which program is calling.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    return huggingface_hub


def _hub_has(library: Any, repo: str, filename: str, where: Mapping[str, Any]) -> bool:
    """Return whether the file is in the cache; a name that cannot exist is the download's to refuse."""
    try:
        return isinstance(library.try_to_load_from_cache(repo, filename, **where), str)
    except ValueError:
        return False


def _no_bar(report: Report, name: str, **kwargs: Any) -> Any:
    """Return a progress bar that shows nothing; the size it was told is reported instead."""
    from huggingface_hub.utils import tqdm

    size = kwargs.get("total")
    report(f"downloading {name}{f' ({_size(size)})' if size else ''}")
    return tqdm(**{**kwargs, "disable": True})


@contextlib.contextmanager
def _hub_errors(name: str, folder: Path, offline: bool) -> Iterator[None]:
    """Turn what the hub library raises into one line."""
    try:
        yield
    except Exception as error:
        # `from None`: a redirect's signed url is in the messages underneath.
        raise _hub_problem(error, name, folder, offline) from None


def _hub_problem(error: Exception, name: str, folder: Path, offline: bool) -> HarnessError:
    """Return the one line for an error of the hub library."""
    from huggingface_hub import errors as hub

    if offline and isinstance(error, hub.LocalEntryNotFoundError):
        return Unavailable(f"{name} is not in {folder} and --offline forbids downloading it; {ELSEWHERE}")
    if isinstance(error, ValueError) and not isinstance(error, hub.HfHubHTTPError):
        return BadInput(f"{name}: {_scrubbed(error)}")
    trouble = _hub_trouble(error, folder)
    return Unavailable(f"cannot download {name}: {trouble.what}; {trouble.advice}")


# By the names of the classes: those of the transport are httpx's or httpx2's, as the hub library
# has it. The first that fits counts, as a gated repository is also one that was not found.
_HUB_WORDS = {
    "GatedRepoError": "it is gated: accept its terms on the hub and set HF_TOKEN",
    "RepositoryNotFoundError": "no such repository, or a private one: check the id, or set HF_TOKEN",
    "RevisionNotFoundError": "the repository has no such revision",
    "EntryNotFoundError": "the repository has no such file",
    "DisabledRepoError": "the hub has disabled the repository",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set and forbids it: unset it",
    "FileMetadataError": "what answers is not a hub: check HF_ENDPOINT and the proxy",
    "TimeoutException": "the hub does not answer (timeout)",
    "ConnectError": "no connection to the hub",
    "ProxyError": "no connection to the proxy",
    "TransportError": "the connection broke on the way",
}


def _hub_trouble(error: BaseException, folder: Path) -> _DownloadError:
    """Return what keeps the hub from giving the file."""
    from huggingface_hub import errors as hub

    if isinstance(error, hub.LocalEntryNotFoundError) and error.__cause__:
        # "Not on the hub, nor in the cache" wraps the reason.
        return _hub_trouble(error.__cause__, folder)
    names = {kind.__name__ for kind in type(error).__mro__}
    for name, words in _HUB_WORDS.items():
        if name in names:
            return _DownloadError(words)
    if isinstance(error, hub.HfHubHTTPError):
        return _hub_status_trouble(error.response.status_code)
    if isinstance(error, OSError) and error.errno:
        return _disk_trouble(error, folder)
    return _DownloadError(f"the transfer failed ({_scrubbed(error)})")


def _hub_status_trouble(status: int) -> _DownloadError:
    """Return what an HTTP status means that the hub gave no reason for."""
    if status in _FORBIDDEN:
        return _DownloadError(f"the hub does not allow it (HTTP {status}): check the id and HF_TOKEN")
    return _DownloadError(f"the hub answers HTTP {status}")


def _fits_its_name(path: Path) -> bool:
    """Return whether a hub file still has the hash it is stored under; True where there is none.

    The cache keeps a link to a blob named after the ETag: a sha256 for large files, git's sha1 for
    small ones. Mirrors put a plain sha1 there, or something that is no hash of the content.
    """
    if not path.is_symlink():
        return True
    # One step only: a blob may itself be a link into a store with other names.
    name = path.readlink().name
    with path.open("rb") as file:
        if re.fullmatch(r"[0-9a-f]{64}", name):
            return hashlib.file_digest(file, "sha256").hexdigest() == name
        if re.fullmatch(r"[0-9a-f]{40}", name):
            return name in _sha1s(file, path.stat().st_size)
    return True


def _sha1s(file: BinaryIO, size: int) -> set[str]:
    """Return the sha1 of the content, and that of the content as a git blob of `size` bytes."""
    plain = hashlib.sha1(usedforsecurity=False)
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    while chunk := file.read(1 << 20):
        plain.update(chunk)
        blob.update(chunk)
    return {plain.hexdigest(), blob.hexdigest()}
