"""Sums of words, `king - man + woman`: which terms there are, and the vector that they make.

Mikolov, Yih and Zweig (2013), "Linguistic Regularities in Continuous Space Word Representations": the sum of
the words' vectors, each of length 1 first, so that no frequent word outweighs the others (3CosAdd).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SIGN = re.compile(r"\s+([+-])\s+")  # a hyphen within a word is none


class Term(NamedTuple):
    """A word, and whether it is added (1) or taken away (-1)."""

    sign: int
    word: str


def terms(text: str) -> list[Term]:
    """Return the terms of a sum; one of no sign is a text as it is."""
    first, *rest = _SIGN.split(text.strip())
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return [Term(1, first), *(Term(1 if sign == "+" else -1, word) for sign, word in pairs)]


def is_sum(text: str) -> bool:
    """Return whether a text is a sum of several words, each one word."""
    found = terms(text)
    return len(found) > 1 and all(len(term.word.split()) == 1 for term in found)


def summed(parts: Sequence[Term], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum (D,) of the terms' vectors (T, D), each brought to length 1; 0 stays 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    signs = np.array([[term.sign] for term in parts])
    return np.asarray((signs * vectors / np.where(lengths > 0, lengths, 1)).sum(axis=0))
