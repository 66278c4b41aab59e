"""The leaderboard as a page shows it: what can be sorted, filtered and chosen, beside what is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from harness.records import run_file
from harness.records.run_schema import BackendInfo, MetricResult
from harness.reports.columns import Column
from harness.reports.comparison.settings import kept
from harness.reports.leaderboard.board import Board, BoardRow
from harness.reports.leaderboard.ranks import ranks
from harness.reports.leaderboard.speed import ms
from harness.reports.pictures.kinds import BASELINE
from harness.reports.run import Run, Warn
from harness.reports.writers.numbers import between, each, few_units, number, short
from harness.reports.writers.translations import named, translated
from harness.tasks.groups import REACH

UNKNOWN = "unknown"
OFFICIAL = "official"  # the tag of a profile whose model its own maker published
# Up to so many parameters: the classes of the Open LLM Leaderboard.
SIZES = ((3e9, "≤ 3B"), (7e9, "3-7B"), (65e9, "7-65B"), (float("inf"), "> 65B"))


@dataclass(frozen=True)
class ColumnHead:
    """A column: `shown` unless the reader chooses otherwise. Of a score: its task's language and tags.

    A column is `numeric` where all of it is sorted as numbers.
    """

    title: str
    note: str = ""
    shown: bool = True
    score: bool = False
    numeric: bool = True
    language: str = ""
    tags: tuple[str, ...] = ()


class Bar(NamedTuple):
    """A figure as a bar, and its interval on it, in per cent of the longest bar that there can be."""

    length: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Cell:
    """What is read, what it is sorted by, and for a score its interval, rank, marks, run and bar."""

    text: str = ""
    order: float | str = ""
    interval: str = ""
    rank: str = ""
    marks: tuple[str, ...] = ()
    run: str = ""
    bar: Bar | None = None


@dataclass(frozen=True)
class SystemLine:
    """A system: the address of its page, its cells by column, and what it can be filtered by."""

    system: str
    href: str
    rank: str
    order: float
    cells: list[Cell]
    facets: dict[str, str]


@dataclass(frozen=True)
class SiteTable:
    """Columns, rows, and every value that each filter can take."""

    heads: list[ColumnHead]
    lines: list[SystemLine]
    facets: dict[str, list[str]] = field(default_factory=dict)


Places = dict[Column, dict[str, str]]  # each system's rank in a column, as it is shown


def places(found: Board, warn: Warn) -> Places:
    """Return each system's rank in each column, ties marked: `=2`."""
    return {column: _ranks(found, column, warn) for column in found.columns}


def leaderboard(
    found: Board, by_column: Places, page_of: Callable[[Run], str], home_of: Callable[[str], str]
) -> SiteTable:
    """Return the board's rows with ranks in every column.

    `page_of` names the page of a run, `home_of` that of a system. The overall score stands first, then what
    it is made of. A column that nobody has a value in is left out, and what was measured of baselines alone.
    """
    heads = [
        *_heads_overall(found),
        *(_score(found, column) for column in found.columns),
        *_heads_about(),
        *_heads_took(),
    ]
    longest = {column: _longest(found, column) for column in found.columns}
    lines = [_line(found, row, by_column, page_of, home_of, longest) for row in found.rows]
    measured = len(heads) - len(_heads_took())
    compared = [line for line in lines if line.facets.get("kind") != BASELINE] or lines
    keep = [
        place
        for place in range(len(heads))
        if any(line.cells[place].text for line in (compared if place >= measured else lines))
    ]
    heads = [heads[place] for place in keep]
    lines = [replace(line, cells=[line.cells[place] for place in keep]) for line in lines]
    scores = [head for head in heads if head.score]
    facets = {name: sorted({line.facets[name] for line in lines} - {""}) for name in _FACETS}
    sizes = [name for _, name in SIZES] + [UNKNOWN]
    facets["size"].sort(key=sizes.index)
    facets["language"] = sorted({head.language for head in scores} - {""})
    facets["tag"] = sorted({tag for head in scores for tag in head.tags})
    return SiteTable(heads, lines, facets)


