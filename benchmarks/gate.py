"""How often the gate rings over a thousand nights on which nothing happened, and when it must.

    python -m benchmarks.gate > benchmarks/gate.md
    python -m benchmarks.gate --nights 100 --case collapse

Every night is drawn anew and judged as `harness gate` judges it, at its own alpha of 0.01, or by `--strict`,
where inconclusive fails, too. `churn` is the share of the answers that are drawn again the second night: what
is before and what is after are then alike but for chance, and two standard errors above 1 % still hold.
Accuracy is 0.88, and so is the F1 of spans, of which one in six is partly right; articles are as long as
KorQuAD's and as unlike as a correlation of 0.1 makes them.

What could be found at all is in the second table. That nothing changed means that it is a toss which of a
question's two answers came first. Among the systems of which that is true are some that differ on just the
questions that differ tonight, and on those every night; for them all 2^k ways are alike of which answer of k
questions came first, and a test of level alpha rings on at most alpha of the ways. If k questions are lost
and none is won, it therefore rings with a chance of min(1, alpha * 2^k) at most, and if it tosses no coin of
its own, not before 2^-k is alpha: seven questions at 0.01. No test can do better without supposing how often
an unchanged system answers otherwise.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from benchmarks.coverage import KORQUAD, SPANS
from harness.metrics.classification import accuracy
from harness.records.run_schema import COMPLETE, MetricResult
from harness.reports.columns import Column
from harness.reports.gate.gate import INCONCLUSIVE, INFRASTRUCTURE, PASS, REGRESSION, Limits, gate
from harness.reports.gate.measurements import RunKey, RunSummary
from harness.reports.leaderboard.ranks import Statistics
from harness.schema import Metric

Floats = NDArray[np.float64]

RIGHT = 0.88
CORRELATION = 0.1
ANY_TWO = (0, 0)
SHARED, ANEW = "one answer for all repeats", "repeats answered anew"


@dataclass(frozen=True)
class Case:
    """Nights of one kind, and what share of them may, or must, end how.

    `sizes` are the questions of each article, a number where there are none; `lost` is the share of the
    figure that is lost the second night; `whole` has articles drawn again as one.
    """

    name: str
    about: str
    metric: str
    sizes: int | tuple[int, ...]
    bound: str = ""
    lost: float = 0.0
    churn: float = 0.1
    tasks: int = 1
    margin: float = 0.0
    failed: float = 0.0
    whole: bool = False
    repeats: str = ""
    holds: Callable[[Counter[str]], bool] = lambda ends: True


METRICS: dict[str, Metric] = {"accuracy": accuracy(()), "F1": SPANS}


def _alarms(most: float) -> Callable[[Counter[str]], bool]:
    return lambda ends: ends[REGRESSION] <= most * ends.total() + 2 * np.sqrt(most * ends.total())


def _found(least: float) -> Callable[[Counter[str]], bool]:
    return lambda ends: ends[REGRESSION] >= least * ends.total()


def _strict(most: float) -> Callable[[Counter[str]], bool]:
    return lambda ends: ends[REGRESSION] + ends[INCONCLUSIVE] <= most * ends.total()


def _first(questions: int) -> tuple[int, ...]:
    """Return the articles of the first so many questions of KorQuAD, the last one cut."""
    sizes: list[int] = []
    for size in KORQUAD:
        sizes.append(min(size, questions - sum(sizes)))
        if sum(sizes) == questions:
            break
    return tuple(sizes)


def cases() -> Iterator[Case]:
    """Yield the kinds of nights, in the order of the table."""
    yield from unchanged()
    yield from fallen()
    yield from of_several_tasks()


def unchanged() -> Iterator[Case]:
    """Yield nights on which nothing happened: clustered, of few units, of repeats."""
    quiet: dict[str, Any] = {"bound": "≤ 1 % regressions", "holds": _alarms(0.01)}
    for limit in (24, 60, 88):
        sizes = _first(limit)
        on = f"{limit} questions, {len(sizes)} articles"
        for metric in METRICS:
            yield Case("unchanged", on, metric, sizes, **quiet)
        yield Case("unchanged", f"{on}, churn 0.5", "F1", sizes, churn=0.5, **quiet)
    for count in (8, 20, 94):
        on = f"{count} articles, drawn again as a whole"
        yield Case("unchanged", on, "F1", tuple(KORQUAD[:count]), whole=True, churn=0.3, **quiet)
    for n in (5, 10, 20, 50):
        for metric in METRICS:
            yield Case("unchanged", f"{n} questions", metric, n, churn=0.3, **quiet)
    for repeats in (SHARED, ANEW):
        yield Case("unchanged", f"20 questions x 5, {repeats}", "accuracy", 20, repeats=repeats, **quiet)


def fallen() -> Iterator[Case]:
    """Yield nights of a collapse, of a fall of 0.3 and of one of 0.05."""
    for limit in (24, 60, 88):
        sizes = _first(limit)
        on = f"0.88 to 0.01, {limit} questions, {len(sizes)} articles"
        for metric in METRICS:
            yield Case("collapse", on, metric, sizes, "all", lost=0.99, churn=0, holds=_found(1))
    on = f"0.88 to 0.01, 6 questions x 5, {SHARED}"
    none: dict[str, Any] = {"bound": "no regressions", "holds": _alarms(0)}
    yield Case("collapse", on, "accuracy", 6, lost=0.99, churn=0, repeats=SHARED, **none)
    found: dict[str, Any] = {"bound": "≥ 75 % regressions", "holds": _found(0.75)}
    for metric in METRICS:
        on = "by 0.3, 2 articles as long as any two"
        yield Case("fall", on, metric, ANY_TWO, lost=0.3 / RIGHT, **found)
    for limit in (24, 60, 88):
        sizes = _first(limit)
        # Fewer than seven that are lost prove nothing at 0.01, whatever the test.
        ceiling = float(binom.sf(6, limit, 0.3)) - 0.04
        known = found if ceiling > 0.75 else {"bound": "as often as seven are lost", "holds": _found(ceiling)}
        for metric in METRICS:
            on = f"by 0.3, {limit} questions, {len(sizes)} articles"
            yield Case("fall", on, metric, sizes, lost=0.3 / RIGHT, churn=0, **known)
    most: dict[str, Any] = {"bound": "≥ 95 % regressions", "holds": _found(0.95)}
    for churn in (0.0, 0.1, 0.2):
        on = f"by 0.05, 1,000 questions, churn {churn:g}"
        yield Case("fall", on, "accuracy", 1000, lost=0.05 / RIGHT, churn=churn, **most)
        articles = len(_first(1000))
        on = f"by 0.05, 1,000 questions, {articles} articles, churn {churn:g}"
        yield Case("fall", on, "F1", _first(1000), lost=0.05 / RIGHT, churn=churn, **most)


def of_several_tasks() -> Iterator[Case]:
    """Yield nights of one task and of ten."""
    strict: dict[str, Any] = {"bound": "≤ 6.5 % fail strictly", "holds": _strict(0.065)}
    for margin in (0.0, 0.01):
        more = f", margin {margin:g}" if margin else ""
        for tasks in (1, 10):
            on = f"{tasks} task{'s' * (tasks > 1)} of 2,000 questions{more}"
            yield Case("night", on, "accuracy", 2000, tasks=tasks, margin=margin, **strict)
    yield Case("night", "10 tasks of 200 questions", "F1", 200, tasks=10, **strict)
    yield Case("night", "10 tasks of 60 questions, 3 articles", "F1", _first(60), tasks=10, **strict)
    for tasks in (1, 10):
        on = f"one of {tasks} tasks of 2,000 loses 0.03, margin 0.01"
        yield Case("night", on, "accuracy", 2000, "", lost=0.03 / RIGHT, tasks=tasks, margin=0.01)
    yield Case("night", "5 % of the requests failed", "accuracy", 2000, "infrastructure", failed=0.05)


def main() -> None:
    """Print a row a case: how many of the nights ended how."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=1000)
    parser.add_argument("--case", action="append", choices=sorted({case.name for case in cases()}))
    parser.add_argument("--rows", action="store_true", help="rows alone, to be put in a table that is there")
    parser.add_argument("--best", action="store_true", help="the second table alone")
    asked = parser.parse_args()
    if asked.best:
        print("\n".join(best(asked.nights)))
        return
    if not asked.rows:
        print(f"# The gate, {asked.nights:,} nights a row\n")
        print(__doc__.split("\n\n", 1)[1].strip("\n").replace("    python", "    $ python"), "\n")
        print("| case | nights of | metric | pass | inconclusive | regression | infrastructure | bound | |")
        print("|---|---|---|--:|--:|--:|--:|---|---|")
    for number, case in enumerate(cases()):
        if not asked.case or case.name in asked.case:
            ends = Counter(ended(case, np.random.default_rng((17, number)), asked.nights))
            counts = " | ".join(f"{ends[one]:,}" for one in (PASS, INCONCLUSIVE, REGRESSION, INFRASTRUCTURE))
            holds = "" if not case.bound else "holds" if case.holds(ends) else "missed"
            shown = f"{case.name} | {case.about} | {case.metric} | {counts} | {case.bound} | {holds}"
            print(f"| {shown} |", flush=True)
    if not asked.rows:
        print("\n" + "\n".join(best(asked.nights)))


