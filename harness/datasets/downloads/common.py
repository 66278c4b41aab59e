"""What both roads of a download share: patience, the reasons for giving up, and secrets kept out of words."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

Report = Callable[[str], None]

ELSEWHERE = "give --data-dir DIR, or --sample for the shipped sample"
OTHER_DISK = "free some space, or set HARNESS_CACHE to another folder"
FORBIDDEN = (401, 403)

# A download that lives writes at least once per `Patience.window`; after this long (seconds) its
# file belongs to a process that was killed. A process id in the name would say so sooner, but not
# across the containers that share a cache.
STALE_AFTER = 3600.0

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class DownloadError(Exception):
    """Why an attempt failed, what to do about it, and whether another attempt may help.

    `damaged`: what came is of no use to another attempt.
    """

    def __init__(
        self, what: str, *, transient: bool = False, damaged: bool = False, advice: str = ELSEWHERE
    ) -> None:
        super().__init__(what)
        self.what, self.transient, self.damaged, self.advice = what, transient, damaged, advice


def silent(line: str) -> None:
    """Report nothing."""


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
def muted(name: str) -> Iterator[None]:
    """Keep a library's warnings off the screen: what matters of them is in our one line."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(max(level, logging.ERROR))
    try:
        yield
    finally:
        logger.setLevel(level)


def size_in_words(count: int) -> str:
    """Return a number of bytes in words: `812 bytes`, `14.6 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def disk_trouble(error: OSError, folder: Path) -> DownloadError:
    """Return what the disk refused."""
    if error.errno in _DISK_FULL:
        return DownloadError(f"the disk of {folder} is full", advice=OTHER_DISK)
    return DownloadError(
        f"cannot write to {folder}: {error.strerror or type(error).__name__}", advice=OTHER_DISK
    )


def scrubbed(error: BaseException) -> str:
    """Return the first line of an error's words, each url in it masked."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return re.sub(r"\w+://[^\s'\"]+", lambda found: mask_url(found[0]), line)


def sweep(folder: Path, pattern: str) -> None:
    """Remove unfinished files that a killed process left behind."""
    for part in folder.glob(pattern):
        # Another process may sweep too, and a cache that can only be read is still of use.
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_AFTER:
                part.unlink()
