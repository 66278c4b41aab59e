"""What a verdict between two replies says: who wins, how much of the win, and whether it was clear.

`A` is the reply that was shown first.
"""

from __future__ import annotations

from typing import NamedTuple


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
