"""Hangul as keys and as Latin letters: the two-set keyboard, the Revised Romanisation by letters."""

from __future__ import annotations

FIRST, LAST = 0xAC00, 0xD7A3
LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]

# Keys beside each other on the two-set (두벌식) keyboard, consonants with consonants, vowels with vowels.
_ROWS = ("ㅂㅈㄷㄱㅅ", "ㅁㄴㅇㄹㅎ", "ㅋㅌㅊㅍ", "ㅛㅕㅑㅐㅔ", "ㅗㅓㅏㅣ", "ㅠㅜㅡ")
BESIDE = {
    key: [row[place + step] for step in (-1, 1) if 0 <= place + step < len(row)]
    for row in _ROWS
    for place, key in enumerate(row)
}

_SPELT = {
    "leads": "g kk n d tt r m b pp s ss - j jj ch k t p h",
    "vowels": "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
    "tails": "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
}
_ROMAN_LEADS, _ROMAN_VOWELS, _ROMAN_TAILS = (line.replace("-", "").split(" ") for line in _SPELT.values())


def parts(syllable: str) -> tuple[int, int, int] | None:
    """Return the numbers of a syllable's lead, vowel and tail, None for any other sign."""
    code = ord(syllable) - FIRST
    return (code // 588, code % 588 // 28, code % 28) if 0 <= code <= LAST - FIRST else None


def syllable(lead: int, vowel: int, tail: int) -> str:
    """Return the syllable of a lead, a vowel and a tail (0: none)."""
    return chr(FIRST + lead * 588 + vowel * 28 + tail)


def romanised(text: str) -> str:
    """Return Hangul as Latin letters, syllable by syllable as 2000's Revised Romanisation spells each.

    No sound changes over syllables (한글 is hangeul, 독립 is dokrip): people who type so know none.
    """
    return "".join(
        _ROMAN_LEADS[of[0]] + _ROMAN_VOWELS[of[1]] + _ROMAN_TAILS[of[2]] if (of := parts(sign)) else sign
        for sign in text
    )
