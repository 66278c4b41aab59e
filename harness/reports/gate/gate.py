"""Did anything get worse overnight? Tonight's runs beside a baseline's, example by example.

A run has regressed only when the paired test says so, at an alpha that is shared among all main metrics of
the night (Holm), *and* the fall exceeds a margin. The test is one-sided: a gain raises no alarm. A fall
beyond the margin that chance makes less than one night in twenty, and that alpha does not prove, is
inconclusive. Where two runs cannot be compared
nothing is said of the system: that is infrastructure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from harness.errors import BadInput, HarnessError
from harness.records.validation import PARTIAL, RUNNING
from harness.reports.comparison.pairs import pairs
from harness.reports.entries import Column
from harness.reports.gate.measurements import RunKey, RunSummary
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.writers.translations import named, translated
from harness.schema import Metric
from harness.text.normalize import nfc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.power import Sensitivity

    Rows = NDArray[np.float64]

PASS, INCONCLUSIVE, INFRASTRUCTURE, REGRESSION = VERDICTS = (
    *("pass", "inconclusive", "infrastructure"),
    "regression",  # the gravest: what is proven is not hidden by what could not be looked at
)
_EXIT = {PASS: 0, INCONCLUSIVE: 0, INFRASTRUCTURE: 3, REGRESSION: 1}
DIGITS = 12  # a fall of 0.87 - 0.86 does not exceed a margin of 0.01
_SIFTING, _SUSPICIOUS = 999, 0.1  # random swaps at first, and the p-value up to which more are worth while
_CHANCE = 0.05  # the p-value of one fall, up to which it is worth a warning
_MOST_SWAPS = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What the gate lets pass.

    `margins` are falls in the metric's own unit, by task or metric, `margin` that of all others. The
    increases are shares of the baseline's figure: 0.1 is a tenth more. Failures and unanswered are a count,
    or a share of tonight's examples. None sets no limit.
    """

    alpha: float = 0.01
    margin: float = 0.0
    margins: Mapping[str, float] = field(default_factory=dict)
    max_cost_increase: float | None = None
    max_p95_increase: float | None = None
    max_failures: int | float = 0.01
    max_unanswered: int | float | None = None

    def margin_of(self, column: Column) -> float:
        """Return the fall that is let pass: that of the task, else of the metric, else of all."""
        return self.margins.get(nfc(column.task), self.margins.get(column.metric, self.margin))


@dataclass(frozen=True)
class Paired:
    """The paired comparison of the examples that both sides answered, in the metric's unit.

    `change` is tonight's figure minus the baseline's over these `n` examples, `fall` how much of it is for
    the worse. `p_value` is one-sided, `adjusted` by Holm. `detectable` is the fall that this test would have
    found with 80 % power at its share of alpha, `needed` the number of examples at which it would find an
    inconclusive fall; None where that cannot be told.
    """

    n: int
    change: float
    ci_low: float | None
    ci_high: float | None
    fall: float
    test: str | None = None
    p_value: float | None = None
    sensitivity: Sensitivity | None = None
    adjusted: float | None = None
    margin: float = 0.0
    detectable: float | None = None
    needed: int | None = None


@dataclass(frozen=True)
class Verdict:
    """One verdict on one run: of its main metric, of a limit, or of the run as a whole.

    `what` is the metric's name, `cost`, `p95`, `failures`, `unanswered` or `run`; `unit` that of the figures.
    """

    slot: RunKey
    what: str
    verdict: str
    why: str = ""
    before: float | None = None
    now: float | None = None
    unit: str = ""
    paired: Paired | None = None


@dataclass(frozen=True)
class Gate:
    """The verdicts of a night, in a stable order; `new` are runs that the baseline does not know."""

    limits: Limits
    lines: list[Verdict]
    new: list[RunKey]

    @cached_property
    def verdict(self) -> str:
        """Return the gravest verdict."""
        return max((line.verdict for line in self.lines), key=VERDICTS.index, default=INFRASTRUCTURE)

    @property
    def tests(self) -> int:
        """Return the number of tests among which alpha is shared."""
        return sum(line.paired is not None and line.paired.p_value is not None for line in self.lines)

    def exit_code(self, *, strict: bool = False) -> int:
        """Return 0 for pass, 1 for a regression, 3 for infrastructure; inconclusive is 1 if `strict`."""
        return 1 if strict and self.verdict == INCONCLUSIVE else _EXIT[self.verdict]


