"""The options that each example of a run was compared with, as a matrix: pictures down, texts across."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.config import documents
from harness.errors import BadInput, Place
from harness.metrics.option_scores import decides, probabilities, rank
from harness.records import journal as records
from harness.records import run_file
from harness.records.sample_schema import RecordedResponse, whole
from harness.reports.leaderboard.render import harmless
from harness.reports.writers.blocks import Block, Note, TableBlock

COSINE, PROBABILITY = "cosine", "probability"


@dataclass(frozen=True)
class MatrixRow:
    """One example: a value an option, and the place of the right one and its rank, from 1."""

    name: str
    values: list[float]
    right: int | None
    rank: int | None


@dataclass(frozen=True)
class Matrix:
    """The rows of a run in data order, and the labels of their columns."""

    what: str
    labels: tuple[str, ...]
    rows: list[MatrixRow]


def matrix(directory: Path, what: str) -> Matrix:
    """Return a run's examples against its options; those without such figures are left out.

    `what` is `cosine`, which models of pictures and texts measure, or `probability`: an option's share of
    all, the softmax of the scores, as `target_probability` has it.

    Raises:
        BadInput: it is neither, this is no run, its examples have options of their own, or it kept no such
            figure.
    """
    if what not in (COSINE, PROBABILITY):
        raise BadInput(f"a matrix is of {COSINE} or {PROBABILITY}, not {what}")
    run_file.read_run(directory)
    options = documents.read(directory / run_file.TASK).values.get("options")
    if not isinstance(options, dict) or not options:
        raise BadInput("a matrix needs a task with the same options for all", place=Place(directory))
    labels = tuple(options)
    rows = list(_rows(directory, what, labels))
    if not rows:
        asked = "cosines; --matrix probability may work" if what == COSINE else "scores of the options"
        raise BadInput(f"this run kept no {asked}", place=Place(directory))
    return Matrix(what, labels, rows)


def _rows(directory: Path, what: str, labels: tuple[str, ...]) -> Iterator[MatrixRow]:
    for line in records.last_lines(directory / run_file.SAMPLES):
        record = line.record
        scores, values = _scores(record.response), _values(record.response, what)
        if values is None or len(values) != len(labels):
            continue
        right = labels.index(record.target) if record.target in labels else None
        place = None if right is None or scores is None else rank(scores, right)
        name = f"{record.id} ({record.repeat})" if record.repeat else record.id
        yield MatrixRow(name, values, right, place)


def _scores(response: RecordedResponse) -> list[float] | None:
    """Return the options' scores, None if they rank nothing."""
    scores = whole(response.option_scores)
    return scores if scores and decides(scores) else None


def _values(response: RecordedResponse, what: str) -> list[float] | None:
    if what == COSINE:
        return whole(response.similarities)
    scores = _scores(response)
    return None if scores is None else probabilities(scores)


def blocks(found: Matrix) -> list[Block]:
    """Return the matrix as a table and what it says, the value of the right option ticked."""
    header = [found.what, *found.labels, "rank"]
    rows = [[row.name, *_ticked(row), str(row.rank or "")] for row in found.rows]
    return [TableBlock(header, rows, names=0), Note("✓ the right option; rank: its place among all, from 1.")]


def _ticked(row: MatrixRow) -> Iterator[str]:
    for place, value in enumerate(row.values):
        yield f"{value:.3f} ✓" if place == row.right else f"{value:.3f}"


def as_csv(found: Matrix) -> str:
    """Return the matrix as CSV, safe to open in a spreadsheet: figures in full, the right label, its rank."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(["id", *map(harmless, found.labels), "target", "rank"])
    for row in found.rows:
        target = None if row.right is None else found.labels[row.right]
        writer.writerow([harmless(row.name), *row.values, harmless(target), harmless(row.rank)])
    return out.getvalue()
