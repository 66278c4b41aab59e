"""Text, cleaned and normalised by name. A name is versioned: its meaning never changes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_NOT_HANGUL = re.compile(r"[^가-힣ㄱ-ㅎㅏ-ㅣ\s]")
_SPACES = re.compile(r"\s+")
_CJK_PUNCTUATION = {
    ord(old): new
    for old, new in zip(
        "。、，．！？：；～“”‘’「」『』《》〈〉【】…·", '.,,.!?:;~""\'\'""""""""[].·', strict=True
    )
}


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
    """Return `text` under NFKC, with Latin punctuation and single blanks; its case stays."""
    return one_space(unicodedata.normalize("NFKC", text).translate(_CJK_PUNCTUATION))


def bare(text: str) -> str:
    """Return `text` folded, without the punctuation around it."""
    return folded(text).strip(" .,!?:;~\"'`*()[]{}<>·")


def ko_v1(text: str) -> str:
    """Return `text` as `ko.v1` compares answers: NFKC, one case, single blanks, no outer punctuation.

    NFKC composes Hangul and folds full-width forms; `서울。`, `서울.` and ` 서울 ` are one answer.
    Particles stay: 인도, 제주도 and 회의 end in what only looks like one.
    """
    return bare(text).casefold()


CLEANERS: dict[str, Callable[[str], str]] = {
    "nfc": nfc,
    "hangul_only": hangul_only,
    "one_space": one_space,
}
