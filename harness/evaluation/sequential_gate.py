"""A system is asked until it is proven worse than a baseline, or no proof is to be had; and no more.

The order of the examples is that of a race: of the seed and their ids alone, so that a gate that was killed
goes on. After each block two things are looked at: whether a fall beyond the margin is proven by bets that
may be looked at as often as one likes, and whether every fall that the whole benchmark would find is ruled
out (futility). Half of the level is spent here; a run that comes to its end has the other half for the usual
test, so that both together keep it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import BadInput, Stopped
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Quiet
from harness.evaluation.race import keyed_order, mean_metric, scores_so_far
from harness.evaluation.runner import Outcome, opened
from harness.records import run_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RULED_OUT = 0.05  # the chance that a fall which the whole would find is wrongly ruled out
FIRST, GROWTH = 25, 8  # examples asked at first, and the share 1/GROWTH of those asked since
_POWER = 0.8  # with which the whole would find the fall that is ruled out

Verdict = Literal["fallen", "ruled out", "undecided"]


@dataclass(frozen=True)
class Watched:
    """How far one system was asked beside its baseline, and what came of it.

    `asked` of `size` examples were looked at; `fall` is the mean fall of the `n` that both sides answered, in
    the metric's unit, with its 95 % interval that holds at every look, `p_value` that of a fall beyond the
    margin. `fallen` are the ids of what fell, in the order in which they were asked.
    """

    outcome: Outcome
    verdict: Verdict
    asked: int
    size: int
    n: int = 0
    fall: float = 0.0
    interval: tuple[float, float] = (-1.0, 1.0)
    p_value: float = 1.0
    fallen: tuple[str, ...] = ()

    @property
    def costs(self) -> tuple[float, float, str] | None:
        """Return what was spent, what the rest would have cost at the same price, and the currency."""
        cost, answered = self.outcome.run.cost, self.outcome.run.counts.examples
        if not cost or not cost.total or not answered or not cost.currency:
            return None
        return cost.total, cost.total * (self.size - answered) / answered, cost.currency


def watched(
    plan: Plan,
    before: Mapping[str, float],
    margin: float,
    share: float,
    tell: Callable[[str], None] = lambda _: None,
) -> Watched:
    """Ask a system until its fall from `before` (id → score) is proven or ruled out, or to the end.

    `share` is the level that its proof has. A run that was whole before is left to the usual test.

    Raises:
        BadInput: the metric is no mean of figures from 0 to 1, examples are asked more than once, or another
            process holds the run.
        Unavailable: the system cannot be made ready; nothing was asked.
    """
    import numpy as np

    metric = mean_metric(plan)
    if plan.options.repeat != 1 or plan.task.file.steps:
        raise BadInput("a sequential gate asks each example once, and no conversations")
    order = keyed_order(plan)
    sign = 1 if metric.higher_is_better else -1
    verdict: Verdict = "undecided"
    with opened(plan, Quiet()) as run:
        if run.complete:
            done = Outcome(run.directory, run_file.read_run(run.directory), reused=True)
            return Watched(done, "undecided", len(order), len(order))
        run.begin()
        examples = {example.id: example for example in plan.evaluated()}
        asked, falls = 0, np.zeros(0)
        while asked < len(order) and run.stopped is None and verdict == "undecided":
            replays = plan.backend.entry.replays  # costs nothing, and is whole or ambiguous
            block = order if replays else order[asked : asked + max(FIRST, asked // GROWTH)]
            run.ask([examples[name] for name in block])
            if run.stopped is None:
                asked += len(block)
            now = scores_so_far(run, metric)
            falls = np.array([sign * (before.get(i, np.nan) - now.get(i, np.nan)) for i in order[:asked]])
            verdict = verdict_of(falls, len(order), margin, share)
            tell(f"{plan.label}: {asked:,} of {len(order):,} examples")
        early = verdict != "undecided" and asked < len(order)
        why = Stopped(f"a gate was decided after {asked:,} examples; harness run goes on") if early else None
        outcome = run.finish(why)
    return _looked_back(outcome, verdict if early else "undecided", falls, order, margin)


def verdict_of(falls: NDArray[np.float64], size: int, margin: float, share: float) -> Verdict:
    """Return what the falls of the examples asked so far, of `size`, prove at the level `share`."""
    from harness.stats.sequential import chance_of_fall, rules_out

    if chance_of_fall(falls, margin) <= share:
        return "fallen"
    most = detectable(falls, size, margin, share)
    return "ruled out" if rules_out(falls, most, RULED_OUT) else "undecided"


def detectable(falls: NDArray[np.float64], size: int, margin: float, share: float) -> float:
    """Return the fall that `size` examples would find at this level with 80 % power, by those seen.

    Never less than so many single falls as any proof takes.
    """
    from statistics import NormalDist

    import numpy as np

    from harness.stats.power import fewest

    seen = falls[~np.isnan(falls)]
    deviation = float(seen.std()) if len(seen) else 1.0
    normal = NormalDist()
    steps = normal.inv_cdf(1 - share) + normal.inv_cdf(_POWER)
    return margin + max(steps * deviation / math.sqrt(size), fewest(share) / size)


def _looked_back(
    outcome: Outcome, verdict: Verdict, falls: NDArray[np.float64], order: list[str], margin: float
) -> Watched:
    import numpy as np

    from harness.stats.sequential import ENDLESS, chance_of_fall, difference_bounds

    seen = falls[~np.isnan(falls)]
    fallen = tuple(name for name, fall in zip(order, falls, strict=False) if fall > 0)
    return Watched(
        outcome,
        verdict,
        asked=len(falls),
        size=len(order),
        n=len(seen),
        fall=float(seen.mean()) if len(seen) else 0.0,
        interval=difference_bounds(falls, ENDLESS, 0.05),
        p_value=chance_of_fall(falls, margin),
        fallen=fallen,
    )
