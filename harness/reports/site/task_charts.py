"""The pictures of a task: its systems beside one another, by cost and time, and what was swept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from harness.records.run_schema import RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board, Published
from harness.reports.leaderboard.speed import ms
from harness.reports.pictures import Chart
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.pictures.scatter import Point, Scatter
from harness.reports.run import Run
from harness.reports.site import perturbed_charts, run_charts, sweep_charts
from harness.reports.site.sweep_charts import ends
from harness.reports.writers.numbers import number, short
from harness.reports.writers.translations import listed, translated

MOST_CROSSED = 6  # systems with heat maps of their own on a task's page; each run's page has its own

Measure = Callable[[RunDocument], float | None]


def charts(found: Board, column: Column) -> list[Chart]:
    """Return the pictures of one column of the board, in the order in which they are shown."""
    entries = [row.entries[column] for row in found.rows if column in row.entries]
    entries = [entry for entry in entries if entry.main.value is not None]
    published = [one for one in found.published if (one.task, one.metric) == (column.task, column.metric)]
    return [
        *_standing(entries, published, column),
        *trade_offs(found, column),
        *sweep_charts.charts(entries, published, column),
        *perturbed_charts.charts(entries, column),
        *_crossed(entries),
    ]


def _crossed(entries: Sequence[Run]) -> Iterator[Chart]:
    """Yield a heat map a system and breakdown by two fields: length and depth of long texts."""
    for entry in sorted(entries, key=lambda one: -one.height)[:MOST_CROSSED]:
        for by in entry.document.breakdown:
            if (found := run_charts.cross(entry, by)) is not None:
                yield Chart(f"{entry.system} · {translated('By {name}', name=by)}", found.note, found.form)


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
            *ends(entry.main),
            kind=_kind(entry),
            front=place in best,
            tip=f"{entry.system}: {_number(entry)}, {short(x)} {against.unit}",
        )
        for place, (x, entry) in enumerate(kept)
    ]
    return Chart(against.title, f"{against.note} {names}", Scatter(points, against.unit, column.name))


def _number(entry: Run) -> str:
    return number(entry.main.value, entry.main.unit)


def _kind(entry: Run) -> str:
    return entry.document.backend.kind or ""


def _standing(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield the systems with their intervals, the best at the top; published figures hollow, beneath."""
    if len(entries) < 2:
        return
    rows = [
        Dot(e.system, *ends(e.main), shown=_number(e), kind=_kind(e))
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
