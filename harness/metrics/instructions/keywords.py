"""Keywords: words that must be there, must not, and how often; letters too."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.metrics.instructions.counts import holds
from harness.text.normalize import nfc


def existence(reply: str, keywords: Sequence[str]) -> bool:
    """Return whether every keyword is in the reply, in any case; each is a pattern, as IFEval has it."""
    return all(re.search(word, reply, re.IGNORECASE) for word in keywords)


def frequency(reply: str, keyword: str, frequency: int, relation: str) -> bool:
    """Return whether the keyword is there as often as asked, in any case and within words."""
    return holds(len(re.findall(keyword, reply, re.IGNORECASE)), relation, frequency)


def forbidden_words(reply: str, forbidden_words: Sequence[str]) -> bool:
    """Return whether none of the words stands in the reply as a word of its own."""
    return not any(re.search(rf"\b{word}\b", reply, re.IGNORECASE) for word in forbidden_words)


def letter_frequency(reply: str, letter: str, let_frequency: int, let_relation: str) -> bool:
    """Return whether a letter, of either case, is there as often as asked."""
    return holds(reply.lower().count(letter.lower()), let_relation, let_frequency)


def korean_forbidden_words(reply: str, forbidden_words: Sequence[str]) -> bool:
    """Return whether none of the words begins an eojeol of the reply: what follows may be a particle."""
    text = nfc(reply)
    return not any(re.search(rf"(?<!\w){re.escape(nfc(word))}", text) for word in forbidden_words)


def syllable_frequency(reply: str, letter: str, let_frequency: int, let_relation: str) -> bool:
    """Return whether a Hangul syllable is there as often as asked, pieces put together first."""
    return holds(nfc(reply).count(nfc(letter)), let_relation, let_frequency)
