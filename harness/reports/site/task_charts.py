"""The pictures of a task: its systems beside one another, by cost and time, template, decoding and data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from harness.records.run_schema import MetricResult, RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board, Published
from harness.reports.leaderboard.speed import ms
from harness.reports.pictures import Chart
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.pictures.lines import Lines, Place, Series
from harness.reports.pictures.scatter import Point, Scatter
from harness.reports.run import Run
from harness.reports.writers.numbers import number, short
from harness.reports.writers.translations import listed, translated

SWEPT = ("train_limit",)  # settings that choose how much is learnt from, never a line of their own

Measure = Callable[[RunDocument], float | None]


def charts(found: Board, column: Column) -> list[Chart]:
    """Return the pictures of one column of the board, in the order in which they are shown."""
    entries = [row.entries[column] for row in found.rows if column in row.entries]
    entries = [entry for entry in entries if entry.main.value is not None]
    published = [one for one in found.published if (one.task, one.metric) == (column.task, column.metric)]
    return [
        *_standing(entries, published, column),
        *trade_offs(found, column),
        *_templates(entries, published, column),
        *_sweeps(entries, column),
        *_learning(entries, column),
    ]


def front_page(found: Board, column: Column) -> list[Chart]:
    """Return the pictures of a column that a front page has: how the systems stand, and what that costs."""
    entries = [row.entries[column] for row in found.rows if column in row.entries]
    entries = [entry for entry in entries if entry.main.value is not None]
    made = [*_standing(entries, [], column), *trade_offs(found, column)]
    return made if len(made) > 1 else [replace(chart, wide=True) for chart in made]


def trade_offs(found: Board, column: Column) -> list[Chart]:
    """Return the figure against what it costs and how long it takes, with the Pareto front."""
    entries = [row.entries[column] for row in found.rows if column in row.entries]
    priced = (entry.document.cost for entry in entries if _cost(entry.document))
    currencies = sorted({str(cost.currency) for cost in priced if cost})
    metric = column.metric
    faster = translated("On the dashed line nothing is both better and faster; bars are 95 % intervals.")
    kinds = [
        _Against(
            translated("{metric} against time", metric=metric),
            faster,
            translated("ms an example, at the speed of the whole run"),
            ms,
        ),
        _Against(
            translated("{metric} against latency", metric=metric),
            faster,
            translated("ms to a reply, 95th percentile"),
            _p95,
        ),
    ]
    if len(currencies) == 1:
        cheaper = translated(
            "On the dashed line nothing is both better and cheaper; bars are 95 % intervals."
        )
        unit = translated("{currency} per 1,000 examples", currency=currencies[0])
        kinds.insert(0, _Against(translated("{metric} against cost", metric=metric), cheaper, unit, _cost))
    made = [_trade_off(kind, entries, column) for kind in kinds]
    return [chart for chart in made if chart is not None]


def _cost(run: RunDocument) -> float | None:
    return run.cost.per_1k_examples if run.cost else None


def _p95(run: RunDocument) -> float | None:
    latency = run.latency_s.get("e2e")
    return None if latency is None or latency.p95 is None else 1000 * latency.p95


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points that no other beats in both: less of the first, more of the second.

    They are in order of the first; of equal points the first given stands for all.
    """
    best, found = -math.inf, []
    for place in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)):
        if points[place][1] > best:
            best = points[place][1]
            found.append(place)
    return found


class _Against(NamedTuple):
    """What figures are set against: the picture's heading and note, the axis, and how it is measured."""

    title: str
    note: str
    unit: str
    measure: Measure


def _trade_off(against: _Against, entries: Sequence[Run], column: Column) -> Chart | None:
    kept = [(x, e) for e in entries if (x := against.measure(e.document)) and e.main.value is not None]
    if len(kept) < 2:
        return None
    best = front([(x, entry.height) for x, entry in kept])
    names = translated("On the front: {names}.", names=listed([kept[place][1].system for place in best]))
    points = [
        Point(
            entry.system,
            x,
            *_ends(entry.main),
            kind=_kind(entry),
            front=place in best,
            tip=f"{entry.system}: {_number(entry)}, {short(x)} {against.unit}",
        )
        for place, (x, entry) in enumerate(kept)
    ]
    return Chart(against.title, f"{against.note} {names}", Scatter(points, against.unit, column.name))


