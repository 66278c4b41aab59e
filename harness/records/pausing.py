"""A word left in a run's directory for the process that makes it: ask no more, it is gone on with later."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from harness.files import open_own
from harness.records.atomic import disk_errors

PAUSE = ".pause"
EVERY_S = 0.5  # between two looks: a look is a system call, and storage may be shared


def ask_to_pause(directory: Path) -> None:
    """Leave the word.

    Raises:
        BadInput, Stopped, Unavailable: it cannot be written there.
    """
    with disk_errors(directory / PAUSE), contextlib.suppress(FileExistsError):
        open_own(directory / PAUSE, "xb").close()


def forget(directory: Path) -> None:
    """Take the word away: it was heard, or was meant for a process that is gone."""
    with contextlib.suppress(OSError):
        (directory / PAUSE).unlink()


class Pausing:
    """Listens for the word, not more often than storage bears."""

    def __init__(self, directory: Path) -> None:
        """Hear nothing yet."""
        self._word = directory / PAUSE
        self._next = 0.0

    @property
    def wanted(self) -> bool:
        """Return whether the word is there."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + EVERY_S
        return self._word.is_file() and not self._word.is_symlink()
