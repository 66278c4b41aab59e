"""Room on the disk, set aside while a run is written: for what is on the wire when the disk is full."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from harness.files import open_own

ROOM = ".room"
MOST = 2**20  # bytes: some hundred records
SHARE = 4  # of what is free, so that a small disk is not filled by it


class Ballast:
    """A file of no content in a run directory, which is thrown overboard when the disk is full."""

    def __init__(self, directory: Path) -> None:
        """Take the room, or as much of it as a small disk has; without any the run goes on as well."""
        self._path = directory / ROOM
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)  # what a kill left
            size = min(MOST, shutil.disk_usage(directory).free // SHARE)
            with open_own(self._path, "xb") as stream:
                _fill(stream.fileno(), size)

    def drop(self) -> bool:
        """Give the room back; return whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def _fill(descriptor: int, size: int) -> None:
    """Make a file take up `size` bytes of the disk, not only of its length."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        for _ in range(size // 65536):
            os.write(descriptor, bytes(65536))