def gate(baseline: Mapping[RunKey, RunSummary], tonight: Mapping[RunKey, RunSummary], limits: Limits) -> Gate:
    """Return the verdicts on all runs of the baseline.

    Raises:
        BadInput: the baseline holds no runs.
    """
    if not baseline:
        raise BadInput("the baseline holds no runs")
    found: list[Verdict] = []
    for slot in sorted(baseline):
        found += _verdicts(baseline[slot], tonight.get(slot), tonight, limits, len(baseline))
    return Gate(limits, _judged(found, limits), sorted(tonight.keys() - baseline.keys()))


def unfit(run: RunSummary, max_failures: int | float) -> str:
    """Return why a run's figures say nothing of the system; nothing if they do."""
    if run.status == RUNNING:
        return translated("not finished: killed, or still running")
    if not run.complete:
        return translated("partial: stopped by a limit") if run.status == PARTIAL else named(run.status)
    if _exceeds(run.failed, run.examples, max_failures):
        return translated("{n:,} of {whole:,} requests failed", n=run.failed, whole=run.examples)
    if run.column is None:
        return translated("nothing was answered")
    if run.figure["value"] is None:
        return translated("{metric} is undefined", metric=run.column.metric)
    return ""


def _exceeds(count: int, whole: int, limit: int | float) -> bool:
    return count > (limit if isinstance(limit, int) else limit * whole)


def _verdicts(
    before: RunSummary,
    now: RunSummary | None,
    tonight: Mapping[RunKey, RunSummary],
    limits: Limits,
    tests: int,
) -> Iterator[Verdict]:
    """Yield the lines of one run; that of its comparison, one of so many `tests`, has no verdict yet."""
    trouble = _missing(before.slot, tonight) if now is None else _trouble(before, now, limits)
    if now is None or trouble:
        yield Verdict(before.slot, "run", INFRASTRUCTURE, trouble)
        return
    try:
        yield _compared(before, now, limits, tests)
    except HarnessError as error:
        why = translated("cannot be compared: {error}", error=error)
        yield Verdict(before.slot, "run", INFRASTRUCTURE, why)
        return
    yield from _limited(before, now, limits)


def _missing(slot: RunKey, tonight: Iterable[RunKey]) -> str:
    """Return that there is no run, and in what those of the same task and system differ."""
    others = [other for other in tonight if (other.task, other.system) == (slot.task, slot.system)]
    restricted = {
        "sample": (translated("the sample"), translated("no sample")),
        "limit": (translated("limit {limit}", limit=slot.limit), translated("no limit")),
        "split": (translated("split {name}", name=slot.split), ""),
    }
    differs = {name for name in restricted for other in others if getattr(other, name) != getattr(slot, name)}
    about = ", ".join(
        texts[0] if getattr(slot, name) not in ("", False) else texts[1]
        for name, texts in restricted.items()
        if name in differs
    )
    if about:
        return translated("no run tonight with {about}, as the baseline has it", about=about)
    return translated("no run tonight")


def _trouble(before: RunSummary, now: RunSummary, limits: Limits) -> str:
    """Return why two runs of a slot cannot be compared; nothing if they can."""
    if why := unfit(now, limits.max_failures):
        return why
    if why := unfit(before, limits.max_failures):
        return translated("the baseline's run: {why}", why=why)
    assert before.column is not None
    assert now.column is not None
    told = {
        "version": translated("version") + " {}",
        "metric": "{}",
        "signature": translated("signature") + " {}",
        "sha256": translated("data {sha256}", sha256="{:.8}"),
    }
    for name, text in told.items():
        was, is_ = getattr(before.column, name), getattr(now.column, name)
        if was != is_:
            return _unlike(text.format(is_), text.format(was))
    return ""


def _unlike(now: str | None, before: str | None) -> str:
    return translated("not comparable: {now}, and the baseline's is {before}", now=now, before=before)


