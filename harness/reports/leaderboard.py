"""The leaderboard: a row a system, a column a task's main metric, ranks by paired comparison.

Only figures over the same data stand in one column. Two systems share a rank when the paired interval
of their difference contains 0; published figures stand apart and have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness import plugins, records, tasks
from harness.definitions import read
from harness.errors import BadInput, did_you_mean
from harness.reports.width import pad, width

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """A run: where it lies and what its `run.json` says."""

    directory: Path
    run: dict[str, Any]

    @property
    def system(self) -> str:
        """Return the backend's name with what differs from its profile."""
        return str(self.run["label"])

    @property
    def main(self) -> dict[str, Any] | None:
        """Return the main metric's estimate, None if there is no answer to judge."""
        return next(iter((self.run.get("metrics") or {}).values()), None)

    @property
    def column(self) -> Column | None:
        """Return the column in which the run stands."""
        if self.main is None:
            return None
        task, data = self.run["task"], self.run["data"]
        signature = self.main["signature"].rpartition("|n:")[0]
        return Column(
            task["name"],
            task["version"],
            task["split"],
            str(task["limit"]) if task["limit"] is not None else None,
            data["sha256"][task["split"]],
            next(iter(self.run["metrics"])),
            signature,
            data["sample"],
        )

    @property
    def marks(self) -> list[str]:
        """Return what a reader must know before believing the figure."""
        counts = self.run.get("counts") or {}
        found = ["partial"] if self.run["status"] != "complete" else []
        found += [f"{counts[key]} {key}" for key in ("failed", "cached", "truncated") if counts.get(key)]
        return found

    @cached_property
    def statistics(self) -> Statistics:
        """Return what was kept of each example, for paired comparisons."""
        return _statistics(self.directory / records.STATISTICS, next(iter(self.run["metrics"])))


class Column(NamedTuple):
    """What must be equal for two figures to be comparable."""

    task: str
    version: int
    split: str
    limit: str | None
    sha256: str
    metric: str
    signature: str
    sample: bool

    @property
    def title(self) -> str:
        """Return the column's heading, its restrictions named."""
        extra = ["sample"] if self.sample else []
        extra += [f"limit {self.limit}"] if self.limit else []
        return f"{self.task} {self.metric}" + (f" ({', '.join(extra)})" if extra else "")


class Statistics(NamedTuple):
    """Per-example statistics of the main metric: keys, (N, K) rows, and clusters or None."""

    keys: tuple[bytes, bytes]
    rows: NDArray[np.float64]
    clusters: NDArray[np.int64] | None


@dataclass(frozen=True)
class Row:
    """One system over all columns, the latest complete run of each."""

    system: str
    entries: dict[Column, Entry]
    rank: int | None = None

    @property
    def some(self) -> Entry:
        """Return any of the runs: the backend is the same in all."""
        return next(iter(self.entries.values()))


@dataclass(frozen=True)
class Reference:
    """A published figure."""

    system: str
    column: Column
    value: float
    template: str | None
    source: str
    note: str | None


@dataclass(frozen=True)
class Board:
    """Everything a leaderboard shows, in the order in which it shows it."""

    columns: list[Column]
    rows: list[Row]
    references: list[Reference] = field(default_factory=list)


def load(places: Sequence[Path]) -> list[Entry]:
    """Return the runs in `places`, in a stable order.

    Raises:
        BadInput: a place is not there, or holds a torn run.json.
    """
    return [Entry(directory, records.read_run(directory)) for directory in records.runs(list(places))]


def board(entries: Iterable[Entry], *, group: str | None = None, sort: str | None = None) -> Board:
    """Return the leaderboard of `entries`, ranked by the first column or the one `sort` names.

    Raises:
        BadInput: `sort` names no column.
    """
    chosen = [e for e in entries if e.column and (group is None or group in e.run["task"]["tags"])]
    columns = sorted({e.column for e in chosen if e.column}, key=lambda c: (c.sample, *map(str, c)))
    best: dict[str, dict[Column, Entry]] = {}
    for entry in sorted(chosen, key=_preference):
        if entry.column:
            best.setdefault(entry.system, {})[entry.column] = entry
    rows = [Row(system, found) for system, found in best.items()]
    if not columns:
        return Board([], [])
    return Board(columns, _ranked(rows, _sort_column(columns, sort)), _references(chosen))


