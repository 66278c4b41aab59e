"""Files written whole or not at all, and what a full disk or a stranger's link is told as."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import BadInput, Place, Stopped, Unavailable
from harness.files import NoPlainFile, odd_entry, open_own


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def plain_file(path: Path) -> Iterator[None]:
    """Turn a link in a run directory, or a device, into a BadInput that names it."""
    try:
        yield
    except NoPlainFile as error:
        raise _foreign(path, str(error.strerror)) from None


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into one line that says how to go on.

    Raises:
        Stopped: the disk is full, or cannot be written.
        BadInput: the file is a link, or something else that no run directory holds.
    """
    try:
        with plain_file(path):
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG):
            reason = error.strerror or str(error)
            raise Stopped(
                f"cannot write ({reason}); what was answered is kept, the same command goes on",
                place=Place(path),
            ) from None
        if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY):
            why = "a folder is in its way, or a file in that of its folder"
            raise BadInput(why, place=Place(path)) from None
        raise


def _foreign(path: Path, why: str) -> BadInput:
    return BadInput(f"{why}; a run has plain files of its own: remove it", place=Place(path))


def require_plain(directory: Path) -> None:
    """Check that nothing in a run directory is a link or a device: somebody else may have packed it.

    Raises:
        BadInput: something is; the message names it.
    """
    odd = odd_entry(directory)
    if odd is not None:
        why = "is a link, which is not followed here" if odd.is_symlink() else "is no regular file"
        raise _foreign(directory / odd.name, why)


def write_atomically(path: Path, *content: bytes) -> None:
    """Write a file whole or not at all, also under a power cut.

    Raises:
        Stopped: the disk is full or cannot be written.
        Unavailable: the folder is gone.
    """
    replace(path, content)


def replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Write `pieces`, which may be read from the file itself, in its place: all of them or none.

    What a kill leaves beside it is removed by the next try: there is one writer. A link is replaced, and what
    it leads to stays as it is.

    Raises:
        Stopped: the disk is full or cannot be written.
        Unavailable: the folder is gone.
    """
    beside = path.with_name(f".{path.name}.new")
    with disk_errors(path):
        try:
            beside.unlink(missing_ok=True)
            with open_own(beside, "xb") as stream:
                stream.writelines(pieces)
                stream.flush()
                os.fsync(stream.fileno())
            if path.is_file() and not path.is_symlink():
                beside.chmod(stat.S_IMODE(path.stat().st_mode))  # as its user may have shared it
            beside.replace(path)
        except FileNotFoundError:
            raise Unavailable(
                "its folder is gone, removed or moved while it was written; the same command goes on where "
                "the folder is put back, and starts anew without it",
                place=Place(path),
            ) from None
        finally:
            beside.unlink(missing_ok=True)
