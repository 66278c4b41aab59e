"""A file by its url and sha256, whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from harness.datasets.downloads.checksum import Checksum
from harness.datasets.downloads.common import (
    ELSEWHERE,
    DownloadError,
    Report,
    disk_trouble,
    mask_url,
    muted,
    silent,
    size_in_words,
    sweep,
)
from harness.datasets.downloads.mirror import mirrored
from harness.datasets.downloads.transfer import PATIENT, Began, Patience, Transfer
from harness.errors import BadInput, Unavailable

_PARTS = f"*.{'[0-9a-f]' * 12}.part"


def fetch_url(
    url: str,
    checksum: str | Checksum,
    *,
    cache: Path,
    path: str | None = None,
    offline: bool = False,
    report: Report = silent,
    patience: Patience = PATIENT,
) -> Path:
    """Return the local path of the file at `url`, whole and with this `checksum` (a sha256), stored as sent.

    It lies in `cache/downloads/<16 hex of the hash>/<path>`, by default under the last part of the url;
    one that lies there already is hashed again, and downloaded again when damaged. `report` gets a line when
    a download begins, and one when it begins anew. What HARNESS_MIRROR names is asked in the host's place.

    Raises:
        BadInput: the hash is not 64 hexadecimal digits, or the url is not http(s).
        Unavailable: the file cannot be had: network, server, wrong content, disk, or `offline`.
    """
    wanted = _checked_hash(url, checksum)
    _check_url(url)
    target = place(url, wanted, cache=cache, path=path)
    try:
        found = wanted.of(target)
    except OSError as error:
        raise Unavailable(f"{target} cannot be read: {error.strerror}; remove it") from None
    if found == wanted.value:
        sweep(target.parent, _PARTS)
        return target
    if offline:
        raise Unavailable(_offline_words(url, target, found, wanted))
    if found:
        report(f"{target} is damaged; it is downloaded again")
    _download(mirrored(url), wanted, target, report, patience)
    sweep(target.parent, _PARTS)
    return target


def place(url: str, checksum: Checksum, *, cache: Path, path: str | None = None) -> Path:
    """Return where the file at `url` lies in the cache once it is there."""
    inner = [
        part for part in (path or "").split("/") if part not in ("", ".", "..")
    ]  # never out of its folder
    names = inner or [_safe_name(urlsplit(url).path.rpartition("/")[2])]
    return cache.joinpath("downloads", checksum.value[:16], *names)


def _checked_hash(url: str, checksum: str | Checksum) -> Checksum:
    """Return the hash in lower case; plain text is a sha256."""
    wanted = checksum if isinstance(checksum, Checksum) else Checksum((checksum or "").lower())
    if not wanted.well_formed:
        raise BadInput(f"{mask_url(url)}: sha256 must be 64 hexadecimal digits, not {checksum!r}")
    return wanted


def _check_url(url: str) -> None:
    """Refuse everything but http and https."""
    shown = mask_url(url)
    parts = urlsplit(shown)
    if parts.scheme not in ("http", "https") or parts.netloc in ("", "***"):
        raise BadInput(f"{shown} cannot be downloaded: give a whole http:// or https:// url")


def _safe_name(part: str) -> str:
    """Return the last part of a url's path as a file name for every system, at most 50 characters."""
    last = unicodedata.normalize("NFC", unquote(part))
    name = re.sub(r"[^\w.-]", "_", last).strip(".")
    # The end is kept: a loader reads the format there.
    return name[-50:].lstrip(".") or "download"


def _offline_words(url: str, target: Path, found: str | None, wanted: Checksum) -> str:
    """Return why `--offline` ends here."""
    damage = f"damaged ({wanted.kind} {found}, expected {wanted.value})"
    state = f"{target} is {damage if found else 'not there'}"
    return f"{state} and --offline forbids downloading {mask_url(url)}; {ELSEWHERE}"


def _download(url: str, wanted: Checksum, target: Path, report: Report, patience: Patience) -> None:
    """Put the file at `target`, in as many attempts as `patience` allows."""
    shown = mask_url(url)

    def began(size: int | None) -> None:
        report(f"downloading {shown}{f' ({size_in_words(size)})' if size else ''}")

    for attempt in range(1, patience.attempts + 1):
        try:
            return _attempt(url, wanted, target, began if attempt == 1 else _ignored, patience)
        except DownloadError as trouble:
            if not trouble.transient or attempt == patience.attempts:
                # `from None`: the messages underneath spell the url out, secrets included.
                raise Unavailable(f"cannot download {shown}: {trouble.what}; {trouble.advice}") from None
            report(f"{shown}: {trouble.what}; attempt {attempt + 1} of {patience.attempts}")
        time.sleep(patience.backoff * 2 ** (attempt - 1))


def _ignored(size: int | None) -> None:
    """Say nothing of a transfer that begins."""


def _attempt(url: str, wanted: Checksum, target: Path, began: Began, patience: Patience) -> None:
    """Download once, beside `target`, and rename when the hash fits; what an earlier attempt left goes on.

    Raises:
        DownloadError: whatever kept the file from coming; only what another attempt can go on from is left.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(target) as (part, file), muted("urllib3"):  # it warns, and spells the url out
            had = part.stat().st_size
            Transfer(url, file, patience, offset=had).run(began)
            file.flush()
            got = wanted.of(part)
            if got != wanted.value:
                came = f"got {got} ({size_in_words(part.stat().st_size)})"
                # The beginning may be of another state of the file: once more, from the start.
                raise DownloadError(
                    f"the file there is not the expected one: expected {wanted.kind} {wanted.value}, {came}",
                    transient=had > 0,
                    damaged=True,
                )
            part.replace(target)
    except OSError as error:
        raise disk_trouble(error, target.parent) from None


@contextlib.contextmanager
def _part_of(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a file beside `target` that only this process writes, at the end of what it holds already.

    It is what a broken or killed download of the same file left, if nobody else has it open, else a new one.
    It is kept when another attempt may go on from it: not empty, not damaged, not a full disk's.
    """
    part, file = _left_behind(target) or _new(target)
    keep = False
    try:
        yield part, file
    except DownloadError as trouble:
        keep = trouble.transient and not trouble.damaged
        raise
    except KeyboardInterrupt:
        keep = True
        raise
    finally:
        with contextlib.suppress(OSError):  # a full disk refuses the last block, too
            file.close()
        with contextlib.suppress(OSError):
            if not keep or not part.stat().st_size:
                part.unlink()


def _left_behind(target: Path) -> tuple[Path, BinaryIO] | None:
    """Return the largest unfinished download of `target` that no process holds, locked."""
    hexadecimal = "[0-9a-f]" * 12
    parts = target.parent.glob(f"{glob.escape(target.name)}.{hexadecimal}.part")
    for part in sorted(parts, key=_size, reverse=True):
        with contextlib.suppress(OSError):
            if part.is_symlink():
                continue
            file = part.open("r+b")
            if _lock(file):
                file.seek(0, os.SEEK_END)
                return part, file
            file.close()
    return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _new(target: Path) -> tuple[Path, BinaryIO]:
    part = target.with_name(f"{target.name}.{os.urandom(6).hex()}.part")
    file = _create(part)
    _lock(file)
    return part, file


def _create(part: Path) -> BinaryIO:
    """Return a new file, with the permissions that the user's umask gives."""
    return part.open("xb")


def _lock(file: BinaryIO) -> bool:
    """Return whether this process alone has the file now; never where no lock can be had."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