def _preference(entry: Entry) -> tuple[bool, str, str]:
    """Order runs of a row so that the last wins: complete over partial, then the latest."""
    return entry.run["status"] == "complete", str(entry.run["started"]), str(entry.run["id"])


def _sort_column(columns: Sequence[Column], sort: str | None) -> Column:
    for column in columns:
        if sort is None or sort in (column.task, column.metric, column.title):
            return column
    names = [name for column in columns for name in (column.task, column.metric)]
    raise BadInput(f"--sort {sort}: no such column.{did_you_mean(str(sort), names)}")


def _ranked(rows: Sequence[Row], column: Column) -> list[Row]:
    """Return the rows in rank order: one more than the systems that are better beyond doubt."""
    here = [row for row in rows if column in row.entries]
    better = _better([row.entries[column] for row in here])
    placed = [
        Row(row.system, row.entries, 1 + sum(line[index] for line in better))
        for index, row in enumerate(here)
    ]
    placed.sort(key=lambda row: (row.rank, -_height(row.entries[column]), row.system))
    return placed + sorted((row for row in rows if column not in row.entries), key=lambda row: row.system)


def _height(entry: Entry) -> float:
    """Return the main figure, turned so that higher is better."""
    main = entry.main or {"value": 0.0, "higher_is_better": True}
    return float(main["value"]) if main["higher_is_better"] else -float(main["value"])


def _better(entries: Sequence[Entry]) -> list[list[bool]]:
    """Return (R, R): whether the row's system beats the column's in the paired comparison.

    Systems are paired over the examples that both answered; those with the same examples, the usual
    case, are compared all at once.
    """
    from harness.metrics import intervals

    size = len(entries)
    better = [[False] * size for _ in range(size)]
    groups: dict[tuple[bytes, bytes], list[int]] = {}
    for index, entry in enumerate(entries):
        groups.setdefault(entry.statistics.keys, []).append(index)
    for members in groups.values():
        metric = _metric(entries[members[0]])
        sign = 1 if metric.higher_is_better else -1
        systems = [entries[index].statistics for index in members]
        signs = sign * intervals.paired_signs(metric, [s.rows for s in systems], systems[0].clusters)
        for i, one in enumerate(members):
            for j, other in enumerate(members):
                better[one][other] = bool(signs[i, j] > 0)
    for one, other in _across(groups.values()):
        difference = _overlap(entries[one], entries[other])
        better[one][other], better[other][one] = difference > 0, difference < 0
    return better


def _across(groups: Iterable[list[int]]) -> Iterable[tuple[int, int]]:
    """Yield the pairs of systems that did not answer the same examples."""
    lists = list(groups)
    for index, group in enumerate(lists):
        for other in lists[index + 1 :]:
            yield from ((a, b) for a in group for b in other)


def _overlap(a: Entry, b: Entry) -> int:
    """Return 1, -1 or 0: which system is better over the examples that both answered."""
    import numpy as np

    from harness.metrics import intervals

    rows_a, rows_b = (_by_key(entry.statistics) for entry in (a, b))
    common = [key for key in rows_a if key in rows_b]
    if not common:
        return 0
    metric, clusters = _metric(a), a.statistics.clusters
    pick_a = np.array([rows_a[key] for key in common])
    pick_b = np.array([rows_b[key] for key in common])
    codes = clusters[pick_a] if clusters is not None else None
    found = intervals.paired(metric, a.statistics.rows[pick_a], b.statistics.rows[pick_b], codes)
    if found.allows(0):
        return 0
    return 1 if (found.value > 0) == metric.higher_is_better else -1


def _by_key(statistics: Statistics) -> dict[tuple[bytes, int], int]:
    import numpy as np

    ids, repeats = statistics.keys
    return {
        key: place
        for place, key in enumerate(
            zip(ids.split(b"\n"), np.frombuffer(repeats, dtype=np.int64).tolist(), strict=True)
        )
    }


