"""Keys of YAML that had another name once: read under it too, with a notice, and hashed as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.config.documents import Document, Loc

# Where a key stood → its name now. The old name is what hashes are made of, so that no run is another by it.
TASK: Mapping[Loc, str] = {
    ("answer_is",): "target_format",
    ("say",): "option_marks",
    ("data", "divided"): "hash_split",
    ("data", "ragged"): "on_bad_row",
}


def renamed(
    document: Document, names: Mapping[Loc, str], tell: Callable[[str], None] = lambda _: None
) -> Document:
    """Return the document with its old keys under their names of now; `tell` hears of each.

    Raises:
        BadInput: a key stands under both names.
    """
    for loc, name in names.items():
        *around, old = loc
        values = _at(document.values, tuple(around))
        if values is None or old not in values:
            continue
        place = document.place(loc)
        if name in values:
            raise document.error(f"{old!r} is the old name of {name!r}; leave one of them out", *loc)
        tell(f"note: {place}: {old!r} is called {name!r} now; the old name still works")
        document = replace(
            document,
            values=_with(document.values, tuple(around), old, name),
            places={_moved(key, loc, name): place for key, place in document.places.items()},
        )
    return document


def _at(values: Any, loc: Loc) -> dict[str, Any] | None:
    for key in loc:
        values = values.get(key) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else None


def _with(values: dict[str, Any], around: Loc, old: Any, new: str) -> dict[str, Any]:
    """Return the values with one key under another name, in its place."""
    if around:
        return {**values, str(around[0]): _with(values[str(around[0])], around[1:], old, new)}
    return {new if key == old else key: value for key, value in values.items()}


def _moved(key: Loc, old: Loc, name: str) -> Loc:
    return (*old[:-1], name, *key[len(old) :]) if key[: len(old)] == old else key


def first_names(values: dict[str, Any], names: Mapping[Loc, str]) -> dict[str, Any]:
    """Return values with each key under the name that it had first, for hashes."""
    for loc, name in names.items():
        *around, old = loc
        if name in (_at(values, tuple(around)) or ()):
            values = _with(values, tuple(around), name, str(old))
    return values
