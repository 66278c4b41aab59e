"""A file by its url and sha256, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
import unicodedata
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

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
from harness.datasets.downloads.transfer import PATIENT, Began, Patience, Transfer
from harness.errors import BadInput, Unavailable

_PARTS = f"*.{'[0-9a-f]' * 12}.part"


def fetch_url(
    url: str,
    sha256: str,
    *,
    cache: Path,
    offline: bool = False,
    report: Report = silent,
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
    sweep(target.parent, _PARTS)
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


def _attempt(url: str, wanted: str, target: Path, began: Began, patience: Patience) -> None:
    """Download once, beside `target`, and rename when the hash fits.

    Raises:
        DownloadError: whatever kept the file from coming; nothing is left behind.
    """
    part = target.with_name(f"{target.name}.{os.urandom(6).hex()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        # urllib3 warns of malformed headers, and spells the url out.
        with _create(part) as file, muted("urllib3"):
            transfer = Transfer(url, file, patience)
            transfer.run(began)
        got = transfer.digest.hexdigest()
        if got != wanted:
            raise DownloadError(
                f"the file there is not the expected one: expected sha256 {wanted},"
                f" got {got} ({size_in_words(transfer.received)})"
            )
        part.replace(target)
    except OSError as error:
        raise disk_trouble(error, target.parent) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _create(part: Path) -> BinaryIO:
    """Return a new file, with the permissions that the user's umask gives."""
    return part.open("xb")
