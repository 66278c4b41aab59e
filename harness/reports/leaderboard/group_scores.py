"""Groups with one score on the leaderboard: who has run all members, and what they come to.

A system has a score only where its runs of every member are complete and of one kind: the whole split,
the same limit, or the sample. Published scores stand apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config import loader as definitions
from harness.errors import BadInput
from harness.records.run_schema import COMPLETE, GroupResult, MetricResult
from harness.reports.columns import restricted
from harness.reports.run import Run, Warn
from harness.reports.writers.blocks import Block, Note, TableBlock
from harness.reports.writers.translations import named, translated
from harness.stats import composite
from harness.stats.composite import Figure
from harness.tasks import groups
from harness.tasks import task as tasks
from harness.tasks.groups import Counted, Scored
from harness.tasks.schema import GroupReference
from harness.text.normalize import nfc

MOST_COLUMNS = 12  # members of a larger group are not shown one by one


@dataclass(frozen=True)
class GroupRow:
    """One system: its score if it has one, its members' figures, and why others are missing."""

    system: str
    score: Figure | None
    figures: dict[str, Figure]
    missing: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GroupTable:
    """The systems over one group, on runs of one kind."""

    group: Scored
    sample: bool
    limit: str | None
    rows: list[GroupRow]

    @property
    def title(self) -> str:
        """Return the group's name and what its runs are restricted to."""
        return self.group.name + restricted(sample=self.sample, limit=self.limit)

    @property
    def published(self) -> list[GroupReference]:
        """Return the published rows, the highest score first; none beside the project's own sample."""
        rows = [] if self.sample else self.group.file.reference
        return sorted(rows, key=lambda row: -(row.score or 0))


def tables(entries: Sequence[Run], warn: Warn, named: Collection[str] = ()) -> list[GroupTable]:
    """Return a table for each group that is `named`, or of which a system ran half of two tasks or more.

    A group that is wrong is left out, and `warn` is told why.
    """
    ran = {entry.task for entry in entries}
    with definitions.one_look():
        return list(_wanted(entries, ran, warn, named))


def _wanted(
    entries: Sequence[Run], ran: Collection[str], warn: Warn, named: Collection[str]
) -> Iterator[GroupTable]:
    for path, is_named in _files(named, only_named=len(ran) < 2):
        try:
            names = set(groups.members(path))
            if not is_named and 2 * len(names.intersection(ran)) < len(names):
                continue
            group = groups.load(path)
        except BadInput as error:
            warn(f"no score of {definitions.name_of(path)}: {error}")
            continue
        if group is not None:
            yield from _tables(group, entries, is_named=is_named)


def _files(named: Collection[str], *, only_named: bool) -> Iterator[tuple[Path, bool]]:
    """Yield the file of every group with a score, and whether the group is named: by name or by path.

    For one task, of which no group is half, the other files of the catalogue need not be read.
    """
    names = {nfc(name) for name in named}
    paths = {Path(name).resolve() for name in named if definitions.is_path(name)}
    if only_named and not names:
        return
    catalogue = {n: files[0] for n, files in tasks.catalogue().items() if n in names or not only_named}
    known = {path.resolve(): name for name, path in catalogue.items() if _is_scored(path)}
    for path in sorted({*known, *filter(_is_scored, paths)}, key=definitions.name_of):
        yield path, path in paths or known.get(path) in names


def _is_scored(path: Path) -> bool:
    return {"members", "score"} <= definitions.headline(path).keys()


def _tables(group: Scored, entries: Sequence[Run], *, is_named: bool) -> Iterator[GroupTable]:
    """Yield a table for each kind of runs; the sample's last."""
    kinds: dict[tuple[bool, str], dict[str, dict[str, Run]]] = {}
    names = {member.name for member in group.members}
    for entry in sorted(entries, key=lambda entry: entry.preference):
        if entry.task in names:
            of_system = kinds.setdefault(_kind(entry), {}).setdefault(entry.system, {})
            of_system[entry.task] = entry
    for (sample, limit), systems in sorted(kinds.items()):
        rows = [_row(group, system, runs, systems.values()) for system, runs in systems.items()]
        if is_named or any(2 * len(row.figures) >= len(names) for row in rows):
            yield GroupTable(group, sample, limit or None, sorted(rows, key=_place))


