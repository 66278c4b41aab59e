"""Text, cleaned and normalised by name. A name is versioned: its meaning never changes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

_NOT_HANGUL = re.compile(r"[^가-힣ㄱ-ㅎㅏ-ㅣ\s]")
_SPACES = re.compile(r"\s+")

# Text of these signs alone is its own folded form, but for runs of blanks: most text, and fast.
_PLAIN = re.compile(r"[\t-\r -~가-힣ㄱ-ㅣ]*")
_JAMO = re.compile(r"[ㄱ-ㆎ]")
_NOT_JAMO = re.compile(r"[^ㄱ-ㆎ]+")

# Initials, vowels and finals as NFD has them. Letters of old Hangul stay as they are.
_MODERN = (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))

OUTER = " .,!?:;~\"'`*()[]{}<>·"


def nfc(text: str) -> str:
    """Return `text` with Hangul syllables composed; a file from macOS may hold them in pieces."""
    return (
        text
        if text.isascii() or unicodedata.is_normalized("NFC", text)
        else unicodedata.normalize("NFC", text)
    )


def hangul_only(text: str) -> str:
    r"""Return `text` without anything but Hangul syllables, Jamo and white space, ends stripped.

    The lecture's `[^가-힣ㄱ-ㅎㅏ-ㅣ\s]`, after NFC: decomposed Hangul would otherwise vanish.
    """
    return _NOT_HANGUL.sub("", nfc(text)).strip()


def one_space(text: str) -> str:
    """Return `text` with every run of white space as one blank, ends stripped."""
    return _SPACES.sub(" ", text).strip()


def folded(text: str) -> str:
    """Return `text` with one form for each sign and single blanks; its case stays.

    Steps 1 to 7 of `ko.v1`.
    """
    return " ".join((text if _PLAIN.fullmatch(text) else _one_form(text)).split())


def bare(text: str) -> str:
    """Return `text` folded, without the punctuation around it: steps 1 to 8 of `ko.v1`."""
    return _without_outer(folded(text))


def ko_v1(text: str) -> str:
    """Return `text` as `ko.v1` compares answers; `서울。`, `서울.` and ` 서울 ` are one answer.

    In this order:

    | step | what | example |
    |---|---|---|
    | 1 | NFC: syllables and letters composed | NFD 서울 → 서울 |
    | 2 | signs without a width go; Hangul fillers become blanks | BOM, ZWSP, soft hyphen |
    | 3 | a Jamo, half-width, conjoining or enclosed, is the compatibility letter | ﾡ ᄀ ㉠ → ㄱ, ㈀ → (ㄱ) |
    | 4 | enclosed numbers are numbers, a list beside one another | ① ❶ ➀ → 1, ①② → 1,2 |
    | 5 | fractions stay apart from digits before, powers get a sign | 3½ → 3 1/2, 10² → 10^2 |
    | 6 | NFKC, but no Jamo are joined: width, units, Roman numbers | Ａ → A, ㎏ → kg, Ⅳ → IV, ㉮ → 가 |
    | 7 | ASCII's punctuation, and ·; white space is one blank | 。、「」《》“”…–〜 → . , " " " ... - ~ |
    | 8 | blanks and punctuation around the text go, not the point of .5 | (서울)! → 서울 |
    | 9 | case is folded (Unicode's full folding) | SEOUL → seoul, Straße → strasse |

    Kept: particles (인도, 제주도 and 회의 end in what only looks like one), blanks inside (서울 시 is not
    서울시), signs and units (-5, C++, 50%), words of numbers (셋 is not 3), Hanja. Idempotent.
    """
    said = bare(text).casefold()
    if _PLAIN.fullmatch(said):
        return said
    # Folding case can undo NFKC (ŉ), and NFKC can bring capitals back.
    return bare(bare(said).casefold())


def _one_form(text: str) -> str:
    text = nfc(text).translate(_BEFORE)
    text = _POWER.sub("^", _CROWDED.sub(",", text))
    text = _NOT_JAMO.sub(_nfkc, text) if _JAMO.search(text) else unicodedata.normalize("NFKC", text)
    return text.translate(_AFTER)


def _nfkc(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _without_outer(text: str) -> str:
    tail = text.rstrip(OUTER)
    said = tail.lstrip(OUTER)
    if said[:1].isdecimal() and re.search(r"(?<!\.)\.$", tail[: len(tail) - len(said)]):
        return f".{said}"
    return said


def _letters() -> Iterator[tuple[int, str]]:
    """Yield conjoining, half-width and enclosed Jamo with their compatibility letters.

    NFKC would make conjoining Jamo of all of them, and one syllable of ㄱ beside ㅏ.
    """
    conjoining = {}
    for code in _MODERN:
        name = unicodedata.name(chr(code), "").partition("SEONG ")[2]
        conjoining[chr(code)] = unicodedata.lookup(f"HANGUL LETTER {name}")
    for code in (*_MODERN, *range(0x3200, 0x320E), *range(0x3260, 0x326E)):
        told = unicodedata.normalize("NFKC", chr(code))
        letters = "".join(conjoining.get(sign, sign) for sign in told)
        if letters != chr(code):
            yield code, letters
    for code in range(0xFFA1, 0xFFDD):
        decomposed = unicodedata.decomposition(chr(code)).split()
        if decomposed:
            yield code, chr(int(decomposed[-1], 16))


def _enclosed() -> Iterator[tuple[int, str]]:
    """Yield circled numbers for which Unicode has no decomposition: ❶ ➀ ➊ ⓫ ⓵ ⓿."""
    for first, start, count in (
        (0x2776, 1, 10),
        (0x2780, 1, 10),
        (0x278A, 1, 10),
        (0x24EB, 11, 10),
        (0x24F5, 1, 10),
        (0x24FF, 0, 1),
    ):
        for number in range(count):
            # As the circled number that decomposes; step 4 sees one kind of circle.
            yield first + number, _circled(start + number)


def _circled(number: int) -> str:
    return "⓪" if number == 0 else chr(0x2460 + number - 1)


def _fractions() -> Iterator[tuple[int, str]]:
    for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F), 0x2189):
        yield code, " " + unicodedata.normalize("NFKC", chr(code)).replace("⁄", "/")


_INVISIBLE = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u20e3" + "".join(
    map(chr, range(0xFE00, 0xFE10))
)
_BEFORE: dict[int, str] = {
    **dict(_letters()),
    **dict(_enclosed()),
    **dict(_fractions()),
    **dict.fromkeys(map(ord, _INVISIBLE), ""),
    **dict.fromkeys((0x3164, 0xFFA0, 0x115F, 0x1160), " "),
    # NFKC makes a blank and a mark of these two; ㆍ is a letter that is written for a middle dot.
    ord("´"): "'",
    ord("˜"): "~",
    ord("ㆍ"): "·",
}
_CIRCLES = "①-⑳⓪㉑-㉟㊱-㊿"
_CROWDED = re.compile(f"(?<=[0-9０-９{_CIRCLES}])(?=[{_CIRCLES}])|(?<=[{_CIRCLES}])(?=[0-9０-９])")
_POWER = re.compile("(?<=[0-9０-９)])(?=[⁰¹²³⁴-⁹⁻])")
_AFTER: dict[int, str] = {
    ord(old): new
    for olds, new in (
        ("。", "."),
        ("、", ","),
        ("“”„‟″〝〞〟«»‹›「」『』《》〈〉", '"'),
        ("‘’‚‛′ʼ", "'"),
        ("【〔〖", "["),
        ("】〕〗", "]"),
        ("‐‑‒–—―−", "-"),
        ("〜∼⁓", "~"),
        ("•‧・∙⋅", "·"),
        ("⁄∕", "/"),
        ("⋯", "..."),
    )
    for old in olds
}

CLEANERS: dict[str, Callable[[str], str]] = {
    "nfc": nfc,
    "hangul_only": hangul_only,
    "one_space": one_space,
}