def _metric(entry: Entry) -> Any:
    """Return the metric of a run's main figure, from the task the run kept."""
    task = tasks.parse(read(entry.directory / records.TASK), entry.run["task"]["name"])
    named = task.file.metrics[0]
    entries = plugins.metrics()
    return plugins.load(plugins.known(entries, named.name, "metric").target)(task.labels, **named.settings)


def _statistics(path: Path, metric: str) -> Statistics:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as kept:
            clusters = kept["clusters"] if "clusters" in kept else None
            return Statistics(
                (kept["ids"].tobytes(), kept["repeats"].tobytes()), kept[f"metric:{metric}"], clusters
            )
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(
            f"{path}: not a run's statistics ({error}); `harness rescore` writes them again"
        ) from None


def _references(entries: Sequence[Entry]) -> list[Reference]:
    """Return the published rows of the tasks that were run, once each."""
    found: dict[tuple[Any, ...], Reference] = {}
    for entry in entries:
        column = entry.column
        if column is None or column.sample:
            continue
        for row in read(entry.directory / records.TASK).values.get("reference", []):
            value = row.get(column.metric)
            if value is not None:
                key = (column.task, row["system"], row.get("template"), value)
                found[key] = Reference(
                    row["system"], column, float(value), row.get("template"), row["source"], row.get("note")
                )
    return [found[key] for key in sorted(found, key=lambda key: (key[0], -key[3], str(key[1:3])))]


# ---- as text ------------------------------------------------------------------------------------------


def figure(main: dict[str, Any] | None, marks: Sequence[str] = ()) -> str:
    """Return `0.8712 [0.8676, 0.8748]` and the marks after it."""
    if main is None:
        return ""
    digits = 4 if main["unit"] == "0-1" else 2
    text = f"{main['value']:.{digits}f}"
    if main["ci_low"] is not None:
        text += f" [{main['ci_low']:.{digits}f}, {main['ci_high']:.{digits}f}]"
    return text + (f" ({', '.join(marks)})" if marks else "")


def table(found: Board) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows as text."""
    header = [
        "rank",
        "system",
        *(column.title for column in found.columns),
        "n",
        "kind",
        "fit s",
        "examples/s",
        "p95 s",
        "USD/1k",
    ]
    rows = []
    for row in found.rows:
        runs = [entry.run for entry in row.entries.values()]
        cells = [
            figure(row.entries[column].main, row.entries[column].marks) if column in row.entries else ""
            for column in found.columns
        ]
        rows.append(
            [
                str(row.rank or ""),
                row.system,
                *cells,
                "+".join(f"{(entry.main or {})['n']:,}" for entry in row.entries.values()),
                str(row.some.run["backend"]["kind"] or ""),
                _short(_sum((run.get("fit") or {}).get("seconds") for run in runs)),
                _short(_rate(runs)),
                _short(_worst(((run.get("latency_s") or {}).get("e2e") or {}).get("p95") for run in runs)),
                _short(_worst((run.get("cost") or {}).get("per_1k_examples") for run in runs)),
            ]
        )
    return _without_empty(header, rows)


def _without_empty(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out columns that say nothing: what nobody measured is absent."""
    keep = [i for i in range(len(header)) if i < 2 or any(row[i] for row in rows)]
    return [header[i] for i in keep], [[row[i] for i in keep] for row in rows]