def best(nights: int) -> Iterator[str]:
    """Yield a table of the falls of 0.3: how often the gate found them, and how often any test can."""
    level = Limits().alpha
    yield (
        "| a fall of 0.3 in | metric | lost on average | the gate | any test | any test that may toss a coin"
        " | at an alpha of 1/64 | of 1/32 |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for number, case in enumerate(cases()):
        if case.name != "fall" or case.lost != 0.3 / RIGHT or case.churn:
            continue
        found = Counter(ended(case, np.random.default_rng((17, number)), nights))[REGRESSION] / nights
        rng = np.random.default_rng((17, number))
        lost = np.array([_lost(*night(case, rng, case.lost)) for _ in range(nights)])
        shares = [
            *(found, np.mean(0.5**lost <= level), np.minimum(1, level * 2.0**lost).mean()),
            *(np.mean(0.5**lost <= other) for other in (1 / 64, 1 / 32)),
        ]
        told = " | ".join(f"{share:.1%}" for share in shares)
        yield f"| {case.about.removeprefix('by 0.3, ')} | {case.metric} | {lost.mean():.1f} | {told} |"


def _lost(before: Statistics, now: Statistics) -> int:
    """Return on how many questions the second night's answer is worth less; none is worth more."""
    return int((now.rows < before.rows).sum())


def ended(case: Case, rng: np.random.Generator, nights: int) -> Iterator[str]:
    """Yield the verdict of each night; what is lost is the first task's."""
    for _ in range(nights):
        before: dict[Any, RunSummary] = {}
        now: dict[Any, RunSummary] = {}
        for task in range(case.tasks):
            first, second = night(case, rng, case.lost if task == 0 else 0.0)
            for side, statistics in ((before, first), (now, second)):
                told = summary(f"task{task}", METRICS[case.metric], statistics, len(first.rows))
                side[told.slot] = told
        yield gate(before, now, Limits(margin=case.margin)).verdict


def night(case: Case, rng: np.random.Generator, lost: float) -> tuple[Statistics, Statistics]:
    """Return what each question's answer was worth before, and is worth now."""
    sizes = (1,) * case.sizes if isinstance(case.sizes, int) else case.sizes
    if sizes == ANY_TWO:
        sizes = tuple(rng.choice(KORQUAD, 2, replace=False).tolist())
    codes, n = np.repeat(np.arange(len(sizes)), sizes), sum(sizes)
    spread = 1 / CORRELATION - 1
    able = rng.beta(RIGHT * spread, (1 - RIGHT) * spread, len(sizes))[codes] if max(sizes) > 1 else RIGHT
    drawn = partial(_answers, rng, able, partly=case.metric == "F1")
    before = drawn(n)
    again = rng.random(len(sizes))[codes] < case.churn if case.whole else rng.random(n) < case.churn
    now = np.where(again, drawn(n), before)
    now = np.where(rng.random(n) < lost, 0.0, now)
    clusters = codes.astype(np.int64) if max(sizes) > 1 else None
    numbers, repeats = np.arange(n), np.zeros(n, np.int64)
    if case.repeats:
        numbers, repeats = np.repeat(numbers, 5), np.tile(np.arange(5), n)
        before, now = np.repeat(before, 5), np.repeat(now, 5)
        if case.repeats == ANEW:
            now = np.where(rng.random(len(now)) < 0.5, np.repeat(drawn(n), 5), now)
        clusters = numbers
    kept = len(numbers) - int(len(numbers) * case.failed)
    sides = []
    for rows, some in ((before, len(numbers)), (now, kept)):
        ids = b"\n".join(b"%d" % number for number in numbers[:some])
        of = None if clusters is None else clusters[:some]
        sides.append(Statistics((ids, repeats[:some].tobytes()), rows[:some, None], of))
    return sides[0], sides[1]


def _answers(rng: np.random.Generator, able: Floats | float, n: int, *, partly: bool) -> Floats:
    """Return what answers are worth (N,), on average as much as `able`."""
    if not partly:
        return (rng.random(n) < able).astype(np.float64)
    # One in six is partly right, between 0.2 and 0.8, or fewer where so many would be too many.
    able = np.broadcast_to(able, n)
    share = np.minimum(1 / 6, 1.8 * np.minimum(able, 1 - able))
    others = rng.random(n) < (able - share / 2) / (1 - share)
    return np.where(rng.random(n) < share, rng.uniform(0.2, 0.8, n), others).astype(np.float64)


def summary(task: str, metric: Metric, statistics: Statistics, examples: int) -> RunSummary:
    """Return a complete run as the gate knows it."""
    value, n = float(statistics.rows.mean()), len(statistics.rows)
    signature: dict[str, Any] = {"signature": metric.signature, "higher_is_better": True}
    column = Column(task, 1, "test", None, "0" * 64, metric.name, sample=False, **signature)
    return RunSummary(
        slot=RunKey(task, "system", "test", "", False),
        status=COMPLETE,
        column=column,
        figure=MetricResult(value=value, ci_low=None, ci_high=None, n=n, unit="0-1", **signature),
        examples=examples,
        failed=examples - n,
        unanswered=0,
        cost=None,
        currency=None,
        p95=None,
        hardware=None,
        statistics=lambda: statistics,
        metric=lambda: metric,
    )


if __name__ == "__main__":
    main()
