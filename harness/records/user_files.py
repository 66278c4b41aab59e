"""Files that the user keeps: replaced whole, or left as they were by a full disk, a kill or a power cut."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALE_AFTER = 3600.0  # seconds until what lies beside a file is of a process that was killed


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; at the end of the block its content takes the place of `path`, all of it.

    It lies beside the file, under a hidden name. The file's folder is made, its permissions stay, and a link
    still leads to it. What is no file (`/dev/stdout`, a pipe) is written to as it is.

    Raises:
        OSError: the file or its folder cannot be written.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name[:60]}.{os.getpid()}.new")
    _sweep(place.parent, f".{place.name[:60]}.")
    try:
        beside.open("xb").close()
        yield beside
        if place.exists():
            beside.chmod(stat.S_IMODE(place.stat().st_mode))
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a new folder to write into; at the end of the block it stands at `path`, which is new or empty.

    Raises:
        OSError: it cannot be written.
    """
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name[:60]}.", suffix=".new", dir=place.parent))
    try:
        beside.chmod(0o777 & ~_umask())
        yield beside
        if place.is_dir():
            place.rmdir()
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _umask() -> int:
    """Return what new files are denied; it can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def replace_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8 in the place of a file, its line ends as they are.

    Raises:
        OSError: the file or its folder cannot be written; it is left as it was.
    """
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")


def _sweep(folder: Path, beginning: str) -> None:
    """Remove what earlier processes that were killed left beside a file."""
    for left in folder.iterdir():
        if left.name.startswith(beginning) and left.name.endswith(".new"):
            with contextlib.suppress(OSError):  # another process may sweep too
                if time.time() - left.lstat().st_mtime > STALE_AFTER:
                    left.unlink()
