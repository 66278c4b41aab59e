"""Options that a reply rates one by one: JSON with confidences, `긍정: 0.9`, `긍정 (O)`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.text.normalize import folded, ko_v1

_OBJECT = re.compile(r'\{\s*"')
_LINE = re.compile(
    r"^[\s*\-•]*(?:[0-9]{1,2}[.)] )?(?P<name>[^:：=\n]{1,80}?)\s*[:：=]\s*\**(?P<share>[01]?\.[0-9]+"
    r"|[0-9]{1,3}(?:\.[0-9]+)? ?%)\**\s*,?$"
)
_TICKED = re.compile(r"\s*[:\-=]?\s*[(\[]?\s*(?P<sign>[OoXx○⭕✓✔✅×❌✗✘])\s*[)\]]?(?=\s|[,.;]|$)")
_YES = frozenset("Oo○⭕✓✔✅")


def rated(text: str, options: Sequence[str], meanings: Sequence[str] = ()) -> int | None:
    """Return the option that a reply rates highest, ticks alone, or names in an object of JSON; else None."""
    names = [*enumerate(options), *enumerate(meanings)]
    found = json_object(text)
    if found is not None:
        return _of_object(found, names, len(options))
    shares = _shares(text)
    if shares:
        return _highest(shares, names, len(options))
    return _ticked(text, names, len(options))


def json_object(text: str) -> dict[str, Any] | None:
    """Return the first object of JSON in a text; None if there is none that can be read."""
    start = _OBJECT.search(text)
    if start is None:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start.start())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _of_object(found: Mapping[str, Any], names: Sequence[tuple[int, str]], count: int) -> int | None:
    said = {index for value in found.values() if isinstance(value, str) for index in _named(value, names)}
    if len(said) == 1:
        return said.pop()
    for shares in (found, *(value for value in found.values() if isinstance(value, dict))):
        numbers = {
            k: float(v) for k, v in shares.items() if isinstance(v, int | float) and not isinstance(v, bool)
        }
        highest = _highest(numbers, names, count)
        if highest is not None:
            return highest
    return None


def _named(value: str, names: Sequence[tuple[int, str]]) -> set[int]:
    return {index for index, name in names if ko_v1(name) and ko_v1(name) == ko_v1(value)}


def _shares(text: str) -> dict[str, float]:
    lines = [match for line in re.split(r"\n|,\s", text) if (match := _LINE.match(line))]
    return {folded(line["name"]): float(line["share"].rstrip(" %")) for line in lines}


def _highest(shares: Mapping[str, float], names: Sequence[tuple[int, str]], count: int) -> int | None:
    """Return the option with the largest share; None unless every option has one, and one the most."""
    found = {index: share for key, share in shares.items() for index in _named(key, names)}
    if len(found) < count or not found:
        return None
    best = max(found.values())
    top = [index for index, share in found.items() if share == best]
    return top[0] if len(top) == 1 else None


def _ticked(text: str, names: Sequence[tuple[int, str]], count: int) -> int | None:
    """Return the one option with a tick, where every option has a tick or a cross."""
    signs: dict[int, bool] = {}
    for index, name in names:
        at = text.find(name) if name else -1
        match = _TICKED.match(text, at + len(name)) if at >= 0 else None
        if match and index not in signs:
            signs[index] = match["sign"] in _YES
    ticked = [index for index, yes in signs.items() if yes]
    return ticked[0] if len(signs) == count and len(ticked) == 1 else None
