"""What the checkers count, and how a count is held against what was asked."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

AT_LEAST, LESS_THAN = "at least", "less than"
RELATIONS = {
    **{AT_LEAST: int.__ge__, LESS_THAN: int.__lt__, "exactly": int.__eq__},
    **{"이상": int.__ge__, "미만": int.__lt__, "이하": int.__le__, "정확히": int.__eq__},
}

_WORD = re.compile(r"\w+")
_TERMINATORS = re.compile(r"(?<=[.!?。…])[\"'”’)\]]*\s+|\n+")
# What ends in a full stop that ends no sentence; lower case, the last full stop left out.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "dr mr mrs ms prof rev gen col lt sgt capt st sr jr vs etc e.g i.e cf no vol fig al inc ltd co "
        "corp u.s u.k u.n d.c p.m a.m p.s p.p.s ph.d m.d b.a m.a b.s m.s jan feb mar apr jun jul aug sep "
        "sept oct nov dec ave blvd rd mt ft approx dept est ",
    )
)


def holds(count: int, relation: str, wanted: int) -> bool:
    """Return whether a count is in the relation to the number that was asked for.

    Raises:
        KeyError: no such relation.
    """
    return bool(RELATIONS[relation](count, wanted))


def words(text: str) -> int:
    """Return the number of runs of letters, digits and underscores, as IFEval counts words."""
    return len(_WORD.findall(text))


def sentences(text: str) -> int:
    """Return the number of English sentences.

    By Punkt's algorithm (Kiss and Strunk 2006) with a list of abbreviations in place of its trained model,
    whose file no package brings, and with the signs that it knew when IFEval's figures were made: later
    versions end a sentence at a full stop before a curly quotation mark too.
    """
    return len(_punkt().tokenize(text))


def korean_sentences(text: str) -> int:
    """Return the number of Korean sentences: what a full stop, ?, ! or the end of a line ends."""
    return len(parted(text))


def parted(text: str) -> list[str]:
    """Return what a full stop, ?, ! or the end of a line ends and has a letter or a digit in it."""
    return [part for part in _TERMINATORS.split(text) if any(map(str.isalnum, part))]


@cache
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer

    class Signs(PunktLanguageVars):  # type: ignore[misc]  # nltk is untyped
        _re_non_word_chars = r"(?:[)\";}\]\*:@\'\({\[!\?])"
        re_boundary_realignment = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)

    known = PunktParameters()
    known.abbrev_types.update(_ABBREVIATIONS)
    return PunktSentenceTokenizer(known, lang_vars=Signs())
