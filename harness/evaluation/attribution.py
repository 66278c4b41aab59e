"""Which passage each sentence of a reply comes from, by rule: where most of its terms stand.

A sentence is attributed to the shown passage that holds the largest share of its terms, the first of equals,
if that share is `LEAST` or more and every number of the sentence stands there too. Terms are syllable bigrams
of Hangul and whole words of other scripts (`index_terms`). A rule sees words, not what they say: a sentence
that denies its passage is attributed to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.metrics.instructions.counts import parted
from harness.models.index_terms import analyser

LEAST = 0.6
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def sources(reply: str, passages: Mapping[str, str]) -> list[str | None]:
    """Return for each sentence of a reply the id of its passage, None where it comes from none of them.

    A sentence without any letter or digit is none. Without passages every sentence has None.
    """
    sentences = parted(reply)
    terms = analyser("bigram")
    held = terms(list(passages.values()))
    known = {name: frozenset(said) for name, said in zip(passages, held, strict=True)}
    return [_source(*one, known, passages) for one in zip(sentences, terms(sentences), strict=True)]


def _source(
    sentence: str, terms: Sequence[str], known: Mapping[str, frozenset[str]], passages: Mapping[str, str]
) -> str | None:
    numbers = _NUMBER.findall(sentence)
    shares = {
        name: sum(term in held for term in terms) / len(terms)
        for name, held in known.items()
        if terms and all(number in passages[name] for number in numbers)
    }
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= LEAST else None
