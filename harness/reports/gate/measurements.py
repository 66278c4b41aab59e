"""A run as a gate knows it, be it in a run directory or in a committed baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from harness.errors import HarnessError
from harness.records import run_file
from harness.records.run_schema import COMPLETE, MetricResult, RunDocument
from harness.reports.columns import Column
from harness.reports.leaderboard.ranks import Statistics, statistics
from harness.reports.run import Run
from harness.schema import Metric
from harness.text.normalize import nfc


class RunKey(NamedTuple):
    """What a run is a run of: tonight's takes the place of the baseline's."""

    task: str
    system: str
    split: str
    limit: str
    sample: bool


@dataclass(frozen=True)
class RunSummary:
    """What a run found out, and how to read what it kept of each example.

    `column` is None where nothing was answered; `figure` is the main metric's as `run.json` has it.
    `cost` is per 1,000 examples in `currency`, `p95` in seconds; None where nobody measured it. `order`
    sorts runs of one slot by their start.
    """

    slot: RunKey
    status: str
    column: Column | None
    figure: MetricResult
    examples: int
    failed: int
    unanswered: int
    cost: float | None
    currency: str | None
    p95: float | None
    hardware: str | None
    statistics: Callable[[], Statistics]
    metric: Callable[[], Metric] | None = None
    order: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Return whether the run came to its end."""
        return self.status == COMPLETE

    @property
    def failed_share(self) -> float:
        """Return the share of the examples whose request failed, 0 to 1."""
        return self.failed / self.examples if self.examples else 0.0

    @property
    def unanswered_share(self) -> float:
        """Return the share without an answer among the examples that did not fail, 0 to 1."""
        asked = self.examples - self.failed
        return self.unanswered / asked if asked else 0.0


def measured(entry: Run) -> RunSummary:
    """Return a run directory as the gate knows it."""
    run = entry.document
    counts, cost, latency = run.counts, run.cost, run.latency_s.get("e2e")
    return RunSummary(
        slot=RunKey(nfc(entry.task), nfc(entry.label), run.task.split, entry.limit or "", entry.sample),
        status=entry.status,
        column=entry.column,
        figure=entry.main,
        examples=counts.examples,
        failed=counts.failed,
        unanswered=counts.unanswered,
        cost=cost.per_1k_examples if cost else None,
        currency=cost.currency if cost else None,
        p95=latency.p95 if latency else None,
        hardware=_hardware(run),
        statistics=partial(
            statistics, entry.directory / run_file.STATISTICS, str(entry.metric), entry.prefix
        ),
        metric=partial(_metric, entry),
        order=entry.preference[1:],
    )


def latest(runs: Iterable[RunSummary]) -> dict[RunKey, RunSummary]:
    """Return the run of each slot that was started last, finished or not: an older one is not tonight's."""
    return {run.slot: run for run in sorted(runs, key=lambda run: (run.slot, run.order))}


def latest_complete(runs: Iterable[RunSummary]) -> dict[RunKey, RunSummary]:
    """Return the complete run of each slot that was started last; where there is none, the last of others."""
    found = list(runs)
    return latest(run for run in found if not run.complete) | latest(run for run in found if run.complete)


def _metric(entry: Run) -> Metric:
    """Return the metric that the run is judged by.

    Raises:
        HarnessError: the task it kept is not one here.
    """
    for metric in entry.definition().metrics:
        if metric.name == entry.metric:
            return metric
    raise HarnessError(f"{entry.directory}: its task has no metric {entry.metric}")


def _hardware(run: RunDocument) -> str | None:
    """Return processor and cores, None where the run does not say."""
    known = run.environment.hardware
    return f"{known.cpu}, {known.cores} cores" if known else None