def _heads_overall(found: Board) -> list[ColumnHead]:
    """Return the head of the score that the ranks are of, where they are not of one column."""
    if found.overall is None:
        return []
    note = translated(
        "share of other systems that a figure is above, over {n} tasks", n=len(found.overall.columns)
    )
    return [ColumnHead(translated("mean win rate"), note)]


_FACETS = ("size", "kind", "licence", "provider")


def _heads_about() -> list[ColumnHead]:
    owner = translated("owner of the model's repository")
    return [
        ColumnHead(translated("kind"), numeric=False),
        ColumnHead(translated("size"), translated("parameters")),
        ColumnHead(translated("licence"), shown=False, numeric=False),
        ColumnHead(translated("provider"), owner, shown=False, numeric=False),
        ColumnHead(translated("trained on"), translated("examples learnt from"), shown=False),
        ColumnHead(translated("n"), translated("examples evaluated"), shown=False),
    ]


def _heads_took() -> list[ColumnHead]:
    wall = translated("wall time of answering over the examples answered, of the slowest task")
    p95 = translated("95th percentile of the time to a reply, of the slowest task")
    return [
        ColumnHead(translated("fit s"), translated("seconds of learning, all tasks together")),
        ColumnHead(translated("ms/example"), wall),
        ColumnHead(translated("p95 s"), p95),
        ColumnHead(translated("cost/1k"), translated("per 1,000 examples, of the dearest task")),
        ColumnHead(translated("energy J"), translated("joules, all tasks together"), shown=False),
        ColumnHead(translated("g CO₂"), translated("grams of CO₂, all tasks together"), shown=False),
    ]


def size_class(parameters: float | None) -> str:
    """Return the class of a number of parameters."""
    if parameters is None:
        return UNKNOWN
    return next(name for most, name in SIZES if parameters <= most)


def provider(backend: BackendInfo) -> str:
    """Return the owner of the hub's repository that a model is from; empty for a folder or no model."""
    owner, slash, name = (backend.model or "").partition("/")
    return owner if slash and "/" not in name and owner not in ("", ".", "..", "~") else ""


def _ranks(found: Board, column: Column, warn: Warn) -> dict[str, str]:
    rows = [row for row in found.rows if column in row.entries]
    if column == found.ranked_by:
        ranked = [row.rank for row in rows]
    else:
        ranked = ranks([row.entries[column] for row in rows], warn)
    counts = Counter(ranked)
    return {
        row.system: f"={place}" if counts[place] > 1 else str(place)
        for row, place in zip(rows, ranked, strict=True)
        if place is not None
    }


def _score(found: Board, column: Column) -> ColumnHead:
    entry = next(row.entries[column] for row in found.rows if column in row.entries)
    language = kept(entry, run_file.TASK, ("language",)).get("language")
    up = column.higher_is_better
    note = translated("higher is better") if up else translated("lower is better")
    tags = tuple(sorted(entry.document.task.tags))
    return ColumnHead(found.titles[column], note, score=True, language=str(language or ""), tags=tags)


def _line(
    found: Board,
    row: BoardRow,
    by_column: Places,
    page_of: Callable[[Run], str],
    home_of: Callable[[str], str],
    longest: Mapping[Column, float],
) -> SystemLine:
    backend = row.some.document.backend
    tags = kept(row.some, run_file.BACKEND, ("tags",)).get("tags") or ()
    facets = {
        "size": size_class(backend.parameters),
        "kind": backend.kind or "",
        "licence": backend.licence or "",
        "provider": provider(backend),
        "official": "yes" if OFFICIAL in tags else "",
    }
    scores = [
        _cell(row.entries.get(column), by_column[column].get(row.system, ""), page_of, longest[column])
        for column in found.columns
    ]
    rank = by_column[found.ranked_by].get(row.system, "") if found.ranked_by else _overall_rank(found, row)
    cells = [*_overall(found, row), *scores, *_about(row, facets), *_took(row)]
    return SystemLine(row.system, home_of(row.system), rank, row.rank or 1e9, cells, facets)


