"""Graceful shutdown: the first signal ends the questions, the second ends everything.

Ctrl-C, SIGTERM and SIGHUP (a terminal that was closed) are one. What a signal is set to be ignored by, as
`nohup` does, stays so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from harness.terminal import say

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class GracefulShutdown:
    """Turns the first signal into "ask no more", and leaves the second to Python as a Ctrl-C."""

    def __init__(self, ends: Callable[[], None] | None = None) -> None:
        """Nothing was asked yet; `ends` is called at the first signal, once."""
        self.asked = False
        self._ends = ends
        self._before: dict[int, Any] = {}

    def __enter__(self) -> GracefulShutdown:
        """Listen, if this is the main thread: elsewhere signals do not arrive."""
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        leave_dead_terminal()
        with contextlib.suppress(OSError):  # nobody may be there to read it
            say("stopping after what is in flight; Ctrl-C again stops at once")
        if self._ends is not None:
            self._ends()

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def leave_dead_terminal() -> None:
    """Write to nowhere from now on where the terminal is gone: a line that cannot be shown ends no run."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            number = stream.fileno()
            # One that hung up is still a device, and no longer says that it is a terminal.
            if stat.S_ISCHR(os.fstat(number).st_mode) and not os.isatty(number):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
