"""Are two answers the same? Under `ko.v1`, but for the brackets around them that say something."""

from __future__ import annotations

from harness.text.normalize import OUTER, folded, ko_v1, one_space

_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_BRACKETS = frozenset("()[]{}<>")


def same_answer(said: str, wanted: str) -> bool:
    """Return whether two texts are one answer.

    Compared under `ko.v1`, which takes off the punctuation around a text, two answers must not differ in
    brackets that say something: `[3,4)` is not `(3,4]`, `> 3` is not `< 3`. Brackets around one of the two
    only, as in `(서울)`, say nothing. Texts of punctuation alone, of which `ko.v1` leaves nothing, are
    compared as they are written, runs of white space as one blank.
    """
    said_core, wanted_core = ko_v1(said), ko_v1(wanted)
    if not said_core and not wanted_core:
        return one_space(said) == one_space(wanted)
    return said_core == wanted_core and _agree(_around(said), _around(wanted))


def _around(text: str) -> tuple[str, str]:
    """Return the brackets before and behind a text, other punctuation left out."""
    text = folded(text)
    before, behind = text[: len(text) - len(text.lstrip(OUTER))], text[len(text.rstrip(OUTER)) :]
    return "".join(filter(_BRACKETS.__contains__, before)), "".join(filter(_BRACKETS.__contains__, behind))


def _agree(said: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """Return whether what stands around two texts may stand around one answer."""
    if said == wanted:
        return True
    if any(said) and any(wanted):
        return False
    before, behind = said if any(said) else wanted
    pairs = "".join(_CLOSING.get(sign, "?") for sign in reversed(before)) == behind
    # One bracket alone, as of `1)`, is a list's; `> 3` compares.
    return pairs or (not (before and behind) and not {"<", ">"} & {*before, *behind})
