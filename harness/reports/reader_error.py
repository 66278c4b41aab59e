"""A run's accuracy as it was read, and beside it what a reader without error would have made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import documents
from harness.errors import BadInput, HarnessError, Place
from harness.records import journal as records
from harness.records import run_file
from harness.records.run_schema import MetricResult
from harness.records.sample_schema import Record
from harness.reports.run import Run
from harness.reports.writers.blocks import Block, Lines, TableBlock
from harness.reports.writers.numbers import between, number
from harness.reports.writers.translations import translated

if TYPE_CHECKING:
    from harness.stats.reader_error import Corrected, ReaderCounts

RIGHT_OR_WRONG = (
    "accuracy",
    "exact_match",
    "numeric_match",
    "math_equal",
)  # of a reading
_COUNTS = re.compile(r"(\d{1,9})/(\d{1,9}),(\d{1,9})/(\d{1,9})")


@dataclass(frozen=True)
class ReaderReport:
    """A metric as it was read, the same corrected, what is known of the reader, and a misreading's luck."""

    metric: str
    plain: MetricResult
    corrected: Corrected
    reader: ReaderCounts
    luck: float


def counts(text: str) -> ReaderCounts:
    """Return `186/189,188/190` as right of read, and found of stated.

    Raises:
        BadInput: it is not of that form, or no one sample of replies has such counts.
    """
    from harness.stats.reader_error import ReaderCounts

    found = _COUNTS.fullmatch(text)
    if found is None:
        raise BadInput(
            f"--reader-error {text}: should be RIGHT/READ,FOUND/STATED of labelled replies, 186/189,188/190"
        )
    try:
        return ReaderCounts(*map(int, found.groups()))
    except HarnessError as error:
        raise BadInput(f"--reader-error {text}: {error}") from None


def corrected(run: Run, reader: ReaderCounts) -> ReaderReport:
    """Return the first metric of the run that judges readings, plain and corrected.

    Raises:
        BadInput: the run has no such metric or no interval of it, nobody read its replies, or the reader is
            so bad that nothing follows.
    """
    from harness.stats import reader_error

    place = Place(run.directory)
    metric = next((name for name in run.metrics if name in RIGHT_OR_WRONG), None)
    if metric is None:
        raise BadInput(f"--reader-error is about {', '.join(RIGHT_OR_WRONG)}; this run has none", place=place)
    plain = run.metrics[metric]
    if plain.value is None or plain.ci_low is None or plain.ci_high is None:
        raise BadInput(f"{metric} has no interval here, so none can be widened", place=place)
    read, lucks = _replies(run.directory)
    if not lucks:
        raise BadInput("no reader stood between replies and answers: options were scored", place=place)
    luck = sum(lucks) / len(lucks)
    effective = reader_error.effective_trials(plain.value, plain.ci_high - plain.ci_low, plain.n)
    found = reader_error.corrected(plain.value, effective, reader, read_share=read / plain.n, luck=luck)
    if found is None:
        raise BadInput("this reader errs so often that its scores say nothing of the answers", place=place)
    return ReaderReport(metric, plain, found, reader, luck)


def _replies(directory: Path) -> tuple[int, list[float]]:
    """Return of how many replies an answer was read, and of each that came as text a misreading's luck."""
    options = documents.read(directory / run_file.TASK).values.get("options")
    shared = len(options) if isinstance(options, dict) else 0
    read, lucks = 0, []
    for record in _read_as_text(directory):
        read += record.prediction is not None
        lucks.append(_luck(shared or _own_options(record)))
    return read, lucks


def _read_as_text(directory: Path) -> Iterator[Record]:
    for line in records.last_lines(directory / run_file.SAMPLES):
        response = line.record.response
        if response.error is None and response.text is not None and response.option_scores is None:
            yield line.record


def _own_options(record: Record) -> int:
    request = record.request or {}
    return len(request.get("options") or request.get("choices") or ())


def _luck(options: int) -> float:
    """Return how probably a misreading of a wrong answer is the right one of so many options."""
    return 1 / (options - 1) if options > 1 else 0.0


def blocks(found: ReaderReport) -> list[Block]:
    """Return both figures as a table, and below it what was measured and what is assumed."""
    plain, made = found.plain, found.corrected
    fixed = plain.model_copy(update={"value": made.value, "ci_low": made.low, "ci_high": made.high})
    names = (translated("as read"), translated("corrected for the reader (estimate)"))
    rows = [
        [name, number(one.value, one.unit), between(one)]
        for name, one in zip(names, (plain, fixed), strict=True)
    ]
    reader = found.reader
    values = {name: getattr(reader, name) for name in ("right", "read", "found", "stated")}
    told = [
        translated("reader: {right:,} of {read:,} read rightly, {found:,} of {stated:,} found", **values),
        translated("a misreading of a wrong answer is right with probability {luck:.2g}", luck=found.luck),
        translated("assumed: it errs as often on right as on wrong answers, and the labelled are like these"),
    ]
    header = [found.metric, translated("value"), translated("95 % interval")]
    return [TableBlock(header, rows, names=0), Lines(told)]
