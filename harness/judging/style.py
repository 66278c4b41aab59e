"""How a reply looks, whatever it says: length, headers, lists and bold words, as Arena-Hard counts them."""

from __future__ import annotations

import re

FEATURES = ("length", "headers", "lists", "bold")

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)  # what looks like Markdown inside code is none
_HEADER = re.compile(r"^#{1,6}\s", re.MULTILINE)
_LIST = re.compile(r"^\s*(?:[-*+]|\d+\.)\s", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


def style_of(reply: str) -> tuple[float, ...]:
    """Return the four features: characters, headers, items of lists, bold passages."""
    prose = _CODE.sub("", reply)
    found = (len(pattern.findall(prose)) for pattern in (_HEADER, _LIST, _BOLD))
    return float(len(reply)), *map(float, found)


def difference(first: tuple[float, ...], second: tuple[float, ...]) -> list[float]:
    """Return how far the first goes beyond the second in each feature, from -1 to 1."""
    return [(one - other) / (one + other + 1) for one, other in zip(first, second, strict=True)]
