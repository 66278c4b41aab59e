"""Records as JSON: whatever a server said can be written down, and no key is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from harness.api_keys import may_hold_key, redacted

INT64 = range(-(2**63), 2**64)  # the whole numbers that orjson writes


class Unwritable(ValueError):
    """What cannot be made JSON: an object of nobody's making, or one that is nested without end."""


def to_json(values: Any, option: int = 0) -> bytes:
    """Return `values` as JSON; `option` is orjson's.

    Half a surrogate pair becomes `?`, a whole number of more than 64 bits a float, NaN null. Secrets are cut
    out of every text.

    Raises:
        Unwritable: there is something that JSON cannot hold.
    """
    try:
        written = _dumped(values, option)
        return _dumped(_each_text(values, redacted), option) if may_hold_key(written) else written
    except (TypeError, RecursionError) as error:
        raise Unwritable(str(error)) from None


def _dumped(values: Any, option: int) -> bytes:
    try:
        return orjson.dumps(values, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(_each_text(values, whole_characters), option=option)


def whole_characters(text: str) -> str:
    """Return `text` with a question mark for each half of a surrogate pair, which UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()


def _each_text(values: Any, change: Callable[[str], str]) -> Any:
    """Return nested `values` with every text changed; numbers fit."""
    if isinstance(values, str):
        return change(values)
    if isinstance(values, Mapping):
        return {change(str(key)): _each_text(value, change) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_each_text(value, change) for value in values]
    if isinstance(values, int) and values not in INT64:
        return float(values)
    return values
