"""Change of case: all capitals, none, or so many words of them; English alone has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from harness.metrics.instructions.counts import holds
from harness.metrics.instructions.language import language_of


def english_capital(reply: str) -> bool:
    """Return whether the reply is English in capitals; one that shows no language passes, as in IFEval."""
    found = language_of(reply)
    return found is None or (found == "en" and reply.isupper())


def english_lowercase(reply: str) -> bool:
    """Return whether the reply is English without capitals; one of no language passes, as in IFEval."""
    found = language_of(reply)
    return found is None or (found == "en" and reply.islower())


def capital_word_frequency(reply: str, capital_frequency: int, capital_relation: str) -> bool:
    """Return whether there are as many words in capitals as asked, split as the Penn Treebank splits."""
    return holds(sum(map(str.isupper, _treebank().tokenize(reply))), capital_relation, capital_frequency)


@cache
def _treebank() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()
