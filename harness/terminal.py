"""What may reach a terminal, or the log of a CI service: text that either would act on is written out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

BOLD, DIM, RED, AMBER = "1", "2", "31", "33"  # styles of a terminal


_speaker: Callable[[str], str] | None = None


@contextmanager
def speaking(speaker: Callable[[str], str] | None) -> Iterator[None]:
    """Let what people are told be put into their language by `speaker`; None leaves it in English."""
    global _speaker  # noqa: PLW0603 - of the process: threads tell, too
    before, _speaker = _speaker, speaker
    try:
        yield
    finally:
        _speaker = before


def spoken(message: str) -> str:
    """Return a message in the language in which people are spoken to."""
    return message if _speaker is None else _speaker(message)


def say(message: str) -> None:
    """Print one line to stderr, never wrapped: rich would break it, inside a path if need be.

    What a terminal would obey is written out: a label may hold a stranger's name.
    """
    print(printable(spoken(message)), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return `text` on one line: what a terminal would act on (ESC, U+2028, …) is written out.

    So is what the log of a CI service takes for a command: `::error` where a line begins, `##[` anywhere.
    """
    line = spelt(text, lambda sign: " " if sign in "\n\t" else ascii(sign)[1:-1])
    return _COMMAND.sub(_disarmed, line) if "::" in line or "##" in line else line


# GitHub's two spellings, Azure's and TeamCity's; blanks before the first do not matter to GitHub.
_COMMAND = re.compile(r"^\s*::|##(?=\[|vso\[|teamcity\[)")


def _disarmed(command: re.Match[str]) -> str:
    return f"{command[0][:-1]}\\x{ord(command[0][-1]):02x}"


def spelt(text: str, code: Callable[[str], str]) -> str:
    """Return `text` with the `code` of each sign that cannot be seen or that a terminal would act on."""
    if text.isprintable():  # as nearly all is, and a name may be a megabyte
        return text
    return "".join(sign if sign.isprintable() else code(sign) for sign in text)


def printable_lines(text: str) -> str:
    """Return `text` with its lines, each of them `printable`."""
    return "\n".join(map(printable, text.split("\n")))


class Few:
    """Says the first of many messages of one kind, and at the end of its block how many more there were."""

    def __init__(self, tell: Callable[[str], None], most: int = 3) -> None:
        self._tell, self._most, self.count = tell, most, 0

    def __call__(self, message: str) -> None:
        """Say a message, unless enough were said."""
        self.count += 1
        if self.count <= self._most:
            self._tell(message)

    def __enter__(self) -> Few:
        """Return what messages are told to."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say how many messages were not said."""
        if self.count > self._most:
            self._tell(f"… and {self.count - self._most:,} more like these")


def is_console(stream: TextIO) -> bool:
    """Return whether people read `stream`: a terminal, or the log of a service that asks for colour."""
    return stream.isatty() or _forced()


def in_colour(stream: TextIO) -> bool:
    """Return whether `stream` takes colour; `NO_COLOR` and `FORCE_COLOR` say so, whatever it is."""
    if os.environ.get("NO_COLOR"):
        return False
    return _forced() or (stream.isatty() and os.environ.get("TERM") != "dumb")


def _forced() -> bool:
    return os.environ.get("FORCE_COLOR", "") not in ("", "0")


def columns(stream: TextIO) -> int | None:
    """Return how many cells a line of `stream` has, None where it has no edge."""
    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return None
    import shutil

    return max(20, shutil.get_terminal_size().columns)


def styled(text: str, code: str, *, colour: bool = True) -> str:
    """Return `text` in a style of the terminal, as it is without colour."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text


def span(seconds: float) -> str:
    """Return a length of time as people say it: `9 s`, `12 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60:02} min"
