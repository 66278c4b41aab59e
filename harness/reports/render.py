"""A leaderboard as Markdown, JSON and CSV.

Names come from files that strangers wrote: none of them may end a cell or a line, colour a terminal,
hide behind a link, or be a spreadsheet's formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from harness.reports.board import Board, Row
from harness.reports.entries import Column, Entry
from harness.reports.width import padded, plain, width

_NUMBER = re.compile(r"[\d<+.,-]")
# What Markdown reads as more than itself; `_` only where it could open or close an emphasis.
_MARKUP = re.compile(r"[\\|`*~]|<(?=[a-zA-Z/!?])|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # as written, and as a Korean keyboard writes them wide


def markdown(found: Board) -> str:
    """Return the leaderboard in Markdown, aligned by what a terminal shows, made to be committed."""
    parts = []
    if found.rows:
        parts += [_table(*_cells(found)), _notes(found)]
    if found.silent:
        parts.append("No answers: " + "; ".join(map(_silence, found.silent)) + ".")
    if found.published:
        parts.append(_table(*_published_cells(found)))
    return "\n\n".join(parts) or "No runs with answers."


def _cells(found: Board) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows; what nobody measured has no column."""
    names = ["trained on", "n", "kind", "fit s", "examples/s", "p95 s", "USD/1k"]
    header = ["rank", "system", *found.titles.values(), *names]
    rows = [[str(row.rank or ""), row.system, *_figures(found, row), *_costs(row)] for row in found.rows]
    keep = [i for i in range(len(header)) if i < 2 or any(row[i] for row in rows)]
    return [header[i] for i in keep], [[row[i] for i in keep] for row in rows]


def _figures(found: Board, row: Row) -> list[str]:
    return [
        figure(row.entries[column].main, row.entries[column].marks) if column in row.entries else ""
        for column in found.columns
    ]


def _costs(row: Row) -> list[str]:
    """Return what the system took: examples learnt from and answered, kind, time and money."""
    runs = [entry.run for entry in row.entries.values()]
    fits = [run["fit"] for run in runs if run.get("fit")]
    return [
        _each(fit["examples"] for fit in fits),
        _each(entry.main["n"] for entry in row.entries.values()),
        str(row.some.run["backend"]["kind"] or ""),
        _short(sum({fit["seconds"] for fit in fits}) if fits else None),  # one reused is one fit
        _short(_rate(runs)),
        _short(_worst(((run.get("latency_s") or {}).get("e2e") or {}).get("p95") for run in runs)),
        _short(_worst((run.get("cost") or {}).get("per_1k_examples") for run in runs)),
    ]


def figure(main: dict[str, Any], marks: Sequence[str] = ()) -> str:
    """Return `0.8712 [0.8676, 0.8748]` and the marks after it."""
    digits = 4 if main["unit"] == "0-1" else 2
    text = "undefined" if main["value"] is None else f"{main['value']:.{digits}f}"
    if main["ci_low"] is not None:
        text += f" [{main['ci_low']:.{digits}f}, {main['ci_high']:.{digits}f}]"
    return text + (f" ({', '.join(marks)})" if marks else "")


def _each(counts: Iterable[int]) -> str:
    """Return the counts of a row's columns; those that are the same stand once."""
    return " / ".join(f"{count:,}" for count in dict.fromkeys(counts))


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _rate(runs: Iterable[dict[str, Any]]) -> float | None:
    """Return examples a second over all the sessions of all the runs."""
    sessions = [session for run in runs for session in run.get("sessions") or ()]
    seconds = sum(session["seconds"] for session in sessions)
    requests = sum(session["requests"] for session in sessions)
    return requests / seconds if requests and seconds else None


def _short(value: float | None) -> str:
    """Return two or three digits that count, plainly written."""
    if value is None:
        return ""
    if 0 < value < 0.0001:
        return "<0.0001"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.1f}"


def escaped(text: str) -> str:
    """Return text that stays in its cell of a Markdown table and reads as it is written."""
    return _MARKUP.sub(r"\\\g<0>", plain(text))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [[escaped(cell) for cell in line] for line in (header, *rows)]
    right = [
        i != 1 and all(_NUMBER.match(line[i]) or not line[i] for line in cells[1:])
        for i in range(len(header))
    ]
    lines = list(padded(cells, right, least=3))
    rule = ["-" * (width(cell) + 1) + "-:"[side] for cell, side in zip(lines[0], right, strict=True)]
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([body[0], f"|{'|'.join(rule)}|", *body[1:]])


