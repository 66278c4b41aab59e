"""Columns of a recorded file: plain, nested (`solution.text`, `outputs.0`), or a template over the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from harness.config import templates as templating
from harness.errors import BadInput
from harness.tables import plain
from harness.text.normalize import nfc

Row = Mapping[str, Any]
Get = Callable[[Row], Any]
ABSENT = object()  # of a cell that the row does not have


def column(name: str) -> Get:
    """Return the function from a row to what the column `name` holds there, ABSENT where there is none.

    A column that is called so goes before a nested one; a template sees the cells by name, and `row`.

    Raises:
        BadInput: of the function, where a template fails on a row.
    """
    if templating.has_markup(name):
        render = templating.template(name)
        return lambda row: render({**row, "row": row})
    path = name.split(".")

    def get(row: Row) -> Any:
        return row[name] if name in row else _inner(row, path)

    return get


def _inner(value: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


def key_text(value: Any) -> str:
    """Return a cell as a part of a key: 1.0 is 1, Hangul is composed, blanks around it go."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return nfc(plain(value)).strip()


def number(value: Any) -> float | None:
    """Return a cell as a number; None where it is empty.

    Raises:
        BadInput: it is anything else.
    """
    if _empty(value):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise BadInput(f"should be a number, not {str(value)[:40]!r}") from None


def count(value: Any) -> int | None:
    """Return a cell as a whole number from 0; None where it is empty.

    Raises:
        BadInput: it is anything else.
    """
    found = number(value)
    if found is None:
        return None
    if found < 0 or not found.is_integer():
        raise BadInput(f"should be a whole number from 0, not {str(value)[:40]!r}")
    return int(found)


def amount(value: Any) -> float | None:
    """Return a cell as a number from 0, of seconds or of money; None where it is empty.

    Raises:
        BadInput: it is anything else.
    """
    found = number(value)
    if found is not None and not 0 <= found < float("inf"):
        raise BadInput(f"should be a number from 0, not {str(value)[:40]!r}")
    return found


def text(value: Any) -> str | None:
    """Return a cell as text, None for null; lists and mappings as JSON writes them."""
    if isinstance(value, (list, dict)):
        return orjson.dumps(value, default=str).decode()
    return None if value is None else plain(value)


def structure(value: Any) -> Any:
    """Return a list or mapping; of a text, which is all that CSV has, the JSON it is. None where it is empty.

    Raises:
        BadInput: a text that is no JSON.
    """
    if _empty(value):
        return None
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"should be JSON: {error}") from None


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
