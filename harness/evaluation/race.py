"""Several systems are asked the same examples until it is decided who is best, and no more.

The order of the examples depends on the seed and their ids alone: whoever joins later, and a race that was
killed, meets the same ones, and answers that are there already are not asked for again. A run that raced is a
partial run like any other, and `harness run` asks the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import seeding
from harness.errors import BadInput, HarnessError, Stopped
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import OpenRun, Outcome, opened
from harness.metrics.aggregates import OfSums, mean
from harness.records import run_file
from harness.schema import Example, Metric
from harness.scoring.summary import tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.race import Race, Verdict


@dataclass(frozen=True)
class Standing:
    """One system of a race: how far it was asked, and what became of it.

    `asked` counts the examples that the race asked it, `answers` those whose answer is known by now, whoever
    asked, and `value` is their figure. `lost_to` names who is proven better, `after` how many examples that
    took. `cost` is what the answers cost in `currency` at list price, None where nobody knows.
    """

    system: str
    outcome: Outcome
    asked: int
    answers: int
    value: float | None
    lost_to: str | None = None
    after: int | None = None
    cost: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Decision:
    """What a race came to.

    `verdict` is `winner`, `tie` (nobody who is left is better than another by the margin, or all figures are
    equal) or `undecided`; `asked` counts the examples looked at of `size`. `lead` is the interval of the lead
    that the first of those left has over the one that kept up with it longest.
    """

    task: str
    metric: str
    verdict: Verdict
    alpha: float
    margin: float
    asked: int
    size: int
    standings: list[Standing]
    lead: tuple[float, float] | None = None
    error: HarnessError | None = None

    @property
    def running(self) -> list[Standing]:
        """Return who has lost to nobody."""
        return [one for one in self.standings if one.lost_to is None]

    @property
    def calls(self) -> int:
        """Return how many answers it took."""
        return sum(one.asked for one in self.standings)

    @property
    def whole(self) -> int:
        """Return how many answers all examples would have taken."""
        return self.size * len(self.standings)

    @property
    def costs(self) -> dict[str, tuple[float, float]]:
        """Return currency → what was asked cost, and what the rest would have cost at the same price each."""
        found: dict[str, tuple[float, float]] = {}
        for one in self.standings:
            if one.cost and one.currency and one.answers:
                spent, saved = found.get(one.currency, (0.0, 0.0))
                rest = one.cost * (self.size - one.answers) / one.answers
                found[one.currency] = spent + one.cost, saved + rest
        return found


def race(
    plans: Sequence[Plan], alpha: float, margin: float, tell: Callable[[str], None] = lambda _: None
) -> Decision:
    """Ask the systems of `plans` the same examples in turn until one is proven best, and say who.

    The same call goes on where a race was stopped. `tell` hears of each block of examples.

    Raises:
        BadInput: fewer than two systems, several tasks, a metric that is no mean of figures from 0 to 1, or a
            run that another process holds.
        Unavailable: a system cannot be made ready; nothing was asked.
    """
    from harness.stats.race import Race

    metric = _raced_metric(plans)
    order = keyed_order(plans[0])
    with ExitStack() as stack:
        runs = [stack.enter_context(opened(plan, Quiet())) for plan in plans]
        for run in runs:
            if not run.complete:
                run.begin()
        examples = {example.id: example for example in plans[0].evaluated()}
        for run in runs:
            if run.plan.backend.entry.replays and not run.complete:
                run.ask(
                    examples.values()
                )  # costs nothing, and which rows are ambiguous is known of all alone
        contest = Race(len(runs), len(order), alpha, margin)
        asked = [0] * len(runs)
        error = _raced(contest, runs, metric, [examples[name] for name in order], asked, tell)
        scores = [scores_so_far(run, metric) for run in runs]
        outcomes = [_finished(run, contest, error) for run in runs]
    standings = [
        _standing(plans, at, contest, outcomes[at], scores[at], asked[at]) for at in range(len(runs))
    ]
    verdict = contest.verdict if error is None or contest.over else "undecided"
    return Decision(
        task=plans[0].task.name,
        metric=metric.name,
        verdict=verdict,
        alpha=alpha,
        margin=margin,
        asked=contest.asked,
        size=len(order),
        standings=standings,
        lead=_lead(contest, metric, [_in_order(known, order[: contest.asked]) for known in scores]),
        error=None if verdict != "undecided" else error,
    )


def keyed_order(plan: Plan) -> list[str]:
    """Return the ids of what is evaluated in the order in which all races of this seed ask them."""
    seed = plan.task.seed
    return sorted(plan.material.selection.order, key=lambda name: seeding.number(seed, "race", name))


def _raced_metric(plans: Sequence[Plan]) -> Metric:
    """Return the metric that decides: the main one.

    Raises:
        BadInput: the plans are no race.
    """
    if len({plan.task.name for plan in plans}) > 1 or len({plan.task.template_name for plan in plans}) > 1:
        raise BadInput("a race is about one task, and one template of it")
    if len(plans) < 2:
        raise BadInput("a race needs two systems: -b A,B")
    if plans[0].task.file.steps:
        raise BadInput(f"{plans[0].task.name} asks conversations; a race is about single questions")
    if plans[0].options.repeat != 1:
        raise BadInput("a race asks every example once")
    return mean_metric(plans[0])


def mean_metric(plan: Plan) -> Metric:
    """Return the main metric of a plan, which decides on the way.

    Raises:
        BadInput: it is no mean of figures from 0 to 1.
    """
    metric = plan.task.metrics[0]
    aggregate = metric.aggregate
    plain = isinstance(aggregate, OfSums) and aggregate.figure is mean and aggregate.columns is None
    if metric.corpus is not None or not plain or metric.unit != "0-1":
        raise BadInput(
            f"{plan.task.name} is judged by {metric.name}, which is no mean of figures from 0 to 1 an "
            "example; a race or a sequential gate needs one, such as accuracy or exact_match"
        )
    return metric


def _raced(
    contest: Race,
    runs: Sequence[OpenRun],
    metric: Metric,
    examples: Sequence[Example],
    asked: list[int],
    tell: Callable[[str], None],
) -> HarnessError | None:
    """Ask blocks of examples until it is decided; return what stopped it before, if anything did."""
    import numpy as np

    told = 0
    while not contest.over:
        block = examples[contest.asked : contest.asked + contest.block]
        running = contest.running
        for at in running:
            asked[at] += len(block)
            if not (runs[at].complete or runs[at].plan.backend.entry.replays):
                runs[at].ask(block)
                if runs[at].stopped is not None:
                    return runs[at].stopped
        names = [example.id for example in block]
        shown = np.full((len(runs), len(block)), np.nan)
        for at in running:
            shown[at] = _in_order(scores_so_far(runs[at], metric), names)
        contest.observe(shown if metric.higher_is_better else 1 - shown)
        left = len(contest.running)
        if left < len(running) or contest.asked > 1.5 * told:
            tell(f"{contest.asked:,} of {contest.size:,} examples, {left} of {contest.systems} systems left")
            told = contest.asked
    return None


def scores_so_far(run: OpenRun, metric: Metric) -> dict[str, float]:
    """Return id → the metric's figure of each example that is answered."""
    found = tally(run.samples, run.metrics, run.plan.task.classes)
    if not found.ids:
        return {}
    return dict(zip(found.ids, found.matrix(metric.name)[:, 0].tolist(), strict=True))