def _kind(entry: Run) -> tuple[bool, str]:
    return entry.sample, entry.limit or ""


def _place(row: GroupRow) -> tuple[Any, ...]:
    """Return the key that puts the highest score first, and those without one after, by their members."""
    return row.score is None, -row.score.value if row.score else -len(row.figures), row.system


def _row(group: Scored, system: str, runs: dict[str, Run], others: Iterable[dict[str, Run]]) -> GroupRow:
    figures, missing, marks = {}, {}, []
    for member in group.members:
        entry = runs.get(member.name)
        why = translated("not run") if entry is None else _unfit(member, entry)
        if entry is None or why:
            missing[member.name] = why
            continue
        figures[member.name] = _figure(member, entry)
        marks += _asked_in_part(member, entry)
        marks += [f"{member.name}: {mark}" for mark in entry.marks]
        newest = max((o[member.name] for o in others if member.name in o), key=lambda e: e.preference)
        if entry.sha256 != newest.sha256:
            other = translated("other data than {system}", system=newest.system)
            marks.append(f"{member.name}: {other}")
    score = None if missing else group.score([figures[member.name] for member in group.members])
    return GroupRow(system, score, figures, missing, marks)


def _unfit(member: Counted, entry: Run) -> str:
    """Return why a run gives the member no figure; nothing if it does."""
    ran, file = entry.document.task, member.task.file
    if ran.version != file.version:
        return translated("version {ran} was run, and this is {here}", ran=ran.version, here=file.version)
    if ran.split != file.split:
        return translated("split {name} was run", name=ran.split)
    if entry.status != COMPLETE:
        return named(entry.status)
    for name in member.metrics:
        if name not in entry.metrics:
            return translated("no {metric}; rescore it", metric=name)
        if entry.metrics[name].value is None:
            return translated("{metric} is undefined", metric=name)
    none = isinstance(member.chance, Mapping) and not _groups(member, entry)
    return translated("no subtask that counts") if none else ""


def _figure(member: Counted, entry: Run) -> Figure:
    """Return the mean of the member's metrics as a share of their reach, or of what is above chance."""
    if isinstance(member.chance, Mapping):
        groups = _groups(member, entry)
        return composite.combined([_of(member, own, chance) for own, chance in groups], [1.0] * len(groups))
    return _of(member, entry.metrics, member.chance)


def _of(
    member: Counted, found: Mapping[str, MetricResult] | Mapping[str, GroupResult], chance: float | None
) -> Figure:
    figure = composite.mean_of_metrics([_share(found[name], member.reach[name]) for name in member.metrics])
    return figure if chance is None else composite.above_chance(figure, chance)


def _groups(member: Counted, entry: Run) -> list[tuple[Mapping[str, GroupResult], float]]:
    """Return the figures of the groups that count and were asked, each with what guessing gets there."""
    assert isinstance(member.chance, Mapping)
    ((by, chances),) = member.chance.items()
    found = entry.document.breakdown.get(by) or {}
    return [(found[name], chance) for name, chance in chances.items() if name in found]


def _asked_in_part(member: Counted, entry: Run) -> list[str]:
    """Return what is to be said of a member of which not every group was asked."""
    if not isinstance(member.chance, Mapping):
        return []
    whole = len(next(iter(member.chance.values())))
    n = len(_groups(member, entry))
    return [] if n == whole else [f"{member.name}: {translated('{n} of {whole} subtasks', n=n, whole=whole)}"]


def _share(main: MetricResult | GroupResult, reach: float) -> Figure:
    return Figure(main.value or 0.0, main.ci_low, main.ci_high, main.n or 0).times(1 / reach)


# As tables, JSON and CSV


