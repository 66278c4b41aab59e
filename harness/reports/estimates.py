"""What a run would take, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from harness.evaluation.estimate import Estimate, concurrency
from harness.reports.writers.blocks import Block, Lines, TableBlock
from harness.reports.writers.numbers import short
from harness.stats.prediction_intervals import Range
from harness.terminal import span

COUNTED = {
    "tokenizer": "prompt tokens counted by a tokenizer",
    "observed": "prompt tokens as in answers that are known",
    "characters": "prompt tokens GUESSED from characters; --pilot 10 or --tokenizer FILE tells more",
}


def blocks(found: list[Estimate]) -> list[Block]:
    """Return a row an estimate, their sum by currency, and the notes below."""
    header = ["task", "system", "requests", "kept", "prompt tokens", "output tokens", "cost", "time"]
    lines: list[str] = []
    total = _total(found)
    if len(found) > 1:
        lines += [f"total: {_money(Range(**ends), currency)}" for currency, ends in total["cost"].items()]
    lines += [f"no price is known of {', '.join(total['unpriced'])}"] if total["unpriced"] else []
    lines += list(dict.fromkeys(note for one in found for note in _notes(one)))
    made: list[Block] = [TableBlock(header, [_cells(one) for one in found], names=1)]
    return [*made, Lines(lines)] if lines else made


def as_json(found: list[Estimate]) -> dict[str, Any]:
    """Return the estimates and their sum as plain values."""
    return {"estimates": [_plain(one) for one in found], "total": _total(found)}


def _cells(one: Estimate) -> list[str]:
    unpaid = "unknown" if one.billed else ""
    return [
        one.plan.task.name,
        one.plan.system,
        f"{one.requests:,}",
        f"{one.kept:,}" if one.kept else "",
        _range(one.prompt_tokens, lambda tokens: f"{tokens:,.0f}"),
        _range(one.output_tokens, lambda tokens: f"{tokens:,.0f}"),
        unpaid if one.cost is None else _money(one.cost, one.currency),
        _range(one.seconds, span),
    ]


def _range(figure: Range | None, words: Callable[[float], str]) -> str:
    """Return `12 [10, 14]`, `0 to 40`, or the figure alone where it is exact."""
    if figure is None:
        return ""
    if figure.low == figure.high:
        return words(figure.low)
    if figure.value is None:
        return f"{words(figure.low)} to {words(figure.high)}" if figure.high is not None else "no bound"
    if figure.high is None:
        return f"about {words(figure.value)}"
    return f"{words(figure.value)} [{words(figure.low)}, {words(figure.high)}]"


def _money(figure: Range, currency: str) -> str:
    return f"{_range(figure, short)} {currency}"


def _notes(one: Estimate) -> Iterable[str]:
    if one.counted is not None:
        yield COUNTED[one.counted]
    if one.output_tokens is not None and one.output_tokens.high is None:
        yield f"{one.plan.label}: nothing bounds the output; add -d max_tokens=N"
    if one.pilot:
        cost = f", {short(one.pilot_cost)} {one.currency}" if one.price else ""
        yield f"pilot of {one.plan.label}: {one.pilot} requests{cost}; not in the figures above"
    if one.again.low > 1:  # the pilot had verdicts that could not be read
        times = _range(one.again, lambda figure: f"{figure:.2f}")
        yield f"{one.plan.label}: asked {times} times until a verdict can be read, as in the pilot"
    if one.price is not None:
        yield f"price: {one.price.source}" + (f", {one.price.date}" if one.price.date else "")
    if one.timed_by is not None:
        yield f"time of {one.plan.label}: by the speed of the run {one.timed_by}"
    if one.seconds is not None and one.timed_by is None and one.plan.backend.entry.remote:
        yield f"time at {concurrency(one.plan)} calls in flight (--concurrency)"


def _total(found: Iterable[Estimate]) -> dict[str, Any]:
    """Return the requests and, by currency, the cost of all; and whose price nobody knows."""
    estimates = list(found)
    cost: dict[str, Range] = {}
    for one in estimates:
        if one.cost is not None:
            before = cost.get(one.currency)
            cost[one.currency] = one.cost if before is None else before + one.cost
    return {
        "requests": sum(one.requests for one in estimates),
        "cost": {currency: asdict(ends) for currency, ends in cost.items()},
        "unpriced": sorted({one.plan.system for one in estimates if one.billed and one.price is None}),
    }


def _plain(one: Estimate) -> dict[str, Any]:
    price = one.price
    return {
        "task": one.plan.task.name,
        "system": one.plan.system,
        "requests": one.requests,
        "kept": one.kept,
        "counted": one.counted,
        **{
            name: None if figure is None else asdict(figure)
            for name, figure in (
                ("prompt_tokens", one.prompt_tokens),
                ("output_tokens", one.output_tokens),
                ("cost", one.cost),
                ("seconds", one.seconds),
            )
        },
        "currency": None if one.cost is None else one.currency,
        "price_source": price.source if price else None,
        "price_date": price.date if price else None,
        "pilot": {"requests": one.pilot, "cost": one.pilot_cost},
    }
