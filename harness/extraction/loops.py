"""Where a reply begins to say one thing over and over, or to count without end, up to where it was cut."""

from __future__ import annotations

import re
from itertools import accumulate

_PERIOD, _TURNS = 300, 8
_COUNTING = 16  # turns of a piece that differs by its numbers only, which short tables have, too
_TOKEN = re.compile(r"[0-9]+|.", re.S)


def loop(text: str) -> int | None:
    """Return where a piece of up to 300 signs begins that is said again and again to the end, or None.

    Eight times word for word, or sixteen times with other numbers (98 + 99 + 100 +). What was cut within
    its last turn counts, too.
    """
    text = text.rstrip()
    found = _repeats(text, _TURNS)
    if found is not None:
        return found
    tokens = _TOKEN.findall(text)
    counting = _repeats(["0" if token[0].isdecimal() else token for token in tokens], _COUNTING)
    return None if counting is None else [0, *accumulate(map(len, tokens))][counting]


def _repeats(signs: str | list[str], turns: int) -> int | None:
    """Return where signs begin that have a period to the end for so many turns."""
    for period in range(2, min(_PERIOD, len(signs) // turns) + 1):
        start = len(signs) - period
        while start > 0 and signs[start - 1] == signs[start - 1 + period]:
            start -= 1
        if len(signs) - start >= period * turns:
            return start
    return None
