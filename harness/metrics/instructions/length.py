"""Length: sentences, paragraphs, words, and how a paragraph begins."""

from __future__ import annotations

import re

from harness.metrics.instructions import counts
from harness.metrics.instructions.counts import holds
from harness.text.normalize import nfc

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_ENDS_A_WORD = re.compile(r"[.,?!'\"]")


def number_sentences(reply: str, num_sentences: int, relation: str) -> bool:
    """Return whether there are as many English sentences as asked."""
    return holds(counts.sentences(reply), relation, num_sentences)


def number_words(reply: str, num_words: int, relation: str) -> bool:
    """Return whether there are as many words as asked."""
    return holds(counts.words(reply), relation, num_words)


def number_paragraphs(reply: str, num_paragraphs: int) -> bool:
    """Return whether dividers (***) part as many paragraphs; only the first and the last may be empty."""
    parts = _DIVIDER.split(reply)
    inner = parts[1:-1]
    return all(map(str.strip, inner)) and sum(bool(part.strip()) for part in parts) == num_paragraphs


def nth_paragraph_first_word(reply: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Return whether there are as many paragraphs, parted by empty lines, and the nth begins as asked.

    Empty ones do not count, but they keep their place: so IFEval numbers paragraphs.
    """
    parts = reply.split("\n\n")
    count = sum(bool(part.strip()) for part in parts)
    if nth_paragraph > count or not parts[nth_paragraph - 1].strip():
        return False
    word = parts[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    return count == num_paragraphs and _ENDS_A_WORD.split(word)[0].lower() == first_word.lower()


def korean_number_sentences(reply: str, num_sentences: int, relation: str) -> bool:
    """Return whether there are as many Korean sentences as asked."""
    return holds(counts.korean_sentences(reply), relation, num_sentences)


def number_eojeol(reply: str, num_words: int, relation: str) -> bool:
    """Return whether there are as many eojeol, what blanks part and holds a letter or digit, as asked."""
    return holds(sum(any(map(str.isalnum, part)) for part in reply.split()), relation, num_words)


def number_characters(reply: str, num_characters: int, relation: str) -> bool:
    """Return whether there are as many characters but white space as asked; a syllable is one."""
    return holds(len("".join(nfc(reply).split())), relation, num_characters)
