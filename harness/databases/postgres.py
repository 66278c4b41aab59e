"""Dumps and queries of PostgreSQL as SQLite reads them, by sqlglot, with what plain translation misses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness import DISTRIBUTION
from harness.errors import Unavailable

# date_trunc's unit → the modifiers of SQLite's date(); a day needs none
_STARTS = {"week": ("-6 days", "weekday 1"), "month": ("start of month",), "year": ("start of year",)}
_PARTS = {"EPOCH": "%s", "YEAR": "%Y", "MONTH": "%m", "DAY": "%d"}


def sqlglot() -> Any:
    """Return the package.

    Raises:
        Unavailable: the extra `sql` is not installed.
    """
    try:
        import sqlglot
    except ImportError:
        raise Unavailable(
            f"databases of PostgreSQL need sqlglot: pip install '{DISTRIBUTION}[sql]'"
        ) from None
    return sqlglot


def statements(text: str) -> Iterator[str]:
    """Yield the statements of a dump in SQLite's words; schemas and settings have no place there."""
    exp = sqlglot().exp
    for statement in sqlglot().parse(text, read="postgres"):
        if statement is None or isinstance(statement, (exp.Command, exp.Set)):
            continue
        if getattr(statement, "kind", "") != "SCHEMA":
            yield _translated(statement)


def _translated(statement: Any) -> str:
    """Return a statement in SQLite's words; a node that took another's place is walked in the next pass."""
    before, text = None, statement.sql(dialect="sqlite", comments=False)
    while before != text:
        statement = statement.transform(_node)
        before, text = text, statement.sql(dialect="sqlite", comments=False)
    return str(text)


def _node(node: Any) -> Any:
    """Return what stands for a node in SQLite."""
    exp = sqlglot().exp
    if isinstance(node, exp.Table) and node.args.get("db"):
        node.set("db", None)
    elif isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval):
        return _shifted(node)
    elif isinstance(node, (exp.DateTrunc, exp.TimestampTrunc)):
        return _function("DATE", node.this, *_STARTS.get(node.args["unit"].name.lower(), ()))
    elif isinstance(node, exp.Extract) and node.name.upper() in _PARTS:
        return exp.cast(_function("STRFTIME", _PARTS[node.name.upper()], node.expression), "bigint")
    elif isinstance(node, exp.DefaultColumnConstraint) and isinstance(node.this, exp.Cast):
        node.set("this", node.this.this)
    return node


def _shifted(node: Any) -> Any:
    """Return a date plus or minus an interval as a function of SQLite, which knows no weeks."""
    exp = sqlglot().exp
    interval = node.expression
    told = f"{interval.this.name} {interval.text('unit')}"
    found = re.match(r"\s*(-?\d+)\s*(\w*)", told)
    if found is None:
        return node
    count, unit = int(found[1]), found[2].lower() or "days"
    if unit.startswith("week"):
        count, unit = 7 * count, "days"
    whole = isinstance(node.this, exp.CurrentDate) and unit[:3] in ("day", "mon", "yea")
    sign = "+" if isinstance(node, exp.Add) else "-"
    return _function("DATE" if whole else "DATETIME", node.this, f"{sign}{count} {unit}")


def _function(name: str, *parts: Any) -> Any:
    exp = sqlglot().exp
    made = [part if isinstance(part, exp.Expression) else exp.Literal.string(part) for part in parts]
    return exp.Anonymous(this=name, expressions=made)


def order_of(query: str) -> list[str] | None:
    """Return the keys by which a query orders its rows; None where it leaves them in any order.

    A key is the place of the column that it is, or an empty text where none shows it. Of what sqlglot cannot
    read, though SQLite can, no key is known.
    """
    glot = sqlglot()
    try:
        parsed = glot.parse_one(query, read="sqlite")
    except glot.errors.SqlglotError:
        return [""]
    ordered = parsed.args.get("order")
    if ordered is None:
        return None
    outputs = {one.alias_or_name.lower(): place for place, one in enumerate(parsed.selects)}
    exact = {one.unalias().sql().lower(): place for place, one in enumerate(parsed.selects)}
    keys = []
    for one in ordered.expressions:
        key = one.this
        text = key.sql().lower()
        if key.is_int:
            keys.append(str(int(key.name) - 1))
        elif text in exact or (isinstance(key, glot.exp.Column) and key.alias_or_name.lower() in outputs):
            keys.append(str(exact.get(text, outputs.get(key.alias_or_name.lower(), -1))))
        else:
            keys.append("")  # what is not shown
    return keys
