"""Did anything get worse overnight? Tonight's runs beside a baseline's, example by example.

A run has regressed only when the paired test says that it fell by more than the margin, at an alpha that is
shared among all main metrics of the night (Holm). The test is one-sided: a gain raises no alarm. A fall that
chance makes less than one night in twenty, over all of the night's tests, and that alpha does not prove, is
inconclusive; so is any fall of units too few to prove one. Where two runs cannot be compared nothing is said
of the system: that is infrastructure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from harness.errors import BadInput, HarnessError
from harness.records.run_schema import COMPLETE, PARTIAL, RUNNING
from harness.reports.columns import Column
from harness.reports.gate.changes import DIGITS, Paired, changed, exceeds
from harness.reports.gate.measurements import RunKey, RunSummary
from harness.reports.writers.translations import named, translated
from harness.text.normalize import nfc

PASS, INCONCLUSIVE, INFRASTRUCTURE, REGRESSION = VERDICTS = (
    *("pass", "inconclusive", "infrastructure"),
    "regression",  # the gravest: what is proven is not hidden by what could not be looked at
)
_EXIT = {PASS: 0, INCONCLUSIVE: 0, INFRASTRUCTURE: 3, REGRESSION: 1}
_CHANCE = 0.05  # the level of a night, at which a fall is worth a warning


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
class Stop:
    """How far a run was asked that was watched, what that cost and saved; None where nobody knows."""

    slot: RunKey
    asked: int
    size: int
    spent: float | None = None
    saved: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Gate:
    """The verdicts of a night, in a stable order; `new` are runs that the baseline does not know."""

    limits: Limits
    lines: list[Verdict]
    new: list[RunKey]
    stops: Sequence[Stop] = ()

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


def with_watched(
    decided: Mapping[RunKey, Verdict],
    stops: Sequence[Stop],
    baseline: Mapping[RunKey, RunSummary],
    tonight: Mapping[RunKey, RunSummary],
    limits: Limits,
) -> Gate:
    """Return the verdicts of a night whose runs were watched: what was `decided` early, and the rest as ever.

    The rest has half of the level, the proofs on the way have the other half. A run that the baseline cannot
    be compared with is infrastructure, whatever was decided.

    Raises:
        BadInput: the baseline holds none of the runs.
    """
    known = {slot: run for slot, run in baseline.items() if slot in tonight}
    if not known:
        raise BadInput("the baseline holds none of these runs; `harness gate --update` takes them in")
    rest = {slot: run for slot, run in known.items() if slot not in decided}
    whole = gate(rest, tonight, replace(limits, alpha=limits.alpha / 2)) if rest else None
    lines = list(whole.lines) if whole else []
    for slot, line in decided.items():
        now = replace(tonight[slot], status=COMPLETE)
        trouble = _trouble(known[slot], now, limits)
        lines += [Verdict(slot, "run", INFRASTRUCTURE, trouble)] if trouble else [line]
        lines += [] if trouble else _limited(known[slot], now, limits)
    new = sorted(tonight.keys() - baseline.keys())
    return Gate(limits, sorted(lines, key=lambda line: line.slot), new, stops)


def unfit(run: RunSummary, max_failures: int | float) -> str:
    """Return why a run's figures say nothing of the system; nothing if they do."""
    if run.status == RUNNING:
        return translated("not finished: killed, or still running")
    if not run.complete:
        return translated("partial: stopped by a limit") if run.status == PARTIAL else named(run.status)
    if exceeds(run.failed, run.examples, max_failures):
        return translated("{n:,} of {whole:,} requests failed", n=run.failed, whole=run.examples)
    if run.column is None:
        return translated("nothing was answered")
    if run.figure.value is None:
        return translated("{metric} is undefined", metric=run.column.metric)
    return ""


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
    return Verdict(
        slot=now.slot,
        what=now.column.metric,
        verdict=PASS,
        before=before.figure.value,
        now=now.figure.value,
        unit=now.figure.unit,
        paired=changed(before, now, limits.margin_of(now.column), limits.max_failures, limits.alpha / tests),
    )


def _judged(lines: Sequence[Verdict], limits: Limits) -> list[Verdict]:
    """Return the lines with the verdicts on the main metrics, both levels shared out among them by Holm.

    What is detectable is told at the strictest share, alpha over the number of tests, at which a single
    system that got worse is found whatever the others do.
    """
    from harness.stats.significance import holm

    p_values = [line.paired.p_value for line in lines if line.paired and line.paired.p_value is not None]
    adjusted, tests = iter(holm(p_values)), max(1, len(p_values))
    found = []
    for line in lines:
        if line.paired is None:
            found.append(line)
            continue
        held = next(adjusted) if line.paired.p_value is not None else None
        able = line.paired.detectable_at(limits.alpha / tests)
        told = replace(line.paired, adjusted=held, detectable=able)
        found.append(_with_verdict(line, told, limits.alpha, tests))
    return found


def _with_verdict(line: Verdict, paired: Paired, alpha: float, tests: int) -> Verdict:
    """Return the line of a main metric with its verdict, as one of so many tests that share `alpha`."""
    line, share = replace(line, paired=paired), alpha / tests
    if paired.fall <= paired.margin:
        within = paired.fall > 0 and paired.p_of_any is not None and paired.p_of_any <= share
        why = translated("a fall that is no chance, but within the margin") if within else ""
        return replace(line, why=why)
    if paired.adjusted is not None and paired.adjusted <= alpha:
        return replace(line, verdict=REGRESSION, why=_on_what(paired))
    if _is_noise(paired, tests):
        return replace(line, why=translated("no larger a fall than chance makes"))
    if paired.sensitivity is None:
        why = translated("it fell, and says too little of single examples to be tested")
        return replace(line, verdict=INCONCLUSIVE, why=_too_few(paired, share) or why)
    needed = _rounded_up(paired.sensitivity.needed(paired.fall, share, paired.margin))
    small = translated("too small a fall to be told from chance")
    enough = translated("needs n ≥ {n:,}", n=needed) if needed else small
    why = _too_few(paired, share) or enough
    return replace(line, verdict=INCONCLUSIVE, why=why, paired=replace(paired, needed=needed))


def _on_what(paired: Paired) -> str:
    """Return that the verdict is about these very questions, where their articles are too few."""
    if not paired.on_these:
        return ""
    return translated("on these questions: {units:,} clusters are too few for others", units=paired.clusters)


def _too_few(paired: Paired, share: float) -> str:
    """Return how many units it takes before any fall could be proven; nothing where there are as many."""
    from harness.stats.power import fewest

    if paired.units >= fewest(share):
        return ""
    counts = {"n": fewest(share), "units": paired.units}
    if paired.shared:
        return translated(
            "needs {n:,} questions, and has {units:,}: the repeats of one say the same", **counts
        )
    return translated("needs {n:,} examples, and has {units:,}", **counts)


def _is_noise(paired: Paired, tests: int) -> bool:
    """Return whether a fall is what chance makes one night in twenty or more, over all of its `tests`.

    Without a change half of all figures are lower than the night before. Of fewer units than could show
    anything at its share of the level, nothing is said where the fall alone is rarer than that.
    """
    from harness.stats.power import fewest

    if paired.p_value is None or paired.adjusted is None or paired.units < fewest(_CHANCE):
        return False
    able = paired.units >= fewest(_CHANCE / tests)
    return paired.adjusted > _CHANCE if able else paired.p_value > _CHANCE


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
        over = exceeds(now.unanswered, asked, limits.max_unanswered)
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
