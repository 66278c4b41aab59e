"""A leaderboard as Markdown, HTML, LaTeX, JSON and CSV.

Names come from files that strangers wrote: none of them may end a cell or a line, colour a terminal,
hide behind a link, or be a spreadsheet's formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from harness.records.run_schema import RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard import group_scores as groups
from harness.reports.leaderboard import layout
from harness.reports.leaderboard.board import Board, BoardRow
from harness.reports.leaderboard.overall import MEAN_WIN_RATE, Overall
from harness.reports.leaderboard.speed import Speed, Speeds
from harness.reports.run import Run
from harness.reports.writers import html as to_html
from harness.reports.writers import latex as to_latex
from harness.reports.writers import markdown as to_markdown
from harness.reports.writers import service_levels as served
from harness.reports.writers.blocks import Block, Note, TableBlock, cell
from harness.reports.writers.translations import named, translated
from harness.text.width import plain

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # as written, and as a Korean keyboard writes them wide


MOST_NAMED = 6  # systems that may be the best, of more only the number is told


def blocks(found: Board) -> list[Block]:
    """Return the leaderboard as tables and notes: ranks first, what others published apart from them."""
    made: list[Block] = []
    if found.rows:
        made += [*layout.tables(found), Note(_notes(found))]
    if found.speeds and any(found.speeds.measured.values()):
        made.append(Note(_speed_note(found.speeds, len(found.columns))))
    if found.silent:
        names = "; ".join(map(_silence, found.silent))
        made.append(Note(translated("No answers: {names}.", names=names)))
    if found.published:
        made.append(_published(found))
    for score in found.groups:
        made += groups.blocks(score)
    return made or [Note(translated("No runs with answers."))]


def markdown(found: Board) -> str:
    """Return the leaderboard in Markdown, aligned by what a terminal shows, made to be committed."""
    return to_markdown.document(blocks(found))


def written(found: Sequence[Block], kind: str) -> str:
    """Return tables and notes as a document: `html`, a page of its own; `latex`; or `md`."""
    if kind == "html":
        return to_html.page(translated("Leaderboard"), found)
    if kind == "latex":
        return to_latex.document(found)
    return to_markdown.document(found) + "\n"


def _notes(found: Board) -> str:
    """Return the line under the table that says what stands in it."""
    notes = [
        translated("95 % intervals"),
        *_rank_notes(found),
    ]
    if any(column.sample for column in found.columns):
        notes.append(translated("(sample): the project's own small sample, not the dataset"))
    if layout.is_wide(found):
        notes.append(translated("p95 s and cost are of the worst task"))
    runs = [entry.document for row in found.rows for entry in row.entries.values()]
    notes += [
        translated("goodput: the share of requests with {bounds}", bounds=b) for b in served.bounds(runs)
    ]
    notes += _energy_notes(runs)
    notes += [_leak(found, column, shown) for column, shown in _leaks(found).items()]
    return "; ".join(notes) + "."


def _rank_notes(found: Board) -> list[str]:
    """Return by what the systems are ranked, what a rank says, and who may be the best."""
    ranked = [row for row in found.rows if row.rank is not None]
    if not ranked:
        return [
            translated(
                "nobody is ranked: no task was run by more than half of the systems; --sort TASK ranks by one"
            )
        ]
    notes = []
    if found.overall is not None:
        names = ", ".join(found.titles[column] for column in found.overall.columns)
        notes.append(
            translated(
                "ranked by the mean win rate, the share of other systems that a figure is above, over {n} "
                "tasks: {names}; systems that lack one have no rank",
                **{"n": len(found.overall.columns), "names": names},
            )
        )
    elif found.ranked_by and len(found.columns) > 1:
        notes.append(translated("ranked by {column}", column=found.titles[found.ranked_by]))
    if len(ranked) > 1:
        notes.append(
            translated(
                "rank r: at least r - 1 systems are proven better, at 5 % over all pairs; no higher "
                "figure has "
                "a worse rank; equal ranks prove nothing equal"
            )
        )
    best = [cell(row.system) for row in ranked if row.rank == 1]
    if len(best) > MOST_NAMED:
        notes.append(translated("may be the best: {n} systems", n=len(best)))
    elif len(best) > 1:
        notes.append(translated("may be the best: {names}", names=", ".join(best)))
    return notes


def _leaks(found: Board) -> dict[Column, list[tuple[str, int]]]:
    """Return the systems of each column that learnt from inputs which they were asked, and from how many."""
    leaks: dict[Column, list[tuple[str, int]]] = {}
    for row in found.rows:
        for column, entry in row.entries.items():
            if count := entry.document.data.leaked:
                leaks.setdefault(column, []).append((row.system, count))
    return leaks


def _leak(found: Board, column: Column, shown: list[tuple[str, int]]) -> str:
    """Return what is to be said of those systems: once the count, if it is the same for all."""
    title = cell(found.titles[column])
    counts = {count for _, count in shown}
    if len(counts) == 1:
        names = ", ".join(cell(name) for name, _ in shown)
        return translated(
            "{column}: of its examples {n:,} in the train split of {names} too (--dedupe-train)",
            column=title,
            n=counts.pop(),
            names=names,
        )
    each = ", ".join(f"{cell(name)} {count:,}" for name, count in shown)
    return translated(
        "{column}: examples that are in the train split too (--dedupe-train): {each}", column=title, each=each
    )


def _energy_notes(runs: Sequence[RunDocument]) -> list[str]:
    """Return how the energy was measured, each way once."""
    methods = dict.fromkeys(str(run.energy.method) for run in runs if run.energy)
    return [translated("J/example: {method}", method=method) for method in methods]


def _speed_note(speeds: Speeds, columns: int) -> str:
    """Return the line that says what the times are, and what they are compared with."""
    said = translated(
        "ms/example: wall time of answering, prompts and scores included, loading and fitting not, "
        "over the examples answered; speed-up: how many times less than {baseline} takes",
        baseline=speeds.baseline,
    )
    several = translated("those of a system are geometric means over its tasks")
    return said + (f"; {several}." if columns > 1 else ".")


def _silence(entry: Run) -> str:
    failed = entry.document.counts.failed
    state = named(entry.status)
    state += ", " + translated("{n:,} requests failed", n=failed) if failed else ""
    values = {"system": cell(entry.system), "task": cell(entry.task), "state": state}
    return translated("{system} on {task} ({state})", **values)


def _published(found: Board) -> TableBlock:
    header = [
        *(translated("published, not ranked"), translated("task"), translated("template")),
        *(translated("metric"), translated("value"), translated("split"), translated("n")),
        translated("source"),
    ]
    rows = [
        [
            *(one.system, one.task, one.template or "", one.metric, f"{one.value:g}", one.split or ""),
            f"{one.n:,}" if one.n is not None else "",
            "; ".join(filter(None, (one.note, one.source))),
        ]
        for one in found.published
    ]
    return TableBlock(*layout.filled(header, rows), names=0)


def as_json(found: Board) -> dict[str, Any]:
    """Return the leaderboard as plain values, names as they are."""
    return {
        "columns": [{"title": found.titles[column], **column._asdict()} for column in found.columns],
        "ranked_by": _ranked_by(found),
        "overall_of": [found.titles[c] for c in found.overall.columns] if found.overall else None,
        **({"baseline": found.speeds.baseline} if found.speeds else {}),
        "rows": [
            {
                "rank": row.rank,
                "system": row.system,
                "label": row.some.label,
                **({"overall": _json_overall(found.overall, row)} if found.overall else {}),
                "backend": row.some.document.backend.to_dict(),
                **(_speed(found.speeds.overall(row.system)) if found.speeds else {}),
                "cells": [_json_cell(found, row, column, entry) for column, entry in row.entries.items()],
            }
            for row in found.rows
        ],
        "no_answers": [
            {"system": entry.system, "task": entry.task, "status": entry.status} for entry in found.silent
        ],
        "published": [{**one.__dict__, "ranked": False} for one in found.published],
        "groups": [groups.as_json(score) for score in found.groups],
    }


def _ranked_by(found: Board) -> str | None:
    if found.overall is not None:
        return MEAN_WIN_RATE
    return found.titles[found.ranked_by] if found.ranked_by else None


def _json_overall(total: Overall, row: BoardRow) -> dict[str, float | None] | None:
    score = total.scores.get(row.system)
    return {"value": score.value, "ci_low": score.ci_low, "ci_high": score.ci_high} if score else None


def _json_cell(found: Board, row: BoardRow, column: Column, entry: Run) -> dict[str, Any]:
    kept = ("fit", "throughput", "latency_s", "goodput", "cost", "counts", "breakdown", "macro")
    document = entry.document.model_dump(include=set(kept), by_alias=True, exclude_unset=True)
    return {
        "column": found.titles[column],
        "task": column.task,
        "metric": column.metric,
        **entry.main.to_dict(),
        "marks": entry.marks,
        "status": entry.status,
        "run": entry.id,
        **{key: document.get(key) for key in kept},
        **(_speed(found.speeds.measured[row.system].get(column)) if found.speeds else {}),
    }


def _speed(one: Speed | None) -> dict[str, Any]:
    return dict(zip(_SPEED, one or (None, None, None), strict=True))


_SPEED = ("ms_per_example", "speed_up", "other_hardware")


_CSV = (
    *("rank", "system", "kind", "task", "version", "split", "limit", "sample", "data", "metric"),
    *("value", "ci_low", "ci_high", "n", "unit", "marks"),
    *("trained_on", "fit_s", "fit_steps", "fit_device", "examples_per_s", "p95_s", "usd_per_1k", "source"),
    *("ttft_p95_s", "goodput", "krw_per_1k", "fit_cpu_s", "cpu_ms_per_example"),
)


def as_csv(found: Board) -> str:
    """Return one line a figure, safe to open in a spreadsheet (UTF-8 with BOM).

    A rank stands only beside the figure that it was made from. Text is always in quotes, so that no
    spreadsheet can split it at a semicolon.
    """
    out = io.StringIO()
    names = (*_CSV, *_SPEED) if found.speeds else _CSV
    writer = csv.DictWriter(out, names, restval="", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    lines = [
        line
        for row in found.rows
        for line in (
            *_csv_overall(found.overall, row),
            *(_csv_line(found, row, column, entry) for column, entry in row.entries.items()),
        )
    ]
    lines += [
        {
            **{"system": one.system, "kind": "published", "task": one.task, "split": one.split},
            **{"metric": one.metric, "value": one.value, "n": one.n, "marks": "not ranked"},
            "source": "; ".join(filter(None, (one.note, one.source))),
        }
        for one in found.published
    ]
    lines += [line for score in found.groups for line in groups.csv_lines(score)]
    writer.writerows({key: harmless(cell) for key, cell in line.items()} for line in lines)
    return "\ufeff" + out.getvalue()


def _csv_overall(total: Overall | None, row: BoardRow) -> Iterator[dict[str, Any]]:
    score = total.scores.get(row.system) if total else None
    if score is not None:
        yield {
            **{"rank": row.rank, "system": row.system, "kind": row.some.document.backend.kind},
            **{"metric": MEAN_WIN_RATE, "unit": "0-1"},
            **{"value": score.value, "ci_low": score.ci_low, "ci_high": score.ci_high},
        }


def _csv_line(found: Board, row: BoardRow, column: Column, entry: Run) -> dict[str, Any]:
    run, main = entry.document, entry.main
    rank = row.rank if column == found.ranked_by else None
    fit, e2e, ttft = run.fit, run.latency_s.get("e2e"), run.latency_s.get("ttft")
    return {
        **{"rank": rank, "system": row.system, "kind": row.some.document.backend.kind},
        **{"task": column.task, "version": column.version, "split": column.split, "limit": column.limit},
        **{"sample": str(column.sample).lower(), "data": column.sha256[:8], "metric": column.metric},
        **{"value": main.value, "ci_low": main.ci_low, "ci_high": main.ci_high, "n": main.n},
        **{"unit": main.unit, "marks": "; ".join(entry.marks)},
        **{"trained_on": fit and fit.examples, "fit_s": fit and fit.seconds},
        **{"fit_cpu_s": fit and fit.cpu_seconds, "cpu_ms_per_example": run.throughput.cpu_ms_per_example},
        **{"fit_steps": fit and fit.steps, "fit_device": fit and fit.device},
        "examples_per_s": run.throughput.examples_per_s,
        **{"p95_s": e2e and e2e.p95, "ttft_p95_s": ttft and ttft.p95},
        **{"usd_per_1k": layout.cost(run, "USD"), "krw_per_1k": layout.cost(run, "KRW")},
        "goodput": run.goodput and run.goodput.share,
        **_csv_speed(found, row, column),
    }


def _csv_speed(found: Board, row: BoardRow, column: Column) -> dict[str, Any]:
    speed = found.speeds.measured[row.system].get(column) if found.speeds else None
    if speed is None:
        return {}
    return {
        **_speed(speed),
        "other_hardware": None if speed.elsewhere is None else str(speed.elsewhere).lower(),
    }


def harmless(cell: Any) -> Any:
    """Return a cell that a spreadsheet takes as text, not as a formula."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    flat = plain(cell)
    return f"'{flat}" if flat.startswith(_FORMULA) else flat
