"""All the numbers of a reply in the order it says them: 가람의 열쇠는 123456, 나루의 금고는 234567입니다."""

from __future__ import annotations

import re

from harness.text.normalize import folded

# 답: 123456 · 따라서 123456 · 모두 더하면 691356 · 123456 + 234567 = 358023
_MARK = re.compile(
    r"(?:정답|(?<![가-힣])답|합계|총합|합)[은는이]?(?: ?[:=]| )|따라서|그러므로|더하면|합하면"
    r"|\b(?:answer|total|sum)(?: is|:)|[0-9] ?\+[^=\n]{1,300}=",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]{0,300}\+[^()]{0,300}\)")  # the working, beside what came of it
_NUMBER = re.compile(r"(?<![0-9])(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)")


def listed_numbers(text: str, digits: int) -> list[str]:
    """Return the whole numbers of `digits` or more, without commas; those behind the last mark if any.

    Signs and fractions are not read: what is listed here are names of things, or sums of them.
    """
    said = _ASIDE.sub(" ", folded(text))
    for mark in reversed([*_MARK.finditer(said)]):
        if found := _numbers(said[mark.end() :], digits):
            return found
    return _numbers(said, digits)


def _numbers(text: str, digits: int) -> list[str]:
    plain = (match[0].replace(",", "") for match in _NUMBER.finditer(text))
    return [number for number in plain if len(number) >= digits]
