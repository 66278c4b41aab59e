"""The leaderboard: a row a system, a column a task's metric, ranks by paired comparison.

Only figures over the same data stand in one column. Published figures stand apart and have no rank.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.errors import BadInput, did_you_mean
from harness.reports.columns import Column, titles
from harness.reports.leaderboard.group_scores import GroupTable, tables
from harness.reports.leaderboard.overall import Overall, common_columns, overall
from harness.reports.leaderboard.ranks import ranks
from harness.reports.leaderboard.speed import Speeds, speeds
from harness.reports.run import Run, Warn, called
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.text.normalize import nfc


@dataclass(frozen=True)
class BoardRow:
    """One system over all columns, the latest complete run of each."""

    system: str
    entries: dict[Column, Run]
    rank: int | None = None

    @property
    def some(self) -> Run:
        """Return any of the runs: the backend is the same in all."""
        return next(iter(self.entries.values()))


@dataclass(frozen=True)
class Published:
    """A figure that somebody else published."""

    system: str
    task: str
    metric: str
    value: float
    template: str | None
    split: str | None
    n: int | None
    source: str
    note: str | None


@dataclass(frozen=True)
class Board:
    """Everything a leaderboard shows, in the order in which it shows it.

    `ranked_by` is the column that the ranks are of, None where they are of the `overall` score, or where
    there are none. `silent` are systems without any answer to a task,
    `groups` the scores of groups of tasks, `speeds` those beside a baseline where one was named.
    """

    columns: list[Column]
    rows: list[BoardRow]
    ranked_by: Column | None = None
    published: list[Published] = field(default_factory=list)
    silent: list[Run] = field(default_factory=list)
    groups: list[GroupTable] = field(default_factory=list)
    speeds: Speeds | None = None
    overall: Overall | None = None

    @cached_property
    def titles(self) -> dict[Column, str]:
        """Return the columns' headings, no two alike."""
        return titles(self.columns)


def board(
    entries: Iterable[Run],
    warn: Warn,
    *,
    group: str | None = None,
    sort: str | None = None,
    named: Collection[str] = (),
    baseline: str | None = None,
) -> Board:
    """Return the leaderboard of `entries`, ranked by its one column, what `sort` names, or the overall score.

    Where no task was run by more than half of the systems, nobody is ranked unless `sort` says by what. Where
    `sort` is a metric, the runs that have it are shown by it. A run that cannot be ranked is shown all the
    same, and `warn` is told why. The score of a group that is `named`, or is the `group` asked for, is shown
    however few of its members were run. Speeds are told beside those of `baseline`, a system or the backend
    of one.

    Raises:
        BadInput: `group` is no run's tag and no group with a run, `sort` names no column, or `baseline` no
            system, or several.
    """
    kept = _of_group(called(list(entries)), group)
    scores = tables(kept, warn, {*named, *([group] if group else [])})
    chosen = _shown_by(sort, kept)
    best: dict[str, dict[Column, Run]] = {}
    for entry in sorted(chosen, key=lambda entry: entry.preference):
        if entry.column:
            best.setdefault(entry.system, {})[entry.column] = entry
    columns = sorted({column for found in best.values() for column in found}, key=lambda c: c.order)
    if not columns:
        return Board([], [], silent=_silent(chosen, best))
    ranked_by = _sort_column(columns, sort)
    total = overall(best, columns, warn) if ranked_by is None else None
    common = common_columns(best, columns)
    if total is None and ranked_by is None and len(common) == 1:
        ranked_by = common[0]
    if ranked_by is not None:
        columns.sort(key=lambda column: column != ranked_by)
    rows = [BoardRow(system, {c: found[c] for c in columns if c in found}) for system, found in best.items()]
    compared = None
    if baseline is not None:
        compared = speeds({row.system: row.entries for row in rows}, baseline, warn)
    return Board(
        columns,
        _ranked(rows, ranked_by, total, warn),
        ranked_by,
        _published(columns, rows, warn),
        _silent(chosen, best),
        scores,
        compared,
        total,
    )


