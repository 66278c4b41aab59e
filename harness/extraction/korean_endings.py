"""Korean particles and endings, read only where a known word stands before them.

A particle cannot be told from a syllable without a dictionary: 국가 ends in 가, 인도 in 도. So nothing is
cut off here: a word that is known (an option) is looked for, and the rest of its eojeol must then be
an ending that goes with the word's last sound. 국 ends in a consonant and takes 이, so 국가 is not 국 with
the particle 가.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# What an ending does to the word before it.
KINDS = ("asks", "supposes", "rejects", "joins", "adds", "concedes", "states", "qualifies", "marks")


class Ending(NamedTuple):
    """An ending: what it does to its word, one of KINDS or `none`, and where it stops in the text."""

    kind: str
    stop: int


def ends_closed(word: str) -> bool | None:
    """Return whether the word's last syllable has a final consonant; None if it is not Hangul."""
    return (ord(word[-1]) - 0xAC00) % 28 > 0 if "가" <= word[-1:] <= "힣" else None


def ending(word: str, text: str, start: int) -> Ending | None:
    """Return the ending of `word` at `text[start:]` up to the end of its eojeol; None if it is none.

    An empty rest is the ending `none`.
    """
    if not "가" <= text[start : start + 1] <= "힣":
        return Ending("none", start)
    match = _endings(ends_closed(word)).match(text, start) or _after_noun(_nouns(word)).match(text, start)
    return Ending(match.lastgroup or "none", match.end()) if match else None


def _nouns(word: str) -> str:
    """Return the nouns that are written onto `word`, as alternatives of a pattern."""
    if word.isdecimal():
        return "번|점"
    if len(word) == 1:
        return "번|쪽|뿐"
    return f"{_NOUNS}|적" if word.endswith(_WITH_JEOK) else _NOUNS


# Words that take 적 (-al, -ive) and stay the same answer: 긍정적인. But 인도적 is not India's.
_WITH_JEOK = ("긍정", "부정", "중립", "공격", "객관", "주관", "우호", "비판")

# 긍정리뷰, 부산광역시, 제주도.
_NOUNS = (
    "뿐|쪽|측|편|리뷰|평가|감정|문장|의견|반응|후기|댓글|기사|분야|특별자치시|특별자치도|특별시|광역시|시|도"
)


@lru_cache
def _endings(closed: bool | None, adjective: bool = False) -> re.Pattern[str]:
    """Return the endings after a consonant, a vowel, or a word whose sound is unknown."""
    i = "이" if closed else "이?"
    case = {
        True: "[은이을]|으?로(?:는|서|써)?",
        False: "[는가를]|로(?:는|서|써)?",
        None: "[은는이가을를]|으?로(?:는|서|써)?",
    }[closed]
    and_ = {True: "과", False: "와", None: "[과와]"}[closed]
    kinds = {
        "asks": f"인가요?|인지(?:요|는|도)?|일까요?|일지도?|{i}냐|{i}니(?=[ ?])",
        "supposes": f"{i}라면|{i}면|{i}었다면|였다면|일(?= 수(?:도|가)? 있)|일(?= 경우)",
        "rejects": f"보다는?|{i}라기보다는?|{i}기보다는?|말고|빼고",
        "joins": f"{and_}|하고|{i}랑|{i}나|{i}거나|{i}면서도?|{i}든지?",
        "adds": f"도|으?로도|{i}라고도",
        "concedes": f"{i}지만|인데도?|입니다만|{i}긴",
        "states": f"입니다|이?랍니다|이옵니다|됩니다|된다|{i}다|[이예]?에요|예요|{i}야|{i}지요|이?죠"
        f"|{i}지(?! ?않)|{i}네요?|{i}군요?|{i}구나|이?요|이었습니다|였습니다|이었다|였다|임|{i}고요?|{i}며"
        f"|{i}므로|{i}니까|{i}라서|{i}어서|여서|{i}겠[가-힣]{{1,3}}",
        "qualifies": "인"
        if adjective
        else "인(?= (?:것|거|듯|편|셈|줄|답|정답|만큼))|일(?= (?:것|거|듯|수|리))",
        "marks": f"{case}|의|만|에|에서|부터|까지(?:는|도)?|처럼|뿐"
        f"|{i}라고(?:는)?|{i}라는|{i}란|{i}라|{i}지(?= ?않)",
    }
    either = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items())
    return re.compile(rf"(?:{either})?(?![가-힣])")


@lru_cache
def _after_noun(nouns: str) -> re.Pattern[str]:
    return re.compile(f"(?:{nouns}){_endings(None, '적' in nouns).pattern}")
