"""Regular expressions of tasks, which may backtrack for ever on a text that nobody thought of."""

from __future__ import annotations

import re

from harness.bounded_calls import Child, TooSlow, alarm, can_alarm

SECONDS = 5.0  # of one search; an honest one takes microseconds

Groups = tuple[str | None, ...]  # all that was found, then each group

__all__ = ["SECONDS", "Groups", "TooSlow", "search"]


def search(pattern: re.Pattern[str], text: str) -> Groups | None:
    """Return what `pattern` finds first and its groups, None if nothing.

    Off the main thread and on Windows a child process searches.

    Raises:
        TooSlow: it did not end in `SECONDS`.
    """
    if not can_alarm():
        found = _child.call(SECONDS, pattern.pattern, pattern.flags, text)
        return None if found is None else tuple(found)
    with alarm(SECONDS):
        return _found(pattern, text)


def in_child(pattern: str, flags: int, text: str) -> Groups | None:
    """Return what `search` does, of a pattern that is written out."""
    return _found(re.compile(pattern, flags), text)


def _found(pattern: re.Pattern[str], text: str) -> Groups | None:
    match = pattern.search(text)
    return None if match is None else (match[0], *match.groups())


_child = Child(f"{__name__}:in_child")