def _in_order(scores: dict[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    import numpy as np

    return np.array([scores.get(name, np.nan) for name in names])


def _finished(run: OpenRun, contest: Race, error: HarnessError | None) -> Outcome:
    """Sum a run up; one that was not asked everything is partial, and says why."""
    if run.complete:
        return Outcome(run.directory, run_file.read_run(run.directory), reused=True)
    if contest.over:
        why = f"a race was decided after {contest.since or contest.asked:,} examples"
    else:
        why = f"a race was stopped: {error}"
    whole = tally(run.samples, run.metrics, run.plan.task.classes).counts["examples"] >= run.plan.total
    return run.finish(None if whole else Stopped(f"{why}; harness run goes on"))


def _standing(
    plans: Sequence[Plan], at: int, contest: Race, outcome: Outcome, scores: dict[str, float], asked: int
) -> Standing:
    to, after = contest.lost.get(at, (None, None))
    values = list(scores.values())
    cost = outcome.run.cost
    return Standing(
        system=plans[at].system,
        outcome=outcome,
        asked=asked,
        answers=len(values),
        value=sum(values) / len(values) if values else None,
        lost_to=None if to is None else plans[to].system,
        after=after,
        cost=cost.total if cost else None,
        currency=cost.currency if cost else None,
    )


def _lead(contest: Race, metric: Metric, scores: Sequence[NDArray[np.float64]]) -> tuple[float, float] | None:
    """Return the interval of the lead of the first who is left over the one that kept up with it longest.

    It is about the whole benchmark, and holds at every look like the verdict.
    """
    from harness.stats.sequential import difference_bounds

    first = contest.running[0]
    others = list(_rivals(contest, first))
    if not others or not contest.asked:
        return None
    rival = max(others, key=lambda at: contest.lost.get(at, (0, contest.size + 1))[1])
    sign = 1 if metric.higher_is_better else -1
    difference = sign * (scores[first] - scores[rival])
    known = difference[: contest.lost[rival][1]] if rival in contest.lost else difference
    return difference_bounds(known, contest.size, 2 * contest.alpha / max(2, contest.systems - 1))


def _rivals(contest: Race, first: int) -> Iterator[int]:
    """Yield who is left beside the first, else who lost to it."""
    if len(contest.running) > 1:
        yield from contest.running[1:]
    else:
        yield from (at for at, (to, _) in contest.lost.items() if to == first)
