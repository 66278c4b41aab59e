"""How well requests were served and what of their cost is not known, for the tables of a report."""

from __future__ import annotations

from collections.abc import Iterable

from harness.records.run_schema import CostSummary, RunDocument
from harness.reports.writers.numbers import short
from harness.reports.writers.translations import translated


def cells(runs: Iterable[RunDocument]) -> dict[str, str]:
    """Return heading → cell: p95 of the time to the first token, and goodput, each of the worst run."""
    found = list(runs)
    waits = (run.latency_s["ttft"].p95 for run in found if "ttft" in run.latency_s)
    shares = (run.goodput.share for run in found if run.goodput)
    good = min((share for share in shares if share is not None), default=None)
    return {
        translated("ttft p95 s"): short(max((wait for wait in waits if wait is not None), default=None)),
        translated("goodput"): "" if good is None else f"{100 * good:.1f} %",
    }


def bounds(runs: Iterable[RunDocument]) -> list[str]:
    """Return what goodput means in these runs, each meaning once: `ttft ≤ 0.5 s, e2e ≤ 5 s`."""
    told = [run.goodput.slo for run in runs if run.goodput]
    return list(
        dict.fromkeys(", ".join(f"{name} ≤ {most:g} s" for name, most in slo.items()) for slo in told)
    )


def marks(run: RunDocument) -> list[str]:
    """Return what must be known of a run's cost: that nobody knows the price, or what some answers cost."""
    cost = run.cost
    if cost is None:
        return []
    if cost.price_source is None and cost.total is None:
        return [translated("price unknown")]
    untold, lost = cost.responses_without_usage or 0, cost.unaccounted_requests or 0
    return [
        *([translated("cost of {n:,} unknown", n=untold)] if untold else []),
        *([translated("{n:,} requests unaccounted, {most}", n=lost, most=_most(cost))] if lost else []),
    ]


def _most(cost: CostSummary) -> str:
    """Return the most that requests whose cost nobody told may have cost."""
    most = cost.unaccounted
    return "?" if most is None else f"≤ {short(most)} {cost.currency}"
