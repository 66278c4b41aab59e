"""Files that somebody else may have named or left: regular, bounded, below their folder, through no link.

A folder from a stranger is data. What stands in it under the name of a file may be a link to another file of
the user, a device that never ends or a pipe that never begins; none of them is opened.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

# Absent on Windows, where a pipe is no file of a folder and links need a privilege.
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe to read waits for a writer that may never come
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)

_FLAGS = {
    "rb": os.O_RDONLY,
    "rb+": os.O_RDWR,
    "ab": os.O_WRONLY | os.O_APPEND | os.O_CREAT,
    "ab+": os.O_RDWR | os.O_APPEND | os.O_CREAT,
    "xb": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
}
_PRIVATE = 0o600  # runs hold prompts, and what stands in a prompt is nobody else's


class NoPlainFile(OSError):
    """What stands there is a link, a device, a pipe, or has a second name; it is not opened."""

    def __init__(self, why: str, path: Path) -> None:
        """Keep why, as an OSError words it."""
        super().__init__(errno.EINVAL, why, str(path))


class TooLarge(OSError):
    """A file is larger than what is read of its kind."""

    def __init__(self, most: int, path: Path) -> None:
        """Keep the bound, in bytes."""
        super().__init__(errno.EFBIG, f"more than {most:,} bytes", str(path))


def open_regular(path: Path, *, buffering: int = -1) -> BinaryIO:
    """Return the bytes of a regular file; a link to one is followed.

    Raises:
        NoPlainFile: it is a device, a pipe or a socket.
        OSError: it is not there, or may not be read.
    """
    return _opened(path, "rb", 0, buffering)


def open_own(path: Path, mode: str = "rb", *, buffering: int = -1) -> BinaryIO:
    """Return a file of a folder that is ours to write, which is no link and has no other name.

    `mode` is `rb`, `rb+`, `ab`, `ab+` or `xb`, as `open` has them.

    Raises:
        NoPlainFile: it is a link, a device or a pipe; or it is to be written and is a hard link.
        OSError: it is not there, or may not be opened.
    """
    return _opened(path, mode, _NO_LINK, buffering)


def _opened(path: Path, mode: str, links: int, buffering: int) -> BinaryIO:
    try:
        number = os.open(path, _FLAGS[mode] | _NO_WAIT | links | _BINARY, _PRIVATE)
    except OSError as error:
        if links and error.errno == errno.ELOOP and path.is_symlink():
            raise NoPlainFile("is a link, which is not followed here", path) from None
        if error.errno == errno.ENXIO:  # a pipe that nobody reads, or a socket
            raise NoPlainFile("is no regular file", path) from None
        raise
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise NoPlainFile("is no regular file", path)
        if mode != "rb" and found.st_nlink > 1:
            raise NoPlainFile("has a second name elsewhere (a hard link) and would change there too", path)
        return os.fdopen(number, mode.replace("x", "w"), buffering)  # type: ignore[return-value]
    except BaseException:
        with contextlib.suppress(OSError):  # a signal came when the file object had it, and it is closed
            os.close(number)
        raise


def read_bounded(path: Path, most: int) -> bytes:
    """Return a regular file's content.

    Raises:
        TooLarge: it has more than `most` bytes.
        NoPlainFile: it is a device, a pipe or a socket.
        OSError: it is not there, or may not be read.
    """
    with open_regular(path) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise TooLarge(most, path)
    return content


class Below:
    """The files in and below some folders, after every link on the way is followed.

    `path in Below([folder])` looks at a folder once, however many of its files are asked about.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        """Resolve the folders, which need not be there."""
        self.folders = tuple(folder.resolve() for folder in folders)
        self._known: dict[Path, bool] = {}

    def __contains__(self, path: Path) -> bool:
        """Return whether a path leads below one of the folders."""
        try:
            if path.is_symlink() or path.name in ("", "..") or path.is_dir():
                return self._holds(path)
        except (OSError, ValueError):  # a name that no file can have
            return False
        if path.parent not in self._known:
            self._known[path.parent] = self._holds(path.parent)
        return self._known[path.parent]

    def _holds(self, path: Path) -> bool:
        try:
            place = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a ring of links
            return False
        return any(place.is_relative_to(folder) for folder in self.folders)


def is_below(path: Path, folders: Iterable[Path]) -> bool:
    """Return whether `path` lies in or below one of `folders`, after every link on the way is followed."""
    return path in Below(folders)


def odd_entry(folder: Path) -> os.DirEntry[str] | None:
    """Return what in `folder` is a link, or neither file nor folder: the first by name, None if none is."""
    with os.scandir(folder) as entries:
        odd = [entry for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    return min(odd, key=lambda entry: entry.name, default=None)
