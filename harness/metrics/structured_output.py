"""Tables and JSON that a model wrote: cells matched as a set, validity under a schema, keys, values.

A table is JSON: a list of rows, the header first. A cell is what a row (known by its first cell), a column
and a value say together, so that rows and columns may come in any order. Texts are compared under `ko.v1`,
numbers as numbers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from harness import DISTRIBUTION
from harness.errors import BadInput, Unavailable
from harness.metrics.aggregates import weighted_mean
from harness.schema import Metric
from harness.text.normalize import ko_v1

Bag = Counter[Hashable]


def table_f1(labels: Sequence[str]) -> Metric:
    """Return the metric of the cells' F1, mean over tables, 0 to 1; none is right where none is due."""

    def judge(said: str | None, due: str) -> tuple[float]:
        return (_f1(_said(said), _cells(due)),)

    return Metric("table_f1", judge, weighted_mean, "table_f1|v:1|ko.v1")


def table_exact(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of tables whose every cell is right and none is missing, 0 to 1."""
    return _share("table_exact", lambda said, due: said is not None and _said(said) == _cells(due), "|ko.v1")


def json_valid(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of replies that are JSON valid under the target's `schema`, 0 to 1.

    Raises:
        Unavailable: the extra `json` is not installed.
    """
    if find_spec("jsonschema") is None:
        raise Unavailable(f"json_valid needs jsonschema: pip install '{DISTRIBUTION}[json]'")
    return _share("json_valid", lambda said, due: _is_json(said) and _valid(said, due), "|draft:2020-12")


def json_keys(labels: Sequence[str]) -> Metric:
    """Return the metric of the F1 of the keys' paths, mean over replies, 0 to 1; places in lists count."""
    return _of_paths("json_keys", values=False)


def json_values(labels: Sequence[str]) -> Metric:
    """Return the metric of the F1 of paths with their values, mean over replies, 0 to 1."""
    return _of_paths("json_values", values=True)


def json_exact(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of replies whose every key and value is right, 0 to 1."""

    def judge(said: str | None, due: str) -> bool:
        wanted = Counter(_leaves(_target(due)["value"]))
        return _is_json(said) and Counter(_leaves(json.loads(said or ""))) == wanted

    return _share("json_exact", judge, "|ko.v1")


def _share(name: str, judge: Any, told: str = "") -> Metric:
    return Metric(
        name,
        lambda said, due: (float(judge(said, due)),),
        weighted_mean,
        f"{name}|v:1{told}",
        interval="wilson",
    )


def _of_paths(name: str, *, values: bool) -> Metric:
    def judge(said: str | None, due: str) -> tuple[float]:
        wanted = Counter(_leaves(_target(due)["value"], values=values))
        found: Bag = Counter()
        if _is_json(said):
            found = Counter(_leaves(json.loads(said or ""), values=values))
        return (_f1(found, wanted),)

    return Metric(name, judge, weighted_mean, f"{name}|v:1|ko.v1")


def _f1(found: Bag, wanted: Bag) -> float:
    """Return 2·hits / (found + wanted), 1 where both are empty."""
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 1.0


def _is_json(said: str | None) -> bool:
    """Return whether a reply is JSON; where others made it nothing has read it before."""
    try:
        json.loads(said or "")
    except ValueError:
        return False
    return True


def _said(table: str | None) -> Bag:
    """Return the cells of a table that somebody wrote; none of what is no table."""
    try:
        return _cells(table)
    except BadInput:
        return Counter()


def _cells(table: str | None) -> Bag:
    """Return the cells of a table below its header; none for a reply without a table.

    Raises:
        BadInput: it is none as JSON, which a target should be.
    """
    if table is None:
        return Counter()
    try:
        header, *rows = json.loads(table)
        named = [ko_v1(str(name)) for name in header]
        return Counter(
            (_same(row[0]), name, _same(value))
            for row in rows
            for name, value in zip(named, row, strict=True)
        )
    except (ValueError, TypeError, IndexError) as error:
        raise BadInput(f"a table should be a JSON list of rows, the header first: {error}") from None


def _same(value: Any) -> Hashable:
    """Return what two values share that are one: a number, or a text under `ko.v1`."""
    if isinstance(value, bool) or value is None:
        return ("is", value)
    text = str(value).strip()
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return ko_v1(text)


def _leaves(value: Any, path: tuple[Hashable, ...] = (), *, values: bool = True) -> Iterator[Hashable]:
    """Yield (path, value) of all that is no object or list, or each key's path; an empty one is a leaf."""
    inner: Mapping[Any, Any] | None = None
    if isinstance(value, dict):
        inner = value
    elif isinstance(value, list):
        inner = dict(enumerate(value))
    if inner:
        for key, one in inner.items():
            if not values:
                yield (*path, key)
            yield from _leaves(one, (*path, key), values=values)
    elif values:
        yield path, _same(value) if inner is None else type(value).__name__


def _target(due: str) -> dict[str, Any]:
    try:
        found = json.loads(due)
        _ = found["value"]
    except (ValueError, KeyError, TypeError):
        raise BadInput('the target should be JSON: {"value": …, "schema": …}') from None
    return dict(found)


def _valid(said: str, due: str) -> bool:
    """Return whether JSON is valid under the target's schema, any where it has none; nothing is fetched.

    Raises:
        BadInput: the schema is none.
    """
    schema = _target(due).get("schema")
    if schema is None:
        return True
    import jsonschema
    from jsonschema.exceptions import SchemaError

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadInput(f"the target's schema is none: {error.message}") from None
    return bool(jsonschema.Draft202012Validator(schema).is_valid(json.loads(said)))
