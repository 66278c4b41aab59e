"""Runs and their examples as files that tables are made of: Parquet, or CSV for spreadsheets.

`runs` has a row a run and metric, `samples` a row an example.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import BadInput
from harness.records.user_files import replacing
from harness.reports.leaderboard.render import harmless
from harness.runs import Run, rows, sample_rows

if TYPE_CHECKING:
    import pyarrow

OUT = "export"
_BATCH = 10_000  # rows held at once
_SAMPLE = (
    "run",
    "task",
    "system",
    "id",
    "repeat",
    "asked",
    "target",
    "prediction",
    "text",
    "finish",
    "error",
)
_NUMBERS = (
    *("value", "ci_low", "ci_high", "parameters", "fit_s", "fit_cpu_s", "examples_per_s"),
    *("cpu_ms_per_example", "p50_s", "p95_s"),
)
_WHOLE = ("version", "n", "examples", "answered", "unanswered", "failed", "trained_on")


def parquet(runs: Sequence[Run], out: str = OUT, samples: bool = True) -> Iterator[str]:
    """Write `runs.parquet` and `samples.parquet` into the folder `out`; yield each path.

    `scores` of an example is a map of metric to number: runs of several tasks have several metrics.

    Raises:
        BadInput: a file cannot be written.
    """
    import pyarrow

    folder = _folder(out)
    text, number, whole, yes = pyarrow.string(), pyarrow.float64(), pyarrow.int64(), pyarrow.bool_()
    kinds = {"sample": yes, "main": yes, "higher_is_better": yes, "cost_per_1k": number, "joules": number}
    kinds |= dict.fromkeys(_NUMBERS, number) | dict.fromkeys(_WHOLE, whole)
    found = [row for run in runs for row in rows(run)]
    header = pyarrow.schema([(name, kinds.get(name, text)) for name in (found[0] if found else ())])
    yield _parquet(folder / "runs.parquet", header, found)
    if samples:
        columns = [(name, whole if name == "repeat" else text) for name in _SAMPLE]
        scores = pyarrow.map_(text, number)
        header = pyarrow.schema([*columns, ("seconds", number), ("scores", scores)])
        lines = chain.from_iterable(map(sample_rows, runs))
        packed = ({**line, "scores": list(line["scores"].items())} for line in lines)
        yield _parquet(folder / "samples.parquet", header, packed)


def _parquet(path: Path, header: pyarrow.Schema, lines: Iterable[dict[str, Any]]) -> str:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetWriter

    lines = iter(lines)
    try:
        with replacing(path) as beside, ParquetWriter(beside, header, compression="zstd") as writer:
            while batch := list(islice(lines, _BATCH)):
                writer.write_batch(RecordBatch.from_pylist(batch, header))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    return str(path)


def csv_files(runs: Sequence[Run], out: str = OUT, samples: bool = True) -> Iterator[str]:
    """Write `runs.csv` and `samples.csv` into the folder `out`, safe for a spreadsheet; yield each path.

    An example has a column for each metric of any of the runs.

    Raises:
        BadInput: a file cannot be written.
    """
    folder = _folder(out)
    found = [row for run in runs for row in rows(run)]
    yield _csv(folder / "runs.csv", list(found[0]) if found else [], found)
    if samples:
        metrics: dict[str, float] = dict.fromkeys((name for run in runs for name in run.metrics), 0.0)
        lines = chain.from_iterable(map(sample_rows, runs))
        named = ({**line, **_named(line["scores"])} for line in lines)
        yield _csv(folder / "samples.csv", [*_SAMPLE, "seconds", *_named(metrics)], named)


def _named(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores under names that no other column has."""
    return {f"scores.{name}": value for name, value in scores.items()}


def _csv(path: Path, header: Sequence[str], lines: Iterable[dict[str, Any]]) -> str:
    try:
        with replacing(path) as beside, beside.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow([harmless(name) for name in header])
            writer.writerows([harmless(line.get(name)) for name in header] for line in lines)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    return str(path)


def _folder(out: str) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror or error}") from None
    return folder