def blocks(table: GroupTable) -> Iterator[Block]:
    """Yield the scores, what they are, and what others published, which is not ranked."""
    shown = _shown(table.group)
    titles = [member.title for member in shown]
    yield TableBlock(
        [table.title, translated("score"), *titles, translated("members")],
        [
            [row.system, _interval(table, row.score), *_of_members(table, row, shown), _coverage(table, row)]
            for row in table.rows
        ],
        names=0,
    )
    yield Note(_note(table))
    if table.published:
        heading = translated("published, not ranked: {group}", group=table.group.name)
        yield TableBlock(
            [heading, translated("score"), *titles, translated("source")],
            [
                [
                    row.system,
                    "" if row.score is None else _number(table, row.score),
                    *(_number(table, row.figures[m.name]) if m.name in row.figures else "" for m in shown),
                    "; ".join(filter(None, (row.note, row.source))),
                ]
                for row in table.published
            ],
            names=0,
        )


def _note(table: GroupTable) -> str:
    """Return the line that says what the score is and how sure."""
    return translated(
        "{group}: a mean of the members' figures, which 'harness show {group}' spells out; "
        "95 % intervals, put together from the members' own as of independent samples.",
        group=table.group.name,
    )


def _shown(group: Scored) -> tuple[Counted, ...]:
    return group.members if len(group.members) <= MOST_COLUMNS else ()


def _number(table: GroupTable, value: float) -> str:
    return f"{value:.4f}" if table.group.scale == 1 else f"{value:.1f}"


def _interval(table: GroupTable, score: Figure | None) -> str:
    if score is None:
        return ""
    if score.low is None or score.high is None:
        return _number(table, score.value)
    low, high = (_number(table, end) for end in (score.low, score.high))
    return f"{_number(table, score.value)} [{low}, {high}]"


def _of_members(table: GroupTable, row: GroupRow, shown: Sequence[Counted]) -> list[str]:
    return [
        _number(table, row.figures[member.name].value * table.group.scale)
        if member.name in row.figures
        else ""
        for member in shown
    ]


def _coverage(table: GroupTable, row: GroupRow) -> str:
    """Return how many members a system has, and what is to be said of the others."""
    unrun, counts = translated("not run"), {"n": len(row.figures), "whole": len(table.group.members)}
    said = [name if why == unrun else f"{name} ({why})" for name, why in row.missing.items()]
    without = [translated("without {names}", names=", ".join(said))] if said else []
    return "; ".join([translated("{n} of {whole}", **counts), *without, *row.marks])


def as_json(table: GroupTable) -> dict[str, Any]:
    """Return a table as plain values; figures are on the group's scale."""
    scale = table.group.scale
    return {
        "group": table.group.name,
        "title": table.title,
        "sample": table.sample,
        "limit": table.limit,
        "scale": scale,
        "members": {member.name: list(member.metrics) for member in table.group.members},
        "rows": [
            {
                "system": row.system,
                "score": _json_figure(row.score) if row.score else None,
                "figures": {name: _json_figure(one.times(scale)) for name, one in row.figures.items()},
                "missing": row.missing,
                "marks": row.marks,
            }
            for row in table.rows
        ],
        "published": [{**row.model_dump(), "ranked": False} for row in table.published],
    }


def _json_figure(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "ci_low": figure.low, "ci_high": figure.high, "n": figure.n}


def csv_lines(table: GroupTable) -> Iterator[dict[str, Any]]:
    """Yield a line for each system and each published row; a system without a score says why."""
    about = {"task": table.group.name, "metric": "score"}
    for row in table.rows:
        value, low, high, n = row.score or (None, None, None, None)
        yield {
            **{"system": row.system, "kind": "group", "limit": table.limit, **about},
            **{"sample": str(table.sample).lower(), "value": value, "ci_low": low, "ci_high": high, "n": n},
            **{"unit": f"0-{table.group.scale:g}", "marks": _coverage(table, row)},
        }
    for one in table.published:
        yield {
            **{"system": one.system, "kind": "published", "value": one.score, **about},
            **{"unit": f"0-{table.group.scale:g}", "marks": "not ranked"},
            "source": "; ".join(filter(None, (one.note, one.source))),
        }
