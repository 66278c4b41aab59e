"""What can go wrong, each with the exit code a shell sees.

    HarnessError
    ├── BadInput      2    arguments, YAML or data are wrong: the user can mend it
    │   └── LaterFormat    a file of a later harness: this one is to be updated
    ├── Unavailable   3    a backend or a download cannot work: extra, key, endpoint
    ├── Stopped       4    a budget, too many failures or a full disk ended a run; it can be resumed
    └── Interrupted   130  Ctrl-C ended a run; it can be resumed

A failed *request* is none of these: it is a `Failure` on its Response, and the run goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.api_keys import redacted
from harness.terminal import printable


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a line in it, counted from 1; without a line, the file as a whole."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        """Return `file:line`, or `file`."""
        path = printable(str(self.path))
        return f"{path}:{self.line}" if self.line else path


class HarnessError(Exception):
    """A problem told to the user in one line: where, what, and what would be right.

    Raised bare it is a fault of the harness itself: 3, as 1 would read as a regression.
    """

    exit_code = 3

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        """Keep `message` on one line and without keys; `place` is shown before it."""
        self.message = printable(redacted(message))
        self.place = place
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return `file:line: message`, or the message alone."""
        return f"{self.place}: {self.message}" if self.place else self.message


class BadInput(HarnessError):
    """The user's arguments, definitions or data are wrong."""

    exit_code = 2


class LaterFormat(BadInput):
    """A file of a later version of the harness, which only that can read."""


class Unavailable(HarnessError):
    """A backend or a source cannot work here: a missing extra, key, model or endpoint."""

    exit_code = 3


class Stopped(HarnessError):
    """A run ended early by a limit; what it earned is kept and the same command goes on."""

    exit_code = 4


class Interrupted(HarnessError):
    """A run ended early by Ctrl-C; what it earned is kept and the same command goes on."""

    exit_code = 130


_BEGINNING = 4  # letters that two names have in common which begin alike


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest known words, else the known words, else ``.

    Near is what is spelt alike; else up to three that begin alike, `nsmc_fewshot` for `nsmc`.

    The leading blank lets callers append it to a sentence.
    """
    import difflib

    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f" Did you mean {near[0]!r}?"
    begun = [one for one in words if len(word) >= _BEGINNING and one.startswith(word[:_BEGINNING])]
    if 0 < len(begun) <= 3:
        return f" Did you mean {' or '.join(map(repr, begun))}?"
    shown = [word if len(word) <= 40 else f"{word[:39]}…" for word in words[:20]]
    return f" Known: {', '.join(shown)}{', …' if len(words) > 20 else ''}." if words else ""
