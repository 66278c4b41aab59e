"""The right of one process to write into a run directory."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from harness.errors import BadInput, Place
from harness.files import open_own
from harness.records.atomic import disk_errors, now, require_plain
from harness.records.run_file import SAMPLES

LOCK = ".lock"


class Lock:
    """The right to write into a directory, held until `release` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        """Take the lock.

        Raises:
            BadInput: another process has it; the message says which. Or a file in it is a link.
        """
        path = directory / LOCK
        require_plain(directory)
        if (directory / SAMPLES).exists():  # it is appended to: that must be known before anything is asked
            with disk_errors(directory / SAMPLES):
                open_own(directory / SAMPLES, "rb+").close()
        with disk_errors(path):
            self._stream = open_own(path, "ab+", buffering=0)
        try:
            _lock(self._stream)
        except OSError:
            self._stream.seek(0)
            holder = self._stream.read().decode(errors="replace").strip() or "another process"
            self.release()
            raise BadInput(f"held by {holder}, which is writing this run", place=Place(directory)) from None
        try:
            with disk_errors(path):
                self._stream.truncate(0)
                self._stream.write(
                    f"process {os.getpid()} on {socket.gethostname()} since {now()}\n".encode()
                )
        except BaseException:
            self.release()
            raise

    def __enter__(self) -> Lock:
        """Return the lock, which is held already."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let go."""
        self.release()

    def release(self) -> None:
        """Let go. The file stays: deleting it would let two writers hold two different files."""
        self._stream.close()


def try_lock(stream: IO[bytes]) -> bool:
    """Return whether the file is this process's until it is closed; False where another's holds it."""
    try:
        _lock(stream)
    except OSError:
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        stream.seek(0x7FFF0000)  # a byte nobody writes, so that the holder's name stays readable
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
