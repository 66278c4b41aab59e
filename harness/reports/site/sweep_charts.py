"""The pictures of a sweep: over templates, decoding, shots, size, passages, and how much was learnt from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from harness.records.run_schema import MetricResult
from harness.reports.columns import Column
from harness.reports.leaderboard.board import Published
from harness.reports.pictures import Chart
from harness.reports.pictures.lines import Lines, Place, Series
from harness.reports.run import Run
from harness.reports.writers.translations import translated

SWEPT = ("train_limit",)  # settings that choose how much is learnt from, never a line of their own
MODEL = ("model", "revision")  # settings that choose a size


def charts(entries: Sequence[Run], published: Sequence[Published], column: Column) -> Iterator[Chart]:
    """Yield a picture for each setting of which some system took several values, all else the same."""
    yield from _templates(entries, published, column)
    yield from _shots(entries, column)
    yield from _sizes(entries, column)
    yield from _sweeps(entries, column)
    yield from _learning(entries, column)
    yield from _passages(entries, column)


def ends(main: MetricResult) -> tuple[float, float | None, float | None]:
    """Return a figure and the ends of its interval, None where it has none."""
    return math.nan if main.value is None else main.value, main.ci_low, main.ci_high


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


def _shots(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield how good systems are by the worked examples in their prompts, a line a model."""
    lines = _lines(entries, _shots_of, "shots")
    if lines:
        note = translated("Each example keeps its first shots as more come: a point adds to the one before.")
        form = Lines(_series(lines), translated("shots"), column.name)
        yield Chart(translated("Shots"), note, form)


def _sizes(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield how good systems are by their size, a line a number of shots (Brown et al. 2020, figure 1.2)."""
    lines: dict[str, list[tuple[Any, Run]]] = {}
    for entry in entries:
        size, shots = entry.document.backend.parameters, _shots_of(entry)
        if size and shots is not None:
            name = _name(translated("{k} shots", k=shots), entry, "shots", *MODEL)
            lines.setdefault(name, []).append((size, entry))
    found = [
        (name, sorted(line, key=lambda point: point[0]))
        for name, line in lines.items()
        if len({size for size, _ in line}) > 1
    ]
    if len(found) > 1:
        note = translated("Each mark is a model; what more shots buy a larger one.")
        across = translated("parameters")
        yield Chart(translated("Shots by size"), note, Lines(_series(found), across, column.name, log=True))


def _shots_of(entry: Run) -> int | None:
    """Return the shots of a run, None for a learner, whose prompts have none."""
    told = entry.document.task.shots
    return None if told is None or entry.document.fit is not None else told.k


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


def _passages(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield how good systems are by the passages that were found for them, their own passage beside."""
    asked = [entry for entry in entries if entry.document.task.context and entry.main.value is not None]
    found: dict[tuple[str, str], dict[int, Run]] = {}
    other: dict[tuple[str, str], Run] = {}
    for entry in asked:
        told = entry.document.retrieval
        system = _name(entry.document.backend.name, entry, "context")
        if told is not None and told.retriever is not None:
            found.setdefault((system, told.retriever), {})[told.k] = entry
        else:
            other[system, str(entry.document.task.context)] = entry
    series = []
    for (system, retriever), line in found.items():
        closed = {0: other[system, "closed"]} if (system, "closed") in other else {}
        if len(closed) + len(line) > 1:
            points = sorted({**closed, **line}.items())
            series.append(Series(f"{system}, {retriever}", [Place(k, *ends(run.main)) for k, run in points]))
    if not series:
        return
    most = max(float(place.x) for one in series for place in one.places)
    series += [
        Series(f"{system}, {translated('own passage')}", [Place(k, *ends(run.main)) for k in (0.0, most)])
        for (system, way), run in other.items()
        if way == "gold" and any(system == name for name, _ in found)
    ]
    note = translated("The same questions: with no passage (0), with the first k found, with their own.")
    yield Chart(translated("Passages shown"), note, Lines(series, translated("passages"), column.name))


Line = tuple[str, list[tuple[Any, Run]]]  # a name, and its points in order


def _series(lines: Sequence[Line]) -> list[Series]:
    """Return a line a system with its intervals."""
    return [
        Series(
            name,
            [Place(_shown(x), *ends(entry.main)) for x, entry in line if entry.main.value is not None],
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
        name = _name(entry.document.backend.name, entry, *without)
        lines.setdefault(name, {}).setdefault(x, entry)
    return [(name, sorted(line.items(), key=_in_order)) for name, line in lines.items() if len(line) > 1]


def _name(name: str, entry: Run, *without: str) -> str:
    """Return the name of a line: `name` with the settings that are not the profile's, but `without` some."""
    given = {key: value for key, value in entry.document.given.items() if key not in without}
    extra = ", ".join(f"{key}={value}" for key, value in given.items())
    return f"{name} [{extra}]" if extra else name


def _in_order(point: tuple[Any, Run]) -> tuple[bool, Any]:
    x = point[0]
    return (False, x) if isinstance(x, (int, float)) else (True, str(x))
