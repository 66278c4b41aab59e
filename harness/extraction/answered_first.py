"""What a reply says at once, or before it says why, where nothing marked comes later."""

from __future__ import annotations

import re

from harness.extraction.marks import Kind, Mark, first_sentence
from harness.extraction.number_words import in_digits

# A reply that begins with the number, and explains it: 9입니다. 3을 …
_AT_ONCE = re.compile(r"[\s*$\"'(]{0,4}(?:약 )?[-−–]?[$₩€£]? ?[0-9][0-9,./]{0,20}")
# **6. Limits:** and 1. 먼저 head a list.
_HEADING = re.compile(r"[*#_>\s]{1,8}[0-9]{1,2}[.)] \S|1[.)] \S")
_COPULA = re.compile(r"[ *$\"')%°]{0,4}[가-힣a-zA-Z]{0,6}(?:입니다|이에요|예요|이다|다)?[*\"']{0,2}[.!]?\s*$")
# 다섯 벌을 가지고 있습니다; 100 strikes occur: an answer and no beginning of a story.
_NOW = re.compile(
    r"(?:있습니다|있어요|입니다|이에요|됩니다|남습니다|남았습니다)[.!]?\s*$"
    r"|\b(?:is|are|has|have|takes?|costs?|occurs?|equals|would be|needs?|gets?|left)\b",
    re.I,
)
# She spent a total of $90. She paid $50 for … and $40 for …: the answer, and what it consists of.
_TOTAL = re.compile(
    r"\ba total of\b|\btotal\b[^.\n]{0,60}\b(?:is|was|would be|comes to)\b"
    r"|\b(?:would|will) (?:be|have|take|cost|need)\b|(?:총|모두|합쳐서?|합해서?) ?[^.\n]{0,20}[0-9]",
    re.I,
)
_SUMS_UP = re.compile(
    r"\b(?:left|remains?|remaining|altogether|in (?:all|total)|a total of|now)\b|, so\b"
    r"|남[은는았]|총 |모두 |합계",
    re.I,
)
_BEFORE_NOW = re.compile(r"처음|원래|먼저|있었|\b(?:had|was|were|bought|first|if|suppose|let)\b|[=+]", re.I)
_BECAUSE = re.compile(
    r"(?:^|(?<=[.!?。]\s)|\n)\s{0,3}(?:왜냐하면|그 이유는|이유는|because\b"
    r"|this (?:number |estimate )?(?:is|was) (?:because|based on|calculated|computed|found|determined)\b)",
    re.I,
)
_DIGIT = re.compile("[0-9]")
# The answer is (B): what was said in between led there.
_LETTER = re.compile(r"(?:answer|정답|답)[^.\n]{0,12}\(?\b[A-Ja-j]\b\)?")


def answered_first(text: str) -> list[Mark]:
    """Return what a reply says at once, or before it says why, as marks weaker than all others."""
    because = [*_BECAUSE.finditer(text)]
    heads = [text[: because[-1].start()]] if because else []
    first = first_sentence(text)
    told = None if _HEADING.match(text) else _AT_ONCE.match(first)
    alone = told and _COPULA.match(first[told.end() :])
    if (alone or _only_first(text, first) or _details_follow(text, first)) and len(text) > len(first) + 1:
        heads.append(first)
    return [Mark(Kind.CONCLUDED, 0, _last_sentence(head), len(head), True) for head in heads if head.strip()]


def _only_first(text: str, first: str) -> bool:
    """Return whether the first sentence says how things are, and the last names no number: no sum follows."""
    last = _last_sentence(text)
    ends = _DIGIT.search(in_digits(last)) or _LETTER.search(last)
    return bool(not ends and "=" not in text and _NOW.search(first) and not _BEFORE_NOW.search(first))


def _details_follow(text: str, first: str) -> bool:
    """Return whether the first sentence comes to a total, and a paragraph of details ends without another."""
    paragraph = "\n" not in text.strip() and "=" not in text
    told = _TOTAL.search(first) and _DIGIT.search(first) and not _SUMS_UP.search(_last_sentence(text))
    return bool(paragraph and told)


def _last_sentence(text: str) -> str:
    line = text.rstrip().rpartition("\n")[2]
    while (first := first_sentence(line)) != line and line[len(first) + 1 :].strip():
        line = line[len(first) + 1 :]
    return line.strip()
