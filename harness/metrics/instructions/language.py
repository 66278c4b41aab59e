"""Language: the one that all of a reply is in, and how Korean is spoken in it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from harness import DISTRIBUTION
from harness.errors import Unavailable

_LATIN = re.compile(r"[A-Za-z]")
_SENTENCE_END = re.compile(r"[.!?。…]+[\"'”’)\]]*(?:\s+|$)|\n+")
_POLITE = re.compile(r"(?:니다|니까|시오|세요|[가-힣]요|죠)$")


def response_language(reply: str, language: str) -> bool:
    """Return whether the reply is in the language of that ISO code.

    Raises:
        Unavailable: the extra `ifeval` is not installed.
    """
    return language_of(reply) in (language, None)


def language_of(text: str) -> str | None:
    """Return the ISO code of a text's language, None where it shows none: digits and signs alone.

    Raises:
        Unavailable: the extra `ifeval` is not installed.
    """
    detect, undecided = detector()
    try:
        return str(detect(text))
    except undecided:
        return None


@cache
def detector() -> tuple[Any, type[Exception]]:
    """Return langdetect's detector, its draws seeded, and what it raises where a text shows no language.

    Raises:
        Unavailable: the extra `ifeval` is not installed.
    """
    try:
        import langdetect
    except ImportError:
        raise Unavailable(
            "instructions about a language need langdetect, which is not installed: "
            f"pip install '{DISTRIBUTION}[ifeval]'"
        ) from None
    langdetect.DetectorFactory.seed = 0
    return langdetect.detect, langdetect.lang_detect_exception.LangDetectException


def polite_korean(reply: str) -> bool:
    """Return whether every sentence ends politely (합니다, 해요)."""
    parts = [re.sub(r"\W+$", "", part) for part in _SENTENCE_END.split(reply)]
    said = [part for part in parts if re.search("[가-힣]", part)]
    return bool(said) and all(_POLITE.search(part) for part in said)


def no_latin(reply: str) -> bool:
    """Return whether there is no Latin letter."""
    return _LATIN.search(reply) is None
