"""A model's query on the database it is about, judged by what it returns.

A target is JSON: `database` names it, `queries` holds the accepted queries, a list of them or a text in which
`;` parts them. A query that orders its rows asks for that order.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.databases import postgres
from harness.databases.results import same
from harness.databases.sqlite import Database, Result, TooLong
from harness.datasets.databases import named
from harness.errors import BadInput
from harness.schema import Execution

ACCEPTED_SECONDS = 60.0  # for what the task's own authors wrote


def judged(
    query: str, target: Mapping[str, Any], known: Mapping[str, tuple[Path, str]], seconds: float
) -> Execution:
    """Return what came of a query: whether its result is that of one of the accepted queries.

    Raises:
        BadInput: there is no such database, or an accepted query does not run.
    """
    began = time.perf_counter()
    outcome, why = _outcome(query, target, known, seconds)
    return Execution(outcome, why, seconds=round(time.perf_counter() - began, 4))


def _outcome(
    query: str, target: Mapping[str, Any], known: Mapping[str, tuple[Path, str]], seconds: float
) -> tuple[str, str]:
    base = named(known, str(target.get("database", "")))
    wanted = [_accepted(base, one) for one in accepted_queries(target["queries"])]
    try:
        found = base.query(query.strip().rstrip(";"), seconds)
    except TooLong as error:
        return error.outcome, str(error)
    except (sqlite3.Error, sqlite3.Warning) as error:
        message = str(error)
        return ("syntax" if "syntax error" in message or "incomplete input" in message else "raised"), message
    except (ValueError, OverflowError) as error:  # a null character, a number that is too large
        return "raised", str(error)
    right = any(same(found, result, order) for result, order in wanted)
    return ("passed", "") if right else ("failed", _difference(found, wanted[0][0]))


def accepted_queries(given: Any) -> list[str]:
    """Return the accepted queries of a target, which parts several by `;`."""
    several = given if isinstance(given, list) else str(given).split(";")
    return [one.strip() for one in several if one.strip()]


@lru_cache(maxsize=4096)
def _accepted(base: Database, query: str) -> tuple[Result, tuple[str, ...] | None]:
    """Return an accepted query's result, and the keys that it orders by.

    Raises:
        BadInput: it does not run.
    """
    try:
        order = postgres.order_of(query) if "order by" in query.lower() else None
        return base.query(query, ACCEPTED_SECONDS), None if order is None else tuple(order)
    except (sqlite3.Error, TooLong, ValueError) as error:
        raise BadInput(f"an accepted query does not run: {error}: {query[:100]}") from None


def _difference(found: Result, wanted: Result) -> str:
    """Return in a line how a wrong result differs from the first accepted one."""
    if len(found.columns) != len(wanted.columns):
        return f"{len(found.columns)} columns, not {len(wanted.columns)}"
    if len(found.rows) != len(wanted.rows):
        return f"{len(found.rows)} rows, not {len(wanted.rows)}"
    if not found.rows:
        return "another result"
    return f"another result; it begins with {found.rows[0]!r}"[:500]