def _of_group(entries: list[Run], name: str | None) -> list[Run]:
    """Return the runs of tasks that have the tag or are members of the group of that name."""
    if name is None:
        return entries
    paths = tasks.catalogue().get(nfc(name), [])
    members = groups.members(paths[0]) if paths and tasks.is_group(paths[0]) else []
    found = [e for e in entries if name in e.document.task.tags or e.task in members]
    if entries and not found:
        known = {tag for entry in entries for tag in entry.document.task.tags}
        if members:
            raise BadInput(f"--group {name}: no run is of one of its tasks")
        raise BadInput(f"--group {name}: no run's task has this tag.{did_you_mean(name, known)}")
    return found


def _shown_by(sort: str | None, entries: list[Run]) -> list[Run]:
    return [entry.by(sort) for entry in entries] if sort else entries


def _sort_column(columns: Sequence[Column], sort: str | None) -> Column | None:
    """Return the column that is asked for, or the only one; None of several."""
    headings = titles(columns)
    if sort is None:
        return columns[0] if len(columns) == 1 else None
    for column in columns:
        if sort in (column.task, column.metric, column.title, headings[column]):
            return column
    names = [name for column in columns for name in (column.task, column.metric)]
    raise BadInput(f"--sort {sort}: no such task or metric.{did_you_mean(str(sort), names)}")


def _ranked(
    rows: Sequence[BoardRow], column: Column | None, total: Overall | None, warn: Warn
) -> list[BoardRow]:
    """Return the rows in rank order; those without a rank, and those without the column, last."""
    if column is None:
        scores = total.scores if total else {}
        first = [
            BoardRow(row.system, row.entries, scores[row.system].rank) for row in rows if row.system in scores
        ]
        first.sort(key=lambda row: (-scores[row.system].value, row.system))
        return first + sorted((row for row in rows if row.system not in scores), key=lambda row: row.system)
    here = sorted((row for row in rows if column in row.entries), key=lambda row: row.system)
    places = ranks([row.entries[column] for row in here], warn)
    placed = [BoardRow(row.system, row.entries, place) for row, place in zip(here, places, strict=True)]
    placed.sort(key=lambda row: (row.rank is None, row.rank, -row.entries[column].height))
    return placed + sorted((row for row in rows if column not in row.entries), key=lambda row: row.system)


def _silent(entries: Iterable[Run], best: dict[str, dict[Column, Run]]) -> list[Run]:
    """Return the latest run of each system and task that has no figure at all."""
    found: dict[tuple[str, str], Run] = {}
    for entry in sorted(entries, key=lambda entry: entry.preference):
        task = entry.task
        if all(column.task != task for column in best.get(entry.system, ())):
            found[task, entry.system] = entry
    return [found[key] for key in sorted(found)]


def _published(columns: Sequence[Column], rows: Sequence[BoardRow], warn: Warn) -> list[Published]:
    """Return the published figures of the columns, as the latest run of each has them."""
    found: dict[Published, None] = {}
    for column in columns:
        if column.sample:
            continue  # they are about the dataset
        runs = [row.entries[column] for row in rows if column in row.entries]
        latest = max(runs, key=lambda entry: entry.preference)
        try:
            file = latest.definition().file
        except BadInput as error:
            warn(f"no published figures: {error}")
            continue
        for row in file.reference:
            told = {metric: value for metric, value in row.figures.items() if value is not None}
            # Beside the main metric a row without it shows the first that it has: better than to be left out.
            other = next(iter(told), None) if column.metric == file.metrics[0].name else None
            metric = column.metric if column.metric in told else other
            if metric is not None:
                about = (row.template, row.split, row.n, row.source, row.note)
                found[Published(row.system, column.task, metric, told[metric], *about)] = None
    return sorted(found, key=lambda p: (p.task, p.metric, -p.value, p.system, p.template or ""))
