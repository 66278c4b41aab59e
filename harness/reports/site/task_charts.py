"""The pictures of a task: its systems beside one another, by cost and time, template, decoding and data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.records.run_schema import RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Board, Published
from harness.reports.leaderboard.speed import ms
from harness.reports.run import Run
from harness.reports.site.charts import ROW, Chart, Trace, axis, error, names_axis, text, texts
from harness.reports.writers.translations import translated

APART = (0.3, 0.06)  # of the picture, across and up: nearer than that, two names cannot both be read
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
    xs, mains = [x for x, _ in kept], [entry.main for _, entry in kept]
    best = front([(x, entry.height) for x, entry in kept])
    names = texts(entry.system for _, entry in kept)
    spread = max(xs) / min(xs) > 20
    middle = math.sqrt(max(xs) * min(xs)) if spread else max(xs) / 2
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": xs,
        "y": [main.value for main in mains],
        "text": _legible(names, [math.log(x) if spread else x for x in xs], [m.value for m in mains], best),
        "customdata": names,
        "textposition": ["middle left" if x > middle else "middle right" for x in xs],
        "error_y": error(mains),
        "marker": {"size": 10},
        "hovertemplate": "%{customdata}<br>%{y:.4f}<br>%{x:.4g}<extra></extra>",
        "name": translated("systems"),
    }
    line: Trace = {
        **{"type": "scatter", "mode": "lines", "name": translated("Pareto front"), "hoverinfo": "skip"},
        **{"x": [xs[i] for i in best], "y": [mains[i].value for i in best]},
        "line": {"shape": "hv", "dash": "dash", "width": 1.5},
    }
    decades = {"type": "log", "dtick": 1, "exponentformat": "none"}
    layout = {
        "xaxis": axis(against.unit, **decades) if spread else axis(against.unit, rangemode="tozero"),
        "yaxis": axis(column.name),
    }
    return Chart(against.title, against.note, [points, line], layout)


def _legible(names: Sequence[str], xs: Sequence[float], ys: Sequence[Any], first: Sequence[int]) -> list[str]:
    """Return the names that can be read beside their points, those of the `first` first; else blanks."""
    across, up = (max(values) - min(values) or 1.0 for values in (xs, ys))
    shown: list[int] = []
    for i in [*first, *(i for i in range(len(names)) if i not in first)]:
        near = (abs(xs[i] - xs[j]) < APART[0] * across and abs(ys[i] - ys[j]) < APART[1] * up for j in shown)
        if not any(near):
            shown.append(i)
    return [f" {name} " if i in shown else "" for i, name in enumerate(names)]


def _standing(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield the systems with their intervals, the best at the top; published figures hollow, beneath."""
    if len(entries) < 2:
        return
    order = sorted(entries, key=lambda entry: entry.height)
    names = texts(entry.system for entry in order)
    mains = [entry.main for entry in order]
    others = texts(f"{one.system} · {one.template}" if one.template else one.system for one in published)
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": translated("run here"),
            "x": [main.value for main in mains],
            "y": names,
            "error_x": error(mains),
            "marker": {"size": 9},
            "hovertemplate": "%{y}: %{x:.4f}<extra></extra>",
        }
    ]
    if published:
        traces.append(_hollow([one.value for one in published], others, translated("published, not ranked")))
    rows = [*reversed(others), *names]
    layout = {
        "xaxis": axis(column.name),
        "yaxis": names_axis(rows),
        "height": 120 + ROW * len(rows),
        "showlegend": bool(published),
    }
    note = translated("The main metric with its 95 % interval.")
    yield Chart(translated("Systems"), note, traces, layout)


def _hollow(x: Sequence[Any], y: Sequence[Any], name: str) -> Trace:
    return {
        **{"type": "scatter", "mode": "markers", "name": text(name), "x": list(x), "y": list(y)},
        "marker": {"size": 9, "symbol": "diamond-open", "line": {"width": 2}},
        "hovertemplate": f"%{{y}}: %{{x:.4f}} ({translated('published')})<extra></extra>",
    }