def _overall(found: Board, row: BoardRow) -> list[Cell]:
    if found.overall is None:
        return []
    score = found.overall.scores.get(row.system)
    if score is None:
        return [Cell()]
    main = score.result
    return [Cell(number(score.value, "0-1"), score.value, between(main), bar=_bar(main, 1.0))]


def _longest(found: Board, column: Column) -> float:
    """Return the figure of the longest bar: what the unit can reach, else the highest there is."""
    mains = [row.entries[column].main for row in found.rows if column in row.entries]
    if mains[0].unit in REACH:
        return REACH[mains[0].unit]
    return max(
        (abs(main.value) for main in mains if main.value is not None and _finite(main.value)), default=0.0
    )


def _bar(main: MetricResult, longest: float) -> Bar | None:
    """Return a figure as a bar from zero; None where it is none, or below zero."""
    value = main.value
    if value is None or not _finite(value) or not longest or value < 0:
        return None
    low, high = (
        min(100 * end / longest, 100) if end is not None and _finite(end) else None
        for end in (main.ci_low, main.ci_high)
    )
    return Bar(min(100 * value / longest, 100), low, high)


def _finite(value: float) -> bool:
    return math.isfinite(value)


def _overall_rank(found: Board, row: BoardRow) -> str:
    if row.rank is None:
        return ""
    shared = sum(other.rank == row.rank for other in found.rows) > 1
    return f"={row.rank}" if shared else str(row.rank)


def _about(row: BoardRow, facets: Mapping[str, str]) -> list[Cell]:
    parameters = row.some.document.backend.parameters
    fits = [entry.document.fit.examples for entry in row.entries.values() if entry.document.fit]
    counts = [entry.main.n for entry in row.entries.values()]
    size = f"{parameters / 1e9:.3g}B" if parameters else ""
    return [
        Cell(named(facets["kind"]), facets["kind"]),
        Cell(size, parameters or ""),
        Cell(facets["licence"], facets["licence"]),
        Cell(
            facets["provider"],
            facets["provider"],
            marks=(translated("official"),) if facets["official"] else (),
        ),
        Cell(each(fits, 3), max(fits, default="")),
        Cell(each(counts, 3), float(max(counts))),
    ]


def _cell(entry: Run | None, rank: str, page_of: Callable[[Run], str], longest: float) -> Cell:
    if entry is None:
        return Cell()
    main = entry.main
    order = "" if main.value is None else main.value
    return Cell(
        number(main.value, main.unit),
        order,
        between(main),
        rank,
        (*few_units(main), *entry.marks),
        page_of(entry),
        _bar(main, longest),
    )


def _took(row: BoardRow) -> list[Cell]:
    runs = [entry.document for entry in row.entries.values()]
    costs = [run.cost for run in runs if run.cost and run.cost.per_1k_examples is not None]
    currency = ", ".join(sorted({str(cost.currency) for cost in costs}))
    fits = {run.fit.seconds for run in runs if run.fit}  # one reused is one fit
    energies = [run.energy for run in runs if run.energy]
    joules, grams = (sum(getattr(one, key) or 0 for one in energies) for key in ("joules", "co2_g"))
    return [
        _measured(sum(fits) if fits else None),
        _measured(_worst(map(ms, runs))),
        _measured(_worst(run.latency_s["e2e"].p95 for run in runs if "e2e" in run.latency_s)),
        _measured(_worst(cost.per_1k_examples for cost in costs), f" {currency}"),
        _measured(joules or None),
        _measured(grams or None),
    ]


def _measured(value: float | None, unit: str = "") -> Cell:
    return Cell() if value is None else Cell(f"{short(value)}{unit}", float(value))


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