def _notes(found: Board) -> str:
    """Return the line under the table that says what stands in it."""
    notes = ["95 % intervals", "equal ranks: the paired interval of the difference contains 0"]
    if found.ranked_by and len(found.columns) > 1:
        notes.append(f"ranked by {escaped(found.titles[found.ranked_by])}")
    if any(column.sample for column in found.columns):
        notes.append("(sample): the project's own small sample, not the dataset")
    return "; ".join(notes) + "."


def _silence(entry: Entry) -> str:
    run = entry.run
    failed = (run.get("counts") or {}).get("failed")
    state = str(run["status"]) + (f", {failed:,} requests failed" if failed else "")
    return f"{escaped(entry.system)} on {escaped(run['task']['name'])} ({state})"


def _published_cells(found: Board) -> tuple[list[str], list[list[str]]]:
    header = ["published, not ranked", "task", "template", "metric", "value", "split", "n", "source"]
    rows = [
        [
            *(one.system, one.task, one.template or "", one.metric, f"{one.value:g}", one.split or ""),
            f"{one.n:,}" if one.n is not None else "",
            "; ".join(filter(None, (one.note, one.source))),
        ]
        for one in found.published
    ]
    keep = [i for i in range(len(header)) if any(row[i] for row in rows)]
    return [header[i] for i in keep], [[row[i] for i in keep] for row in rows]


def as_json(found: Board) -> dict[str, Any]:
    """Return the leaderboard as plain values, names as they are."""
    return {
        "columns": [{"title": found.titles[column], **column._asdict()} for column in found.columns],
        "ranked_by": found.titles[found.ranked_by] if found.ranked_by else None,
        "rows": [
            {
                "rank": row.rank,
                "system": row.system,
                "backend": row.some.run["backend"],
                "cells": [_json_cell(found, column, entry) for column, entry in row.entries.items()],
            }
            for row in found.rows
        ],
        "no_answers": [
            {"system": entry.system, "task": entry.run["task"]["name"], "status": entry.run["status"]}
            for entry in found.silent
        ],
        "published": [{**one.__dict__, "ranked": False} for one in found.published],
    }


def _json_cell(found: Board, column: Column, entry: Entry) -> dict[str, Any]:
    kept = ("fit", "throughput", "latency_s", "cost", "counts")
    return {
        "column": found.titles[column],
        "task": column.task,
        "metric": column.metric,
        **entry.main,
        "marks": entry.marks,
        "status": entry.run["status"],
        "run": entry.run["id"],
        **{key: entry.run.get(key) for key in kept},
    }


_CSV = (
    *("rank", "system", "kind", "task", "version", "split", "limit", "sample", "data", "metric"),
    *("value", "ci_low", "ci_high", "n", "unit", "marks"),
    *("trained_on", "fit_s", "examples_per_s", "p95_s", "usd_per_1k", "source"),
)


def as_csv(found: Board) -> str:
    """Return one line a figure, safe to open in a spreadsheet (UTF-8 with BOM).

    A rank stands only beside the figure that it was made from. Text is always in quotes, so that no
    spreadsheet can split it at a semicolon.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, _CSV, restval="", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    lines = [
        _csv_line(row, column, entry, row.rank if column == found.ranked_by else None)
        for row in found.rows
        for column, entry in row.entries.items()
    ]
    lines += [
        {
            **{"system": one.system, "kind": "published", "task": one.task, "split": one.split},
            **{"metric": one.metric, "value": one.value, "n": one.n, "marks": "not ranked"},
            "source": "; ".join(filter(None, (one.note, one.source))),
        }
        for one in found.published
    ]
    writer.writerows({key: harmless(cell) for key, cell in line.items()} for line in lines)
    return "\ufeff" + out.getvalue()


def _csv_line(row: Row, column: Column, entry: Entry, rank: int | None) -> dict[str, Any]:
    run, main = entry.run, entry.main
    fit, latency = run.get("fit") or {}, (run.get("latency_s") or {}).get("e2e") or {}
    return {
        **{"rank": rank, "system": row.system, "kind": row.some.run["backend"]["kind"]},
        **{"task": column.task, "version": column.version, "split": column.split, "limit": column.limit},
        **{"sample": str(column.sample).lower(), "data": column.sha256[:8], "metric": column.metric},
        **{key: main[key] for key in ("value", "ci_low", "ci_high", "n", "unit")},
        **{"marks": "; ".join(entry.marks), "trained_on": fit.get("examples"), "fit_s": fit.get("seconds")},
        "examples_per_s": (run.get("throughput") or {}).get("examples_per_s"),
        **{"p95_s": latency.get("p95"), "usd_per_1k": (run.get("cost") or {}).get("per_1k_examples")},
    }


def harmless(cell: Any) -> Any:
    """Return a cell that a spreadsheet takes as text, not as a formula."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    flat = plain(cell)
    return f"'{flat}" if flat.startswith(_FORMULA) else flat