def _ends(main: MetricResult) -> tuple[float, float | None, float | None]:
    """Return a figure and the ends of its interval, None where it has none."""
    return math.nan if main.value is None else main.value, main.ci_low, main.ci_high


def _number(entry: Run) -> str:
    return number(entry.main.value, entry.main.unit)


def _kind(entry: Run) -> str:
    return entry.document.backend.kind or ""


def _standing(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield the systems with their intervals, the best at the top; published figures hollow, beneath."""
    if len(entries) < 2:
        return
    rows = [
        Dot(e.system, *_ends(e.main), shown=_number(e), kind=_kind(e))
        for e in sorted(entries, key=lambda entry: -entry.height)
    ]
    rows += [
        Dot(
            f"{one.system} · {one.template}" if one.template else one.system,
            one.value,
            shown=f"{one.value:g}",
            hollow=True,
        )
        for one in published
    ]
    note = translated("The main metric with its 95 % interval.")
    if published:
        note += " " + translated("Hollow: published elsewhere, not ranked with ours.")
    yield Chart(translated("Systems"), note, Dots(rows, column.name))


def _templates(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield what the wording of the query does to each system, published rows beside ours."""
    series = _series(_lines(entries, lambda entry: entry.document.task.template, "template"))
    theirs: dict[str, list[Published]] = {}
    for one in published:
        if one.template is not None:
            theirs.setdefault(one.system, []).append(one)
    series += [
        Series(
            f"{name} ({translated('published')})",
            [Place(str(one.template), one.value) for one in sorted(rows, key=lambda one: str(one.template))],
            published=True,
        )
        for name, rows in sorted(theirs.items())
        if len({row.template for row in rows}) > 1
    ]
    if series:
        note = translated("The same examples, worded otherwise: a flat line is a system that does not mind.")
        form = Lines(series, translated("template"), column.name)
        yield Chart(translated("Template sensitivity"), note, form)


def _sweeps(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield a picture a decoding key that took several values, all else the same."""
    for key in sorted({key for entry in entries for key in _asked(entry)}):
        lines = _lines(entries, _decoded(key), key)
        if not lines:
            continue
        note = translated("All other settings are the same along a line.")
        yield Chart(translated("Decoding: {key}", key=key), note, Lines(_series(lines), key, column.name))


def _asked(entry: Run) -> Mapping[str, Any]:
    return entry.document.decoding.asked


def _decoded(key: str) -> Callable[[Run], Any]:
    return lambda entry: _asked(entry).get(key)


def _learning(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield how good systems are by how much they learnt from."""
    lines = _lines(entries, lambda entry: entry.document.fit.examples if entry.document.fit else None, *SWEPT)
    if lines:
        form = Lines(_series(lines), translated("examples learnt from"), column.name, log=True)
        yield Chart(translated("Learning curves"), translated("Each point is a fit of its own."), form)


Line = tuple[str, list[tuple[Any, Run]]]  # a name, and its points in order


def _series(lines: Sequence[Line]) -> list[Series]:
    """Return a line a system with its intervals."""
    return [
        Series(
            name,
            [Place(_shown(x), *_ends(entry.main)) for x, entry in line if entry.main.value is not None],
        )
        for name, line in lines
    ]


def _shown(x: Any) -> float | str:
    return x if isinstance(x, (int, float)) else str(x)


def _lines(entries: Sequence[Run], x_of: Callable[[Run], Any], *without: str) -> list[Line]:
    """Return the systems that differ in x alone and have several values of it.

    `without` names the setting that x is of: it stands in a system's label, and is left out of a line's.
    """
    lines: dict[str, dict[Any, Run]] = {}
    for entry in entries:
        x = x_of(entry)
        if x is None or isinstance(x, (list, dict)):
            continue
        given = {key: value for key, value in entry.document.given.items() if key not in without}
        extra = ", ".join(f"{key}={value}" for key, value in given.items())
        name = entry.document.backend.name + (f" [{extra}]" if extra else "")
        lines.setdefault(name, {}).setdefault(x, entry)
    return [(name, sorted(line.items(), key=_in_order)) for name, line in lines.items() if len(line) > 1]


def _in_order(point: tuple[Any, Run]) -> tuple[bool, Any]:
    x = point[0]
    return (False, x) if isinstance(x, (int, float)) else (True, str(x))