# The main metric


def _compared(before: RunSummary, now: RunSummary, limits: Limits, tests: int) -> Verdict:
    """Return the line of the main metric, with the p-value and without the verdict.

    Raises:
        HarnessError: the statistics of a side or tonight's task cannot be read, or the examples are others.
    """
    assert now.column is not None
    assert now.metric is not None
    metric = now.metric()
    line = Verdict(
        slot=now.slot,
        what=now.column.metric,
        verdict=PASS,
        before=before.figure["value"],
        now=now.figure["value"],
        unit=str(now.figure["unit"]),
    )
    margin = limits.margin_of(now.column)
    if metric.corpus is not None:
        change = float(now.figure["value"]) - float(before.figure["value"])
        only = Paired(int(now.figure["n"]), change, None, None, _fall(metric, change), margin=margin)
        return replace(line, paired=only)
    sides = _aligned(now.statistics(), before.statistics(), limits.max_failures)
    draws = min(_MOST_SWAPS, round(10 * tests / limits.alpha))  # p-values far below alpha's smallest share
    return replace(line, paired=replace(_paired(metric, *sides, draws), margin=margin))


def _aligned(
    now: Statistics, before: Statistics, allowed: int | float
) -> tuple[Rows, Rows, NDArray[np.int64] | None]:
    """Return both sides' statistics (N, K) of the examples they share, row by row, and their clusters."""
    found = pairs(now, before)
    most = max(len(now.rows), len(before.rows))
    if not found.n or _exceeds(most - found.n, most, allowed):
        raise HarnessError(f"{found.n:,} examples in common, of {len(now.rows):,} and {len(before.rows):,}")
    if now.rows.shape[1:] != before.rows.shape[1:]:
        raise HarnessError("the statistics of an example are others than the baseline's")
    return now.rows[found.here], before.rows[found.there], found.clusters


def _paired(
    metric: Metric, now: Rows, before: Rows, clusters: NDArray[np.int64] | None, draws: int
) -> Paired:
    """Return the comparison of statistics (N, K) of the same examples, before alpha is shared out.

    Where swaps are drawn, a few sift: to ask more of those that have not fallen would change nothing.
    """
    from harness.stats.paired import paired
    from harness.stats.power import sensitivity
    from harness.stats.significance import SWAPS, significance

    found = paired(metric, now, before, clusters)
    worse = partial(
        significance,
        *(metric, now, before, clusters),
        alternative="less" if metric.higher_is_better else "greater",
    )
    tested = worse(draws=_SIFTING)
    if tested.draws and tested.p_value is not None and tested.p_value <= _SUSPICIOUS:
        tested = worse(draws=max(SWAPS, draws))
    return Paired(
        n=found.n,
        change=round(found.value, DIGITS),
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        fall=_fall(metric, found.value),
        test=tested.test,
        p_value=tested.p_value,
        sensitivity=sensitivity(metric, now, before, clusters, stderr=found.stderr),
    )


def _fall(metric: Metric, change: float) -> float:
    return round(-change if metric.higher_is_better else change, DIGITS) + 0.0  # never -0.0


def _judged(lines: Sequence[Verdict], limits: Limits) -> list[Verdict]:
    """Return the lines with the verdicts on the main metrics, alpha shared out among them by Holm.

    What is detectable is told at the strictest share, alpha over the number of tests, at which a single
    system that got worse is found whatever the others do.
    """
    from harness.stats.significance import holm

    p_values = [line.paired.p_value for line in lines if line.paired and line.paired.p_value is not None]
    adjusted, share = iter(holm(p_values)), limits.alpha / max(1, len(p_values))
    found = []
    for line in lines:
        if line.paired is None:
            found.append(line)
            continue
        held = next(adjusted) if line.paired.p_value is not None else None
        found.append(_with_verdict(line, replace(line.paired, adjusted=held), limits.alpha, share))
    return found


