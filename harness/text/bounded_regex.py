"""Regular expressions of tasks, which may backtrack for ever on a text that nobody thought of."""

from __future__ import annotations

import re
import signal
import threading
from typing import Any

SECONDS = 5.0  # of one search; an honest one takes microseconds


class TooSlow(Exception):
    """A search did not end."""


def search(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return what `pattern` finds first, None if nothing.

    The time is bounded where a signal can end a search: in the main thread, and not on Windows.

    Raises:
        TooSlow: it did not end in `SECONDS`.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return pattern.search(text)

    def end(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return pattern.search(text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
