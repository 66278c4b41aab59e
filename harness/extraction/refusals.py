"""Replies that decline to answer: 모르겠습니다, 답변드릴 수 없습니다, I have no comment."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.extraction.no_answer import says_none
from harness.extraction.steps import Step
from harness.schema import Option

_LONGEST = 400  # characters in which a reply that declines does so; a long one answers in the end
_DECLINES = re.compile(
    r"\bi(?: have no comment| (?:don't|do not) know|(?: am|'m) not sure|(?: am|'m) (?:unable|not able) to"
    r"| can(?:no|')t (?:help|answer|say|tell)| (?:won't|will not|must decline))"
    r"|\b(?:as an ai(?: language model)?,? i (?:can|do|am)|no comment|it is (?:unknown|impossible to say))"
    r"|(?:답변|대답|답|말씀)(?:을|은)? ?(?:드릴|할|해 ?드릴) ?수 ?(?:가 ?)?없"
    r"|도와 ?드릴 ?수 ?(?:가 ?)?없|잘? ?모르겠|알 ?수 ?(?:가 ?)?없(?:습니다|어요|다)|의견이 ?없",
    re.IGNORECASE,
)


def refusal() -> Step:
    """Return the reply, None where its first sentences decline to answer: that is unanswered, not wrong."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        said = text.strip()
        return None if not said or declines(said) else said

    return step


def declines(text: str) -> bool:
    """Return whether a reply declines: it says so early, and is short."""
    head = text[:_LONGEST].replace("’", "'")
    return says_none(head) or (len(text) <= _LONGEST and _DECLINES.search(head) is not None)
