"""Whether two results of queries are the same: columns in any order, rows as the order clause says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from harness.databases.sqlite import Result, Rows

NEAR = 1e-6  # relative difference up to which two numbers are one, as SUM and AVG may differ
DIGITS = 5  # significant digits by which rows are sorted before they are compared


def same(found: Result, accepted: Result, order: Sequence[str] | None) -> bool:
    """Return whether a result is the accepted one.

    `order` are the keys by which the accepted query sorts: the places of its columns, an empty text where
    what it sorts by is not shown; None where its rows are in any order. Rows that are equal in all shown keys
    may change places. A duplicate is a row more; NULL is NULL alone; 1 is 1.0 and is not '1'.
    """
    if len(found.columns) != len(accepted.columns) or len(found.rows) != len(accepted.rows):
        return False
    if not accepted.rows:
        return True
    return any(_equal(found.rows, accepted.rows, places, order) for places in _matches(found, accepted))


def _matches(found: Result, accepted: Result) -> Iterator[tuple[int, ...]]:
    """Yield the orders of the found columns in which each holds the values of the accepted one."""
    theirs = [sorted(map(_key, column)) for column in zip(*accepted.rows, strict=True)]
    ours = [sorted(map(_key, column)) for column in zip(*found.rows, strict=True)]
    fitting = [[place for place, one in enumerate(ours) if one == wanted] for wanted in theirs]

    def chosen(taken: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(taken) == len(fitting):
            yield taken
            return
        for place in fitting[len(taken)]:
            if place not in taken:
                yield from chosen((*taken, place))

    yield from chosen(())


def _equal(found: Rows, accepted: Rows, places: Sequence[int], order: Sequence[str] | None) -> bool:
    ours = [tuple(row[place] for place in places) for row in found]
    if order is not None and "" in order:  # nobody can see which rows are equal in a key that is not shown
        return all(map(_near_rows, ours, accepted))
    if order is not None:
        keys = [int(one) for one in order]
        if not all(_near(a[key], b[key]) for a, b in zip(ours, accepted, strict=True) for key in keys):
            return False
    return all(map(_near_rows, sorted(ours, key=_row_key), sorted(accepted, key=_row_key)))


def _row_key(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(_key, row))


def _key(value: Any) -> tuple[int, Any]:
    """Return what sorts values of any type: NULL, numbers to a few digits, texts, bytes."""
    if value is None:
        return 0, 0
    if isinstance(value, (int, float)):
        return 1, float(f"{value:.{DIGITS}g}")
    return (2, value) if isinstance(value, str) else (3, bytes(value))


def _near_rows(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    return all(map(_near, ours, theirs))


def _near(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return math.isclose(ours, theirs, rel_tol=NEAR, abs_tol=1e-9)
    return type(ours) is type(theirs) and bool(ours == theirs)
