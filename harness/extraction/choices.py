"""An example's options as a reply may name them: by labels, by their texts, by their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from harness.extraction.mentions import Forms, forms
from harness.extraction.own_words import BRACKETED
from harness.text.normalize import bare, folded


@dataclass(frozen=True, slots=True)
class Choices:
    """An example's options as a reply may name them.

    `labels` are marks such as B or ②, by index: the options' own where they are `marked`, else C and 3 for
    the third. `texts` are what the options say in words, where they do; `places`: 3번 may be the third.
    """

    labels: tuple[tuple[str, int], ...]
    texts: tuple[str, ...]
    forms: Forms
    marked: bool
    places: bool

    @property
    def count(self) -> int:
        """Return how many options there are."""
        return len(self.texts) or len(self.labels)


@lru_cache(maxsize=4096)
def choices(texts: tuple[str, ...], meanings: tuple[str, ...] = (), *, places: bool = True) -> Choices:
    """Return the options of an example: their texts as the prompt shows them, and what marks stand for."""
    marks = [bare(folded(text.translate(BRACKETED))) for text in texts]
    labelled = bool(marks) and all(re.fullmatch("[A-Za-z]|[0-9]{1,2}|[가-하ㄱ-ㅎ]", mark) for mark in marks)
    words = tuple(meanings) if any(meanings) else () if labelled else tuple(texts)
    names = tuple((mark, index) for index, mark in enumerate(marks)) if labelled else ()
    if not labelled and places and len(texts) > 1:
        numbers = {mark for mark in marks if mark.isdecimal()}
        names = tuple((str(i + 1), i) for i in range(len(texts)) if not numbers)
        names += tuple((chr(65 + i), i) for i in range(min(len(texts), 26)) if len(texts) > 2)
    return Choices(names, words, forms(words or tuple(texts)), labelled, places)