def _sum(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _rate(runs: Iterable[dict[str, Any]]) -> float | None:
    sessions = [session for run in runs for session in run.get("sessions") or ()]
    seconds = sum(session["seconds"] for session in sessions)
    requests = sum(session["requests"] for session in sessions)
    return requests / seconds if requests and seconds else None


def _short(value: float | None) -> str:
    """Return two or three digits that count, plainly written."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.1f}"


def escaped(text: str) -> str:
    """Return text that stays in its cell of a Markdown table."""
    flat = " ".join(text.split())
    for character in "\\|`*_<>[]":
        flat = flat.replace(character, "\\" + character) if character in "\\|`<" else flat
    return "".join(c for c in flat if c.isprintable())


def markdown(found: Board) -> str:
    """Return the leaderboard in Markdown, aligned by what a terminal shows."""
    if not found.rows:
        return "no runs with answers"
    header, rows = table(found)
    rows = [[escaped(cell) for cell in row] for row in rows]
    text = _aligned([escaped(name) for name in header], rows)
    notes = _notes(found)
    published = ""
    if found.references:
        lines = [
            [
                ref.system,
                ref.column.task,
                ref.template or "",
                f"{ref.value:g}",
                "; ".join(filter(None, (ref.note, ref.source))),
            ]
            for ref in found.references
        ]
        cells = [[escaped(cell) for cell in line] for line in lines]
        head = ["published, not ranked", "task", "template", found.references[0].column.metric, "source"]
        published = "\n\n" + _aligned(head, cells)
    return text + (f"\n\n{notes}" if notes else "") + published


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(3, *(width(row[i]) for row in (header, *rows))) for i in range(len(header))]
    right = [i != 1 and all(row[i][:1].isdigit() or not row[i] for row in rows) for i in range(len(header))]
    rule = "|".join(("-" * (w + 1) + ":") if r else "-" * (w + 2) for w, r in zip(widths, right, strict=True))
    lines = [
        "| " + " | ".join(pad(cell, w, right=r) for cell, w, r in zip(row, widths, right, strict=True)) + " |"
        for row in (header, *rows)
    ]
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def _notes(found: Board) -> str:
    """Return the line under the table that says what its marks mean."""
    notes = ["95 % intervals; equal ranks: the paired interval of the difference contains 0"]
    if any(column.sample for column in found.columns):
        notes.append("(sample): the project's own small sample, not the dataset")
    return "; ".join(notes) + "."


def as_json(found: Board) -> dict[str, Any]:
    """Return the leaderboard as plain values."""
    return {
        "columns": [column._asdict() for column in found.columns],
        "rows": [
            {
                "rank": row.rank,
                "system": row.system,
                "backend": row.some.run["backend"],
                "cells": [
                    {
                        "task": column.task,
                        "metric": column.metric,
                        **(entry.main or {}),
                        "marks": entry.marks,
                        "status": entry.run["status"],
                        "run": entry.run["id"],
                        "fit": entry.run.get("fit"),
                        "throughput": entry.run.get("throughput"),
                        "latency_s": entry.run.get("latency_s"),
                        "cost": entry.run.get("cost"),
                    }
                    for column, entry in row.entries.items()
                ],
            }
            for row in found.rows
        ],
        "references": [
            {**ref.__dict__, "column": ref.column.title, "ranked": False} for ref in found.references
        ],
    }


def as_csv(found: Board) -> str:
    """Return one line a figure, safe to open in a spreadsheet (UTF-8 with BOM)."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    names = ["value", "ci_low", "ci_high", "n", "unit"]
    writer.writerow(
        [
            "rank",
            "system",
            "kind",
            "task",
            "split",
            "metric",
            "sample",
            *names,
            "marks",
            "fit_s",
            "examples_per_s",
        ]
    )
    for row in found.rows:
        for column, entry in row.entries.items():
            main = entry.main or {}
            fit, rate = entry.run.get("fit") or {}, entry.run.get("throughput") or {}
            cells = [
                row.rank,
                row.system,
                row.some.run["backend"]["kind"],
                column.task,
                column.split,
                column.metric,
            ]
            cells += [column.sample, *(main.get(name) for name in names), "; ".join(entry.marks)]
            writer.writerow(
                [_harmless(cell) for cell in (*cells, fit.get("seconds"), rate.get("examples_per_s"))]
            )
    for ref in found.references:
        published = ["", ref.system, "published", ref.column.task, ref.column.split, ref.column.metric, False]
        writer.writerow(
            [_harmless(cell) for cell in (*published, ref.value, "", "", "", "", f"not ranked: {ref.source}")]
        )
    return "\ufeff" + out.getvalue()


def _harmless(cell: Any) -> Any:
    """Return a cell that a spreadsheet takes as text, not as a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return "" if cell is None else cell