def _with_verdict(line: Verdict, paired: Paired, alpha: float, share: float) -> Verdict:
    """Return the line of a main metric with its verdict; its test has `share` of the night's `alpha`."""
    able = paired.sensitivity
    paired = replace(paired, detectable=able.detectable(share, paired.margin) if able else None)
    proven = paired.adjusted is not None and paired.adjusted <= alpha
    if paired.fall <= paired.margin:
        within = proven and paired.fall > 0
        why = translated("a fall that is no chance, but within the margin") if within else ""
        return replace(line, paired=paired, why=why)
    if proven:
        return replace(line, verdict=REGRESSION, paired=paired)
    if _is_noise(paired):
        return replace(line, paired=paired, why=translated("no larger a fall than chance makes"))
    if able is None:
        why = translated("it fell, and says too little of single examples to be tested")
        return replace(line, verdict=INCONCLUSIVE, why=why, paired=paired)
    needed = _rounded_up(able.needed(paired.fall, share, paired.margin))
    small = translated("too small a fall to be told from chance")
    why = translated("needs n ≥ {n:,}", n=needed) if needed else small
    return replace(line, verdict=INCONCLUSIVE, why=why, paired=replace(paired, needed=needed))


def _is_noise(paired: Paired) -> bool:
    """Return whether a fall is what chance makes one time in twenty or more.

    Without a change half of all figures are lower than the night before. Of fewer examples than could show
    anything, nothing is said.
    """
    from harness.stats.power import fewest

    return paired.p_value is not None and paired.p_value > _CHANCE and paired.n >= fewest(_CHANCE)


def _rounded_up(count: int | None) -> int | None:
    """Return a count with two digits that count, never less: more of them would be feigned."""
    if count is None:
        return None
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step


# The limits


def _limited(before: RunSummary, now: RunSummary, limits: Limits) -> Iterator[Verdict]:
    """Yield a line for each limit that is set."""
    if limits.max_cost_increase is not None:
        yield _cost(before, now, limits.max_cost_increase)
    if limits.max_p95_increase is not None:
        yield _p95(before, now, limits.max_p95_increase)
    yield Verdict(now.slot, "failures", PASS, "", before.failed_share, now.failed_share, "share")
    if limits.max_unanswered is not None:
        shares = before.unanswered_share, now.unanswered_share
        asked = now.examples - now.failed
        over = _exceeds(now.unanswered, asked, limits.max_unanswered)
        counts = {"n": now.unanswered, "whole": asked}
        why = translated("{n:,} of {whole:,} unanswered", **counts) if over else ""
        yield Verdict(now.slot, "unanswered", REGRESSION if over else PASS, why, *shares, "share")


def _cost(before: RunSummary, now: RunSummary, allowed: float) -> Verdict:
    line = Verdict(now.slot, "cost", PASS, "", before.cost, now.cost, f"{now.currency}/1k")
    if before.currency != now.currency and None not in (before.cost, now.cost):
        return replace(line, verdict=INFRASTRUCTURE, why=_unlike(now.currency, before.currency))
    return _increased(line, allowed)


def _p95(before: RunSummary, now: RunSummary, allowed: float) -> Verdict:
    line = _increased(Verdict(now.slot, "p95", PASS, "", before.p95, now.p95, "s"), allowed)
    elsewhere = None not in (before.hardware, now.hardware) and before.hardware != now.hardware
    if line.verdict == REGRESSION and elsewhere:
        why = translated("{why}, on other hardware", why=line.why)
        return replace(line, verdict=INCONCLUSIVE, why=why)
    return line


def _increased(line: Verdict, allowed: float) -> Verdict:
    """Return the line with the verdict on an increase, of which `allowed` is let pass."""
    if line.before is None and line.now is None:
        return replace(line, why=translated("not measured"))
    if line.before is None or line.now is None:
        tonight, before = translated("not measured tonight"), translated("not measured in the baseline")
        return replace(line, verdict=INFRASTRUCTURE, why=tonight if line.now is None else before)
    if round(line.now - line.before * (1 + allowed), DIGITS) <= 0:
        return line
    increase = f"{line.now / line.before - 1:+.0%}" if line.before else translated("from nothing")
    why = translated("{increase}, allowed {allowed:+.0%}", increase=increase, allowed=allowed)
    return replace(line, verdict=REGRESSION, why=why)
