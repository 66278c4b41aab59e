"""Ctrl-C, politely: the first ends the questions, the second ends everything."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from harness.terminal import say


class Drain:
    """Turns the first Ctrl-C (or SIGTERM) into "ask no more", and leaves the second to Python."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Drain:
        """Listen, if this is the main thread: elsewhere signals do not arrive."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        say("stopping after what is in flight; Ctrl-C again stops at once")

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
