"""Numbers in words, in digits: 다섯 벌 → 5 벌, 이십삼입니다 → 23입니다, two dozen → 24.

| written | read as |
|---|---|
| 다섯 벌, 세 개, 열두 명, 스물한 살 | 5, 3, 12, 21: native numerals before a counter, or as the predicate |
| 삼만 오천 원, 이십삼입니다 | 35000, 23: of 십, 백, 천 or 만 and a unit or a copula |
| There are twenty-three, two dozen | 23, 24: at the beginning or behind a verb, where there are no digits |
| 한 번, 두 사람, 세 가지, 네, 열 | unchanged: counted by the way, or other words |
| one | unchanged, but as the answer itself: it is an article or a pronoun |

A word that counts what a sentence speaks of (두 개의 공) is none where the sentence has digits.
"""

from __future__ import annotations

import re
from itertools import pairwise

_TENS = {
    **{"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50},
    **{"예순": 60, "일흔": 70, "여든": 80, "아흔": 90},
}
_ALONE = {
    **{"하나": 1, "둘": 2, "셋": 3, "넷": 4},
    **{"다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9},
}
_ONES = {**_ALONE, "한": 1, "두": 2, "세": 3, "네": 4}
_SINO = dict(zip("일이삼사오육칠팔구", range(1, 10), strict=True))
_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"만": 10**4, "억": 10**8}
_COUNTER = (
    "(?:개월|개|명|벌|자루|마리|권|장|대|병|잔|송이|그루|켤레|살|시간|봉지|상자|조각|척|채|통|판|팀|달|주"
    "|캔|컵|바구니|접시|그릇|알|줄)"
)
_ENDS = r"(?=[은는이가을를로도만씩과와뿐밖]|입니|였|인|예요|에요|의 |[\s,.!?)*~]|$)"
_NATIVE = re.compile(
    rf"(?<![가-힣0-9])(?P<tens>{'|'.join(_TENS)})?(?P<ones>{'|'.join(_ONES)})?"
    rf"(?P<rest>\*{{0,2}} ?{_COUNTER}\*{{0,2}}{_ENDS})"
)
_PREDICATE = re.compile(
    rf"(?<![가-힣0-9])(?P<tens>{'|'.join(_TENS)})?(?P<ones>{'|'.join(_ALONE)})"
    r"(?P<rest>\*{0,2}(?:입니다|이다|이에요|예요|이죠|이 (?:됩|된|남)|\.?$))"
)
_SINO_WORD = re.compile(
    r"(?<![가-힣0-9])(?<![0-9] )(?=[일이삼사오육칠팔구]?[십백천만])"
    r"(?P<said>[일이삼사오육칠팔구십백천만억]{1,20}(?: [일이삼사오육칠팔구십백천만]{1,20}){0,4})"
    r"(?= ?(?:(?:[원명개살세점권벌분]|달러)(?:[은는이가을를로의도만입예에씩정 .,)!?]|$)"
    r"|퍼센트|프로|자리|미터|킬로|그램|마리|시간|유로)|입니다|이다(?:\.|$))"
)
_UNITS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9},
    **{"zero": 0, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15},
    **{"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19},
}
_TYS = {
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_UNIT, _DIGIT_WORD = "|".join([*_UNITS][::-1]), "|".join([*_UNITS][:9])
_BELOW_100 = rf"(?:(?:{'|'.join(_TYS)})(?:[- ](?:{_DIGIT_WORD})\b)?|(?:{_UNIT})\b)"
_BELOW_1000 = rf"(?:{_BELOW_100}(?: dozen| hundred(?:(?: and)? {_BELOW_100})?)?)"
_SAID = rf"{_BELOW_1000}(?: (?:thousand|million|billion)(?:,?(?: and)? {_BELOW_1000})?){{0,3}}"
# Where a word states an amount: at the beginning, and behind a verb or a sign.
_ENGLISH = re.compile(
    r"(?P<lead>^[\s*\"'(]{0,4}|(?:\b(?:is|are|was|were|be|equals?|of|has|have|had|with|leaves|gives|gets?|makes"
    rf"|exactly|about|approximately|only)|[=:])[\s*\"']{{1,4}})(?P<said>{_SAID})\b(?! (?:of|another)\b)",
    re.I,
)
_ONE_ALONE = re.compile(
    r"(?:answer|result|total)\b[^.\n]{0,20}\b(?:is|=|:)[\s*\"']*one\b[\s*\"']*[.!]?$|^\W*one\W*$", re.I
)
_SENTENCES = re.compile(r"(?<=[가-힣a-z)*][.!?])(?=\s)|\n")
_BY_THE_WAY = re.compile(r"의 |[을를] ")
# 다섯 벌을 가지고 있습니다 tells how many there are, whatever was said before.
_HOLDS = re.compile(
    r"[을를이가]? ?(?:가지고 있|갖고 있|지니고 있|보유하|소유하|남아 ?있|남(?:습|았|는다|게))"
)
# 두 개의 브랜치를 합치는 방법입니다 tells what something is for, and no amount.
_DESCRIBED = re.compile(r"의 [가-힣 ]{1,20}[을를이가] [가-힣]{1,8}(?:는|한|할|된|기|던) ")
_STATES = re.compile(r"(?:있|남|됩|된|되|입니다|이다)[가-힣 ]{0,8}[.!]?\s*$")
_DIGIT = re.compile("[0-9]")


def in_digits(text: str) -> str:
    """Return the text with its numbers in words written in digits, a sentence at a time."""
    cuts = [0, *(match.end() for match in _SENTENCES.finditer(text)), len(text)]
    return "".join(_sentence(text[start:stop]) for start, stop in pairwise(cuts))


def _sentence(said: str) -> str:
    """Return a sentence with its number words in digits."""
    digits = bool(_DIGIT.search(said))
    said = _SINO_WORD.sub(lambda match: str(_sino(match["said"])), said)
    said = _PREDICATE.sub(_native, said)
    said = _NATIVE.sub(
        lambda match: match[0] if _by_the_way(said[match.end() :], digits=digits) else _native(match), said
    )
    return said if digits else _ENGLISH.sub(lambda match: match["lead"] + _english(match["said"], said), said)


def _by_the_way(after: str, *, digits: bool) -> bool:
    """Return whether what is counted is what a sentence speaks of: 두 개의 공을 꺼내면."""
    if _HOLDS.match(after):
        return False
    told = digits or not _STATES.search(after) or _DESCRIBED.match(after)
    return bool(_BY_THE_WAY.match(after)) and bool(told)


def _native(match: re.Match[str]) -> str:
    value = _TENS.get(match["tens"] or "", 0) + _ONES.get(match["ones"] or "", 0)
    return f"{value}{match['rest']}" if value else match[0]


def _sino(text: str) -> int:
    """Return 삼만 오천 as 35000: a section of thousands before each 만 or 억."""
    total = section = digit = 0
    for sign in text.replace(" ", ""):
        if sign in _SINO:
            digit = _SINO[sign]
        elif sign in _SMALL:
            section, digit = section + (digit or 1) * _SMALL[sign], 0
        else:
            total, section, digit = total + (section + digit or 1) * _BIG[sign], 0, 0
    return total + section + digit


def _english(text: str, sentence: str) -> str:
    words = re.findall("[a-z]+", text.lower())
    if words == ["one"] and not _ONE_ALONE.search(sentence):
        return text
    total = section = 0
    for word in words:
        if word in ("dozen", "hundred"):
            section *= _SCALES[word]
        elif word in _SCALES:
            total, section = total + section * _SCALES[word], 0
        else:
            section += _TYS.get(word, 0) + _UNITS.get(word, 0)
    return str(total + section)
