"""The order of a board of several tasks: the mean win rate over those that most systems ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.records.run_schema import MetricResult
from harness.reports.columns import Column
from harness.reports.leaderboard.ranks import (
    better_of,
    common_clusters,
    kept_statistics,
    metric_of,
    places_of,
)
from harness.reports.run import Run, Warn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.overall import Drawn

MEAN_WIN_RATE = "mean win rate"


@dataclass(frozen=True)
class OverallScore:
    """A system's overall figure, 0 to 1, with the ends of its 95 % interval, and its rank by it."""

    value: float
    ci_low: float | None
    ci_high: float | None
    rank: int

    @property
    def result(self) -> MetricResult:
        """Return the figure as a metric's, for whatever shows those."""
        return MetricResult(
            value=self.value,
            ci_low=self.ci_low,
            ci_high=self.ci_high,
            n=0,
            unit="0-1",
            higher_is_better=True,
            signature=MEAN_WIN_RATE,
        )


@dataclass(frozen=True)
class Overall:
    """The scores of the systems that ran all of `columns`, which more than half of all systems ran."""

    columns: list[Column]
    scores: dict[str, OverallScore]


def overall(systems: dict[str, dict[Column, Run]], columns: Sequence[Column], warn: Warn) -> Overall | None:
    """Return the overall scores; None where no two tasks were run by more than half of the systems.

    Samples count only where there is nothing else. A system that lacks one of the tasks, or its
    statistics of one, has no score: the mean over other tasks would be another figure.
    """
    common = common_columns(systems, columns)
    names = sorted(name for name, entries in systems.items() if all(c in entries for c in common))
    if len(common) < 2 or len(names) < 2:
        return None
    from harness.stats.overall import level_of_a_task

    drawn, level = [], level_of_a_task(len(common))
    for column in common:
        found = _drawn([systems[name][column] for name in names], level, warn)
        if found is None:
            return None
        drawn.append(found)
    return Overall(common, _scores(names, drawn))


def common_columns(systems: dict[str, dict[Column, Run]], columns: Sequence[Column]) -> list[Column]:
    """Return the columns that more than half of the systems have, samples only if there is nothing else."""
    whole = [column for column in columns if not column.sample] or list(columns)
    return [c for c in whole if 2 * sum(c in entries for entries in systems.values()) > len(systems)]


def _drawn(entries: Sequence[Run], level: float, warn: Warn) -> tuple[Drawn, NDArray[np.bool_]] | None:
    """Return the systems' figures on a task in each draw, and who is proven better; None without one."""
    import numpy as np

    from harness.stats.overall import drawn

    metric = metric_of(entries, warn)
    if metric is None or metric.corpus is not None or metric.interval == "none":
        return None
    kept = list(kept_statistics(entries, warn).values())
    if len(kept) < len(entries):
        return None
    rows = [one.rows for one in kept]
    if len({one.keys for one in kept}) == 1:
        return drawn(metric, rows, None, kept[0].clusters), better_of(metric, kept, level)
    places = places_of([one.keys for one in kept])
    found = drawn(metric, rows, np.stack(places), common_clusters(kept, places))
    return found, better_of(metric, kept, level)


def _scores(
    names: Sequence[str], tasks: Sequence[tuple[Drawn, NDArray[np.bool_]]]
) -> dict[str, OverallScore]:
    from harness.stats.overall import mean_win_rate
    from harness.stats.ranking import ranks

    found = mean_win_rate([task for task, _ in tasks], [better for _, better in tasks])
    ends = [
        (value, low, high) if low < high else (value, None, None)  # no draw has another order
        for value, low, high in zip(*(column.tolist() for column in found[:3]), strict=True)
    ]
    places = ranks(found.values.tolist(), found.better)
    return {
        name: OverallScore(values[0], values[1], values[2], rank)
        for name, values, rank in zip(names, ends, places, strict=True)
    }
