"""The kinds of perturbation, each a function from (text, key) to a text; the key alone decides every draw."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from harness import seeding
from harness.perturbations import hangul
from harness.perturbations.speech import dialect, honorific

T = TypeVar("T")
Key = tuple[object, ...]
Change = Callable[[str, Key], str]

EVERY_SPACE, EVERY_WORD = 3, 6  # one space in 3 is dropped, one word in 6 is mistyped
_WORD = re.compile(r"[가-힣]{2,}")


class Kind(NamedTuple):
    """A kind by name: what it does to a text, and whether it needs Kiwi."""

    name: str
    change: Change
    kiwi: bool = False


def spacing(text: str, key: Key) -> str:
    """Return the text with spaces between Hangul dropped as people drop them: one in three, at least one."""
    places = [found.start() for found in re.finditer(r"(?<=[가-힣]) (?=[가-힣])", text)]
    gone = set(_drawn(places, EVERY_SPACE, key))
    return "".join(sign for place, sign in enumerate(text) if place not in gone)


def typo(text: str, key: Key) -> str:
    """Return the text with a key beside the right one hit in some words: one in six, at least one."""
    words = [found.span() for found in _WORD.finditer(text)]
    signs = list(text)
    for start, end in _drawn(words, EVERY_WORD, key):
        # Never the first syllable: a slip there makes another word more often than a mistyped one.
        place = start + 1 + seeding.number(*key, "syllable", start) % (end - start - 1)
        signs[place] = _slipped(signs[place], (*key, "key", place))
    return "".join(signs)


def _slipped(sign: str, key: Key) -> str:
    """Return a syllable with one of its keys slipped to the one beside it."""
    of = hangul.parts(sign)
    if of is None:
        return sign
    lead, vowel, tail = of
    choices = [
        *((hangul.LEADS.index(other), vowel, tail) for other in hangul.BESIDE.get(hangul.LEADS[lead], ())),
        *((lead, hangul.VOWELS.index(other), tail) for other in hangul.BESIDE.get(hangul.VOWELS[vowel], ())),
        *((lead, vowel, hangul.TAILS.index(other)) for other in hangul.BESIDE.get(hangul.TAILS[tail], ())),
    ]
    return hangul.syllable(*choices[seeding.number(*key) % len(choices)]) if choices else sign


def jamo(text: str, key: Key) -> str:
    """Return the text in NFD, as macOS names its files: the same text to a reader, other code points."""
    return unicodedata.normalize("NFD", text)


def romanise(text: str, key: Key) -> str:
    """Return the text in Latin letters, each syllable as the Revised Romanisation spells it."""
    return hangul.romanised(text)


def _drawn(places: Sequence[T], every: int, key: Key) -> Iterator[T]:
    """Yield about one of `every` places, at least one if there is any, in their order."""
    if places:
        count = max(1, round(len(places) / every))
        ranked = sorted(range(len(places)), key=lambda place: seeding.number(*key, place))
        yield from (places[place] for place in sorted(ranked[:count]))


TEXTS = {
    kind.name: kind
    for kind in (
        Kind("spacing", spacing),
        Kind("typo", typo),
        Kind("jamo", jamo),
        Kind("honorific", honorific, kiwi=True),
        Kind("romanise", romanise),
        Kind("dialect", dialect, kiwi=True),
    )
}
ORDER, PARAPHRASE = "order", "paraphrase-template"
NAMES = (*TEXTS, ORDER, PARAPHRASE)
