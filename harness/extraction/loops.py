"""Where a reply begins to say one thing over and over, or to count without end, up to where it was cut."""

from __future__ import annotations

import re
from itertools import accumulate

_PERIOD, _TURNS = 300, 8
_PARAGRAPH, _TURNS_OF_A_PARAGRAPH = 100, 4  # of so many signs, few turns are enough
_COUNTING = 16  # turns of a piece that differs by its numbers only, which short tables have, too
_LINES, _KINDS = 24, 4  # lines at the end, and how many may differ where nothing new is said
_TOKEN = re.compile(r"[0-9]+|.", re.S)


def loop(text: str) -> int | None:
    """Return where a piece of up to 300 signs begins that is said again and again to the end, or None.

    Eight times word for word, four times from 100 signs on, or sixteen times with other numbers (98 + 99
    + 100 +); or the last 24 lines say four things only. What was cut within its last turn counts, too.
    """
    text = text.rstrip()
    found = _repeats(text, _TURNS)
    if found is not None:
        return found
    tokens = _TOKEN.findall(text)
    counting = _repeats(["0" if token[0].isdecimal() else token for token in tokens], _COUNTING)
    return _lines(text) if counting is None else [0, *accumulate(map(len, tokens))][counting]


def _lines(text: str) -> int | None:
    """Return where the lines begin that say the same four things, in whatever order, to the end."""
    lines = text.split("\n")
    forms = [re.sub("[0-9]+", "0", line).strip() for line in lines]
    said = [form for form in forms if form][-_LINES - 1 : -1]
    if len(said) < _LINES or len(set(said)) > _KINDS:
        return None
    known, first = {"", *said}, len(lines) - 1
    while first > 0 and forms[first - 1] in known:
        first -= 1
    return sum(len(line) + 1 for line in lines[:first])


def _repeats(signs: str | list[str], turns: int) -> int | None:
    """Return where signs begin that have a period to the end for so many turns."""
    for period in range(2, min(_PERIOD, len(signs) // _TURNS_OF_A_PARAGRAPH) + 1):
        start = len(signs) - period
        while start > 0 and signs[start - 1] == signs[start - 1 + period]:
            start -= 1
        if len(signs) - start >= period * (turns if period < _PARAGRAPH else _TURNS_OF_A_PARAGRAPH):
            return start
    return None
