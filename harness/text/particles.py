"""Korean particles by the last sound of the word before them: 정확도와 시간, 지연과 비용, `accuracy`와.

f"{Word('정확도'):와/과} 비용"       # 정확도와 비용
"""

from __future__ import annotations

import re

# As a dictionary names the pair → after a consonant, after a vowel.
PAIRS = {
    "이/가": ("이", "가"),
    "은/는": ("은", "는"),
    "을/를": ("을", "를"),
    "와/과": ("과", "와"),
    "으로/로": ("으로", "로"),
    "이어야/여야": ("이어야", "여야"),
    "이라는/라는": ("이라는", "라는"),
}
_SILENT = re.compile(r"[\s\"'`’”)\]}>』」.,:;!?%…]+$")  # what stands after the last sound
_PERCENT = re.compile(r"%\s*$")  # 퍼센트
_RIEUL, _CONSONANT, _VOWEL = "ㄹ", "x", ""
_DIGITS = {"0": _CONSONANT, "1": _RIEUL, "3": _CONSONANT, "6": _CONSONANT, "7": _RIEUL, "8": _RIEUL}
# A letter that is spelt: 엘, 엠, 엔, 알. The end of a word that is read: -l, -m, -n, -ng; -p, -k, -t, -b as a
# short syllable's last (칩, 북, 챗) cannot be told from the letters, and are read with a vowel (그렙트).
_LETTERS = {"l": _RIEUL, "m": _CONSONANT, "n": _CONSONANT}
_SPELT = _LETTERS | {"r": _RIEUL}


def last_sound(word: str) -> str:
    """Return `""` of a word that ends in a vowel, `"ㄹ"` in ㄹ, `"x"` in another consonant."""
    if _PERCENT.search(word):
        return _VOWEL
    bare = _SILENT.sub("", word)
    if not bare:
        return _VOWEL
    last = bare[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return _RIEUL if final == 8 else _CONSONANT if final else _VOWEL
    if last.isdigit():
        return _DIGITS.get(last, _VOWEL)
    unspeakable = not re.search("[aeiouyAEIOUY][A-Za-z]*$", bare)  # png, csv, html
    if bare[-2:].lower() == "ng" and not unspeakable:
        return _CONSONANT
    spelt = unspeakable or (last.isupper() and (len(bare) < 2 or not bare[-2].islower()))
    return (_SPELT if spelt else _LETTERS).get(last.lower(), _VOWEL)


class Word(str):
    """A text whose format may be a pair of particles, of which it takes the one that fits."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        """Return the text and its particle; any other spec is that of a string."""
        if spec not in PAIRS:
            return format(str(self), spec)
        sound = last_sound(self)
        after_consonant, after_vowel = PAIRS[spec]
        if spec == "으로/로" and sound == _RIEUL:
            return f"{self}{after_vowel}"
        return f"{self}{after_consonant if sound else after_vowel}"
