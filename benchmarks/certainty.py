"""Old run directories under the intervals and ranks of today: which figures, intervals and ranks change.

    python -m benchmarks.certainty RUNS BEFORE.json > benchmarks/certainty.md

`RUNS` were made by an older version, and `BEFORE.json` is what its `harness leaderboard RUNS --format json
--sort click` printed. Every figure is computed again from the statistics that runs kept, and its interval.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.metrics.aggregates import Prepared
from harness.records import run_file
from harness.reports.leaderboard.board import board
from harness.reports.leaderboard.ranks import Statistics, statistics
from harness.reports.run import Run, load
from harness.schema import Metric
from harness.stats.intervals import IntervalEstimate, estimates


class Change(NamedTuple):
    """A figure's interval as a run kept it, and as it is now."""

    task: str
    system: str
    metric: str
    examples: int
    units: int | None
    kept: tuple[float | None, float | None, float | None]
    now: IntervalEstimate
    why: str

    @property
    def same_figure(self) -> bool:
        """Return whether the figure itself is the same, to rounding."""
        value = math.nan if self.kept[0] is None else self.kept[0]
        return bool(np.isclose(value, self.now.value, rtol=1e-12, atol=1e-12, equal_nan=True))

    @property
    def width(self) -> float:
        """Return how many times as wide the interval is as it was, NaN where either has none."""
        _, low, high = self.kept
        if None in (low, high, self.now.ci_low, self.now.ci_high) or high == low:
            return math.nan
        return (self.now.ci_high - self.now.ci_low) / (high - low)  # type: ignore[operator]


def changes(runs: list[Run]) -> Iterator[Change]:
    """Yield every metric of every run, each with the interval of today."""
    for run in runs:
        known = {metric.name: metric for metric in run.definition().metrics}
        for name, kept in run.metrics.items():
            if (metric := known.get(name)) is None:
                continue
            told = statistics(run.directory / run_file.STATISTICS, name)
            now = estimates({name: (metric, told.rows)}, told.clusters)[name]
            ends = kept.value, kept.ci_low, kept.ci_high
            yield Change(run.task, run.label, name, kept.n, now.units, ends, now, _why(metric, told))


def _why(metric: Metric, told: Statistics) -> str:
    clustered = told.clusters is not None and len(np.unique(told.clusters)) < len(told.rows)
    if clustered:
        return "clusters: Wilson's by the units' variances, half an imaginary unit"
    if metric.interval == "wilson":
        return "Wilson's, as before"
    if isinstance(metric.aggregate, Prepared):
        return "half an imaginary example of the rarest label"
    return "a share of bounded trials"


def main() -> None:
    """Print both tables, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("before", type=Path)
    asked = parser.parse_args()
    runs = load([asked.runs], print)
    found = list(changes(runs))
    print("# Old run directories, then and now\n")
    print(__doc__.split("\n\n", 1)[1].strip("\n").replace("    python", "    $ python"), "\n")
    print(told(found), "\n")
    print("\n".join(by_kind(found)), "\n")
    before = {row["system"]: row for row in json.loads(asked.before.read_text(encoding="utf-8"))["rows"]}
    print("\n".join(ranked(runs, found, before)))


def told(found: list[Change]) -> str:
    """Return in a sentence how many figures are as they were."""
    same = sum(change.same_figure for change in found)
    runs = len({(one.task, one.system) for one in found})
    return f"{len(found):,} figures of {runs:,} runs: {same:,} are the same."


def by_kind(found: list[Change]) -> Iterator[str]:
    """Yield a table of how intervals changed, a row a reason."""
    yield "| interval | figures | the same | width, times what it was: median | least | most |"
    yield "|---|--:|--:|--:|--:|--:|"
    for why in sorted({change.why for change in found}):
        own = [change for change in found if change.why == why]
        widths = np.array([change.width for change in own if math.isfinite(change.width)])
        same = sum(abs(width - 1) < 1e-9 for width in widths)
        spread = [f"{value:.2f}" for value in (np.median(widths), widths.min(), widths.max())]
        yield f"| {why} | {len(own)} | {same} | {' | '.join(spread)} |"


def ranked(runs: list[Run], found: list[Change], before: dict[str, Any]) -> Iterator[str]:
    """Yield the main figures, a row each, with the ranks of then and now."""
    mains = {(run.task, run.label): run.metric for run in runs}
    now = {row.system: row.rank for row in board(runs, print, sort="click").rows}
    yield "| task | system | figure | interval then | now | width | rank then | now |"
    yield "|---|---|--:|---|---|--:|--:|--:|"
    order = sorted(found, key=lambda one: (one.task, -(one.kept[0] or 0)))
    for one in order:
        if mains[one.task, one.system] != one.metric:
            continue
        ranks = (
            [before.get(one.system, {}).get("rank"), now.get(one.system)] if one.task == "click" else ["", ""]
        )
        yield (
            f"| {one.task} | {one.system} | {one.now.value:.4f} | {_ends(*one.kept[1:])} |"
            f" {_ends(one.now.ci_low, one.now.ci_high)} | {one.width:.2f} |"
            f" {' | '.join(str(rank or '') for rank in ranks)} |"
        )


def _ends(low: float | None, high: float | None) -> str:
    return "none" if low is None or high is None else f"[{low:.4f}, {high:.4f}]"


if __name__ == "__main__":
    main()
