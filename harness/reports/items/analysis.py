"""What many systems' answers say of a task's items: how hard each is, what it tells, how sure its key is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import BadInput, HarnessError
from harness.metrics.aggregates import OfSums, mean
from harness.records import run_file
from harness.records.journal import read_records
from harness.reports.columns import Column
from harness.reports.leaderboard.ranks import metric_of, statistics
from harness.reports.run import Run, Warn
from harness.scoring.summary import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.item_response import ItemResponse
    from harness.stats.wrong_keys import Suspect

Scores = Mapping[str, Mapping[str, float]]  # system → id → figure

LEAST = 3  # systems: of two, an item that they disagree on says nothing of the item
SUBSET = 100
SPREAD = 1.64  # standard errors below zero at which a slope is no chance of one in twenty
_LEFT_OUT = 200  # draws of a subset where each system is left out in turn


@dataclass(frozen=True)
class Subset:
    """The ids of the items that tell most, and how far off a system that did not choose them is foretold.

    `error` and `worst` are the mean and the largest error over systems left out in turn, 0 to 1; None where
    there are too few systems to leave one out.
    """

    ids: list[str]
    error: float | None
    worst: float | None


@dataclass(frozen=True)
class Items:
    """The items (N,) of a task as systems (S,) answered them.

    `right` is (S, N) of 0 to 1, NaN where there is no answer. `suspects` are sorted by the evidence against
    their keys, in nats. `options` (N,) are how many each item was asked with, 0 for none. `backwards` are
    the places of items that the weak have right and the strong do not; `all_right` and `none_right` those on
    which everybody agrees. `subset` is None where it was not asked for.
    """

    column: Column
    ids: list[str]
    systems: list[str]
    right: NDArray[np.float64]
    fit: ItemResponse
    suspects: list[Suspect]
    options: list[int]
    backwards: list[int]
    all_right: list[int]
    none_right: list[int]
    subset: Subset | None

    def share(self, item: int) -> float:
        """Return the share of the systems that have an item right, of those that answered it."""
        import numpy as np

        return float(np.nanmean(self.right[:, item]))


def analyse(task: str, entries: Sequence[Run], warn: Warn, count: int = SUBSET) -> Items:
    """Return what the runs of a task say of its items.

    Where runs are of several versions, splits or data, those are taken of which there are most. Runs of
    perturbed inputs are left out: they ask other items.

    Raises:
        BadInput: fewer than three systems, or the main metric is no mean of figures from 0 to 1.
    """
    return of_column(_of_one_column(task, entries, warn), warn, count)


def of_column(chosen: Sequence[Run], warn: Warn, count: int | None = None) -> Items:
    """Return what runs of one column, one of each system, say of its items; without `count` no subset.

    Raises:
        BadInput: the main metric is no mean of figures from 0 to 1.
    """
    import numpy as np

    from harness.stats.item_response import fit

    column = chosen[0].column
    assert column is not None
    task, metric = column.task, metric_of(chosen, warn)
    plain = metric is not None and isinstance(metric.aggregate, OfSums) and metric.aggregate.figure is mean
    if metric is None or not plain or metric.unit != "0-1":
        raise BadInput(f"{task}: {column.metric} is no mean of figures from 0 to 1 an example")
    sign, base = (1, 0) if metric.higher_is_better else (-1, 1)
    known = {
        entry.system: {name: base + sign * value for name, value in _right(entry).items()} for entry in chosen
    }
    ids = sorted(set().union(*known.values()))
    right = np.array([[of.get(name, np.nan) for name in ids] for of in known.values()])
    found = fit(right)
    certain = found.slope + SPREAD * found.slope_stderr < 0
    backwards = [int(at) for at in np.flatnonzero(certain)]
    answered = np.isfinite(right).sum(axis=0) == len(chosen)
    mean_right = np.nanmean(right, axis=0)
    suspected, options = _suspects(chosen, ids, known, dict(zip(known, found.ability.tolist(), strict=True)))
    return Items(
        column=column,
        ids=ids,
        systems=list(known),
        right=right,
        fit=found,
        suspects=suspected,
        options=options,
        backwards=sorted(backwards, key=lambda at: float(found.slope[at])),
        all_right=[int(at) for at in np.flatnonzero(answered & (mean_right == 1))],
        none_right=[int(at) for at in np.flatnonzero(answered & (mean_right == 0))],
        subset=None if count is None else _subset(right, ids, count),
    )


def _of_one_column(task: str, entries: Sequence[Run], warn: Warn) -> list[Run]:
    """Return the latest run of each system in the column with the most systems."""
    columns: dict[Column, dict[str, Run]] = {}
    for entry in sorted(entries, key=lambda one: one.preference):
        if entry.column is not None and entry.task == task and not entry.document.task.perturb:
            columns.setdefault(entry.column, {})[entry.system] = entry
    if not columns:
        raise BadInput(f"no run of {task} with an answer; `harness list runs` shows what there is")
    most = max(columns.values(), key=len)
    if left := sum(map(len, columns.values())) - len(most):
        warn(f"{left} runs of {task} are of another version, split, limit or data, and left out")
    if len(most) < LEAST:
        raise BadInput(f"{task}: {len(most)} systems; what an item tells takes at least {LEAST}")
    return list(most.values())


def _right(entry: Run) -> dict[str, float]:
    """Return id → the mean of the metric's figure over an example's repeats."""
    kept = statistics(entry.directory / run_file.STATISTICS, str(entry.metric))
    found: dict[str, list[float]] = {}
    for line, row in zip(kept.keys[0].decode().split("\n"), kept.rows[:, 0].tolist(), strict=True):
        found.setdefault(named(line), []).append(row)
    return {name: sum(rows) / len(rows) for name, rows in found.items()}


def _suspects(
    entries: Iterable[Run], ids: Sequence[str], known: Scores, ability: dict[str, float]
) -> tuple[list[Suspect], list[int]]:
    """Return the suspicious keys, worst first, and how many options each item was asked with.

    What is right the metric says: an answer that it takes stands for the key, however it is written.
    """
    from harness.stats.wrong_keys import suspects

    answers: list[dict[str, str]] = [{} for _ in ids]
    keys, options = [""] * len(ids), [0] * len(ids)
    place = {name: at for at, name in enumerate(ids)}
    for entry in entries:
        for line in read_records(entry.directory / run_file.SAMPLES):
            record = line.record
            at, target = place.get(record.id), record.target
            if at is None or record.repeat or not isinstance(target, (str, int, bool)):
                continue
            keys[at] = str(target)
            options[at] = max(options[at], len((record.request or {}).get("options") or ()))
            if record.prediction is not None:
                right = known[entry.system].get(record.id) == 1
                answers[at][entry.system] = keys[at] if right else str(record.prediction)
    seen = zip(options, answers, keys, strict=True)
    sizes = [size or len({*given.values(), key}) for size, given, key in seen]
    return suspects(answers, keys, ability, sizes), options


def _subset(right: NDArray[np.float64], ids: Sequence[str], count: int) -> Subset:
    from harness.stats.telling_subset import left_out_errors, telling_subset

    chosen = [ids[at] for at in telling_subset(right, count).items]
    try:
        errors = left_out_errors(right, count, draws=_LEFT_OUT)
    except (ValueError, HarnessError):
        return Subset(chosen, None, None)
    return Subset(chosen, float(errors.mean()), float(errors.max()))