def _templates(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield what the wording of the query does to each system, published rows beside ours."""
    traces = _traces(_lines(entries, lambda entry: entry.document.task.template, "template"), text)
    theirs: dict[str, list[Published]] = {}
    for one in published:
        if one.template is not None:
            theirs.setdefault(one.system, []).append(one)
    traces += [
        {
            **{
                "type": "scatter",
                "mode": "lines+markers",
                "name": text(f"{name} ({translated('published')})"),
            },
            "x": [text(one.template) for one in sorted(rows, key=lambda one: str(one.template))],
            "y": [one.value for one in sorted(rows, key=lambda one: str(one.template))],
            "line": {"dash": "dot"},
            "marker": {"size": 9, "symbol": "diamond-open", "line": {"width": 2}},
            "hovertemplate": "%{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
        }
        for name, rows in sorted(theirs.items())
        if len({row.template for row in rows}) > 1
    ]
    if traces:
        xaxis = axis(translated("template"), type="category")
        layout = {"xaxis": xaxis, "yaxis": axis(column.name), "showlegend": True}
        note = translated("The same examples, worded otherwise: a flat line is a system that does not mind.")
        yield Chart(translated("Template sensitivity"), note, traces, layout)


def _sweeps(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield a picture a decoding key that took several values, all else the same."""
    for key in sorted({key for entry in entries for key in _asked(entry)}):
        lines = _lines(entries, _decoded(key), key)
        if not lines:
            continue
        numeric = all(isinstance(x, (int, float)) for _, line in lines for x, _ in line)
        xaxis = axis(key) if numeric else axis(key, type="category")
        layout = {"xaxis": xaxis, "yaxis": axis(column.name), "showlegend": len(lines) > 1}
        traces = _traces(lines, float if numeric else text)
        note = translated("All other settings are the same along a line.")
        yield Chart(translated("Decoding: {key}", key=key), note, traces, layout)


def _asked(entry: Run) -> Mapping[str, Any]:
    return entry.document.decoding.asked


def _decoded(key: str) -> Callable[[Run], Any]:
    return lambda entry: _asked(entry).get(key)


def _learning(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield how good systems are by how much they learnt from."""
    lines = _lines(entries, lambda entry: entry.document.fit and entry.document.fit.examples, *SWEPT)
    if lines:
        layout = {
            "xaxis": axis(translated("examples learnt from"), type="log", exponentformat="none"),
            "yaxis": axis(column.name),
            "showlegend": len(lines) > 1,
        }
        traces = _traces(lines, int, translated("{n} examples", n="%{x:,}"))
        note = translated("Each point is a fit of its own.")
        yield Chart(translated("Learning curves"), note, traces, layout)


ChartLine = tuple[str, list[tuple[Any, Run]]]  # a name, and its points in order


def _traces(lines: Sequence[ChartLine], x_shown: Callable[[Any], Any], said: str = "%{x}") -> list[Trace]:
    """Return a line a system with its intervals; `said` names x when a point is touched."""
    return [
        {
            **{"type": "scatter", "mode": "lines+markers", "name": name, "marker": {"size": 8}},
            "x": [x_shown(x) for x, _ in line],
            "y": [entry.main.value for _, entry in line],
            "error_y": error(entry.main for _, entry in line),
            "hovertemplate": f"{said}: %{{y:.4f}}<extra>%{{fullData.name}}</extra>",
        }
        for name, line in lines
    ]


def _lines(entries: Sequence[Run], x_of: Callable[[Run], Any], *without: str) -> list[ChartLine]:
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
    found = [(name, sorted(line.items(), key=_in_order)) for name, line in lines.items() if len(line) > 1]
    shown = texts(name for name, _ in found)
    return [(name, line) for name, (_, line) in zip(shown, found, strict=True)]


def _in_order(point: tuple[Any, Run]) -> tuple[bool, Any]:
    x = point[0]
    return (False, x) if isinstance(x, (int, float)) else (True, str(x))
