"""A gate whose runs are made while it looks: each is asked no further than its verdict takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.errors import BadInput, HarnessError
from harness.evaluation.plan import Plan
from harness.evaluation.run_document import described_data
from harness.evaluation.sequential_gate import Watched, watched
from harness.reports.gate.changes import FLIPPED, Paired
from harness.reports.gate.gate import PASS, REGRESSION, Gate, Limits, Stop, Verdict, with_watched
from harness.reports.gate.measurements import RunKey, RunSummary, latest, measured
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.run import Warn, load
from harness.reports.writers.translations import translated
from harness.text.normalize import nfc


def watch(
    plans: Sequence[Plan],
    baseline: Mapping[RunKey, RunSummary],
    limits: Limits,
    warn: Warn,
    tell: Callable[[str], None] = lambda _: None,
) -> Gate:
    """Ask each system until its verdict is known, and return the verdicts of the night.

    Alpha is shared by Bonferroni among the runs that the baseline knows. What the baseline does not know is
    not asked: its run would be judged by nothing.

    Raises:
        BadInput: the baseline knows none of the runs, or a metric is no mean of figures from 0 to 1.
        Unavailable: a system cannot be made ready.
        Stopped: a run ended before its verdict was known.
    """
    slots = {key_of(plan): plan for plan in plans}
    known = {slot: plan for slot, plan in slots.items() if slot in baseline}
    if not known:
        raise BadInput("the baseline holds none of these runs; `harness gate --update` takes them in")
    share = limits.alpha / 2 / len(known)
    decided, stops, made = {}, [], []
    for slot, plan in known.items():
        before, column = baseline[slot].statistics(), baseline[slot].column
        margin = limits.margin_of(column) if column else limits.margin
        found = watched(plan, _scores(before), margin, share, tell)
        if found.outcome.error is not None and found.verdict == "undecided":
            raise found.outcome.error
        made.append(found.outcome.directory)
        stops.append(_stop(slot, found))
        if found.verdict != "undecided":
            decided[slot] = _line(slot, found, baseline[slot], before, margin, len(known))
    tonight = latest(map(measured, load(made, warn)))
    gate = with_watched(decided, stops, baseline, tonight, limits)
    return Gate(gate.limits, gate.lines, sorted(slots.keys() - known.keys()), gate.stops)


def key_of(plan: Plan) -> RunKey:
    """Return what a plan's run will be a run of."""
    limit = plan.options.limit
    said = "" if limit is None else str(limit)
    return RunKey(nfc(plan.task.name), nfc(plan.system), plan.task.split, said, described_data(plan).sample)


def _scores(before: Statistics) -> dict[str, float]:
    """Return id → score of a baseline's examples.

    Raises:
        HarnessError: its metric says more than one figure of an example.
    """
    if before.rows.shape[1] != 1 or any(before.keys[1]):
        raise HarnessError("the baseline's run is no single figure an example; gate it without --sequential")
    ids = before.keys[0].decode().split("\n")
    return dict(zip(ids, before.rows[:, 0].tolist(), strict=True))


def _stop(slot: RunKey, found: Watched) -> Stop:
    spent, saved, currency = found.costs or (None, None, None)
    return Stop(slot, found.asked, found.size, spent, saved, currency)


def _line(
    slot: RunKey, found: Watched, before: RunSummary, kept: Statistics, margin: float, tests: int
) -> Verdict:
    """Return the line of a run that was decided early."""
    assert before.column is not None
    lower_is_better = before.metric is not None and not before.metric().higher_is_better
    sign = 1 if lower_is_better else -1
    low, high = sorted(sign * bound for bound in found.interval)
    clusters = None if kept.clusters is None else len(set(kept.clusters.tolist()))
    by_cluster = clusters is not None and clusters < len(kept.rows)
    paired = Paired(
        n=found.n,
        change=sign * found.fall + 0.0,
        ci_low=low,
        ci_high=high,
        fall=found.fall,
        test="bets",
        p_value=found.p_value,
        p_of_any=found.p_value,
        adjusted=min(1.0, 2 * tests * found.p_value),
        margin=margin,
        units=found.n,
        clusters=clusters if by_cluster else None,
        on_these=by_cluster,
        flipped=found.fallen[:FLIPPED] if found.fall > 0 else (),
    )
    scores = _scores(kept)
    asked = {"asked": found.asked, "size": found.size}
    if found.verdict == "fallen":
        verdict, why = REGRESSION, translated("proven after {asked:,} of {size:,} examples", **asked)
    else:
        verdict = PASS
        why = translated("after {asked:,} of {size:,} examples no fall is left that all would find", **asked)
    figure = found.outcome.run.metrics.get(before.column.metric)
    return Verdict(
        slot=slot,
        what=before.column.metric,
        verdict=verdict,
        why=why,
        before=sum(scores.values()) / len(scores),
        now=figure.value if figure else None,
        unit=before.figure.unit,
        paired=paired,
    )
