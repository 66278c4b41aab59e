"""What a verdict between two replies says: who wins, how much of the win, and whether it was clear.

`A` is the reply that was shown first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from harness.errors import BadInput


class Verdict(NamedTuple):
    """The share of the win that the first has (1, ½, 0), and whether it was much better or worse."""

    share: float
    strong: bool = False

    @property
    def swapped(self) -> Verdict:
        """Return the verdict as it reads with the places changed."""
        return Verdict(1 - self.share, self.strong)


FIRST, TIE, SECOND = Verdict(1.0), Verdict(0.5), Verdict(0.0)
GRADES = {"A>>B": Verdict(1.0, True), "A>B": FIRST, "A=B": TIE, "B>A": SECOND, "B>>A": Verdict(0.0, True)}
WORDS = {
    **GRADES,
    **dict.fromkeys(("a", "first", "model_a", "앞", "1"), FIRST),
    **dict.fromkeys(("b", "second", "model_b", "뒤", "2"), SECOND),
    **dict.fromkeys(("c", "tie", "both", "tie (bothbad)", "both bad", "무승부", "비김", "="), TIE),
    **{"A<B": SECOND, "A<<B": GRADES["B>>A"], "B<A": FIRST, "B<<A": GRADES["A>>B"], "B=A": TIE},
}


def verdict_of(word: str) -> Verdict | None:
    """Return the verdict that a word stands for, None if it is none."""
    word = word.strip()
    return WORDS.get(word) or WORDS.get(word.replace(" ", "").upper()) or WORDS.get(word.lower())


def word_of(verdict: Verdict) -> str:
    """Return `A>>B` … `B>>A`."""
    return next(word for word, one in GRADES.items() if one == verdict)


# What a judge quotes is never its verdict: the replies it was shown stand between these marks.
_QUOTED = re.compile(r"<(reply(?:_[ab])?|question) ([0-9a-f]{12})>.*?</\1 \2>", re.DOTALL)
_BETWEEN = re.compile(r"<(reply(?:_[ab])?|question) ([0-9a-f]{12})>\n(.*?)\n</\1 \2>", re.DOTALL)
_MARKED = re.compile(r"\[\[([^\[\]\n]{1,12})\]\]")
_LIKE_OURS = re.compile(r"\[(?=\[)|<(?=/?(?:reply|question))")
_JOINER = "\u2060"  # nobody sees it, and what holds it is no verdict and no mark


def quoted(text: str, what: str, mark: str) -> str:
    """Return a text between marks that nothing inside can close: `mark` is a hash that it cannot foresee.

    What looks like a verdict or a mark in it is broken by a sign that has no width: it can still be read, and
    is neither where a judge repeats a piece of it.
    """
    return f"<{what} {mark}>\n{_LIKE_OURS.sub(lambda found: found[0] + _JOINER, text)}\n</{what} {mark}>"


def shown(text: str) -> dict[str, str]:
    """Return what a judge was shown between marks: `reply`, `reply_a`, `reply_b`, `question` → the text."""
    return {found[1]: found[3].replace(_JOINER, "") for found in _BETWEEN.finditer(text)}


def _said(text: str) -> str | None:
    """Return what stands in the last double brackets of the judge's own words, None without any."""
    found = _MARKED.findall(_QUOTED.sub("", text))
    return found[-1].strip() if found else None


def score_verdict(lowest: float = 1.0, highest: float = 10.0) -> Callable[[str, object], str | None]:
    """Return the step that reads a score, `[[7]]`, of a scale; outside of it there is none.

    Raises:
        BadInput: the scale has no room.
    """
    if not lowest < highest:
        raise BadInput(f"score_verdict: a scale from {lowest:g} to {highest:g} has no room")

    def step(text: str, _options: object) -> str | None:
        said = (_said(text) or "").partition("/")[0]
        try:
            score = float(said)
        except ValueError:
            return None
        return f"{score:g}" if lowest <= score <= highest else None

    return step


def pair_verdict() -> Callable[[str, object], str | None]:
    """Return the step that reads a verdict between two replies, `[[A>>B]]` … `[[B>>A]]` or `[[A]]`."""

    def step(text: str, _options: object) -> str | None:
        found = verdict_of(_said(text) or "")
        return None if found is None else word_of(found)

    return step
