"""Settings of adapters, metrics and steps, checked against kinds that are given as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.config.documents import shown
from harness.errors import did_you_mean

_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "list": (list,),
    "map": (dict,),
}
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "map": "a mapping such as {key: value}",
}


def problems(given: Mapping[str, Any], kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (setting, what is wrong) for each that is unknown or of the wrong kind."""
    for name, value in given.items():
        if name not in kinds:
            yield name, f"{shown(name)}: no such setting.{did_you_mean(name, kinds) or ' It takes none.'}"
        elif not fits(value, kinds[name]):
            yield name, f"{name!r} should be {wanted(kinds[name])}, not {shown(value)}"


def fits(value: Any, kind: str) -> bool:
    """Return whether `value` is of `kind`.

    A kind is `int`, `float`, `bool`, `str`, `list`, `map`, or any of `a|b|c`.
    """
    if value is None:
        return True
    if "|" in kind:
        return any(fits(value, one) if one in _KINDS else value == one for one in kind.split("|"))
    if isinstance(value, float) and not math.isfinite(value):
        return False
    # A bool is an int to Python and a mistake to us.
    return isinstance(value, _KINDS[kind]) and (kind == "bool" or not isinstance(value, bool))


def wanted(kind: str) -> str:
    """Return the kind in words."""
    return _WORDS.get(kind) or f"one of {', '.join(_WORDS.get(one, one) for one in kind.split('|'))}"
