"""How often the gate rings over a thousand nights of a real run's records, and when it must.

With a run that is judged by accuracy, of 2,000 examples or more:

    harness run -t nsmc_fewshot -b tfidf --data-dir DATA
    python -m benchmarks.gate runs

A night's answers are the run's own with so many changed: as many for the worse as for the better where
nothing happened, or more of them for the worse. The gate is asked as the command asks it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.reports.gate.gate import INCONCLUSIVE, INFRASTRUCTURE, REGRESSION, Limits, gate
from harness.reports.gate.measurements import RunSummary, measured
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.run import load

N, CHURN, FALL = 2000, 0.10, 0.03


def main() -> None:
    """Print a line a case: how many of the nights ended how."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--nights", type=int, default=1000)
    asked = parser.parse_args()
    run = measured(load([asked.runs], print)[0])
    print(f"{'case':<58}{'regression':>12}{'inconclusive':>14}{'infrastructure':>16}{'of':>7}")
    for tasks in (1, 10):
        show(f"nothing happened, {tasks} task(s)", simulated(run, asked.nights, tasks))
        show(
            f"nothing happened, {tasks} task(s), margin 0.01",
            simulated(run, asked.nights, tasks, margin=0.01),
        )
    for tasks in (1, 5, 10):
        case = f"one of {tasks} task(s) lost 3 points, margin 0.01"
        show(case, simulated(run, asked.nights, tasks, fall=FALL, margin=0.01))
    show("5 % of the requests failed", simulated(run, asked.nights, 1, failed=0.05))


def show(case: str, nights: Iterator[str]) -> None:
    """Print how the nights ended."""
    ends = Counter(nights)
    counts = f"{ends[REGRESSION]:>12,}{ends[INCONCLUSIVE]:>14,}{ends[INFRASTRUCTURE]:>16,}"
    print(f"{case:<58}{counts}{ends.total():>7,}", flush=True)


def simulated(
    run: RunSummary, nights: int, tasks: int, *, fall: float = 0.0, failed: float = 0.0, margin: float = 0.0
) -> Iterator[str]:
    """Yield the verdict of each night; a `fall` is the first task's."""
    rng, before = np.random.default_rng(17), first(run)
    for _ in range(nights):
        sides: tuple[dict, dict] = {}, {}
        for number in range(tasks):
            slot = run.slot._replace(task=f"task{number}")
            answers = changed(before.rows, rng, fall if number == 0 else 0.0)
            down = int(N * failed)
            kept = N - down
            keys = (
                before.keys[0].rsplit(b"\n", down)[0] if down else before.keys[0],
                before.keys[1][: 8 * kept],
            )
            for side, statistics, lost in (
                (sides[0], before, 0),
                (sides[1], Statistics(keys, answers[:kept], None), down),
            ):
                update = {"value": float(statistics.rows.mean()), "n": len(statistics.rows)}
                told = replace(run, slot=slot, examples=N, failed=lost, unanswered=0)
                figure, read = run.figure.model_copy(update=update), partial(_same, statistics)
                side[slot] = replace(told, figure=figure, statistics=read)
        yield gate(*sides, Limits(margin=margin)).verdict


def _same(statistics: Statistics) -> Statistics:
    return statistics


def first(run: RunSummary) -> Statistics:
    """Return the first examples of the run."""
    whole = run.statistics()
    ids = b"\n".join(whole.keys[0].split(b"\n")[:N])
    return Statistics((ids, whole.keys[1][: 8 * N]), whole.rows[:N], None)


def changed(right: NDArray[np.float64], rng: np.random.Generator, fall: float) -> NDArray[np.float64]:
    """Return the answers (N, 1) with a share of `CHURN` changed, `fall` more of them for the worse."""
    share = right.mean()
    worse, better = (CHURN + fall) / 2 / share, (CHURN - fall) / 2 / (1 - share)
    drawn = rng.random(right.shape)
    return np.where(right == 1, drawn >= worse, drawn < better).astype(np.float64)


if __name__ == "__main__":
    main()
