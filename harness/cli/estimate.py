"""`harness estimate`: what a run would take, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.cli.output import fail, print_json
from harness.cli.run import named
from harness.errors import BadInput, HarnessError, Unavailable
from harness.evaluation import plan as planning
from harness.evaluation.estimate import Estimate, concurrency, estimate
from harness.evaluation.plan import Grid, Options
from harness.evaluation.progress import span
from harness.reports.writers.markdown import table
from harness.reports.writers.numbers import short
from harness.stats.prediction_intervals import LEAST, Range
from harness.terminal import say

COUNTED = {
    "tokenizer": "prompt tokens counted by a tokenizer",
    "observed": "prompt tokens as in answers that are known",
    "characters": "prompt tokens GUESSED from characters; --pilot 10 or --tokenizer FILE tells more",
}


@dataclass(frozen=True)
class Asked:
    """What the user asked of `estimate`."""

    grid: Grid
    options: Options
    pilot: int
    tokenizer: Path | None
    json: bool
    quiet: bool


def estimate_command(asked: Asked) -> int:
    """Print the estimate of each run of the grid, and their sum."""
    named(asked.grid)
    if 0 < asked.pilot < LEAST:
        raise BadInput(f"--pilot {asked.pilot}: fewer than {LEAST} answers tell no interval")
    count = _counter(asked.tokenizer) if asked.tokenizer is not None else None
    plans, dead = planning.plans(asked.grid, asked.options, (lambda _: None) if asked.quiet else say)
    found, errors = [], list(dead)
    for plan in plans:
        try:
            found.append(estimate(plan, asked.pilot, count))
        except HarnessError as error:
            errors.append(error)
    for problem in errors:
        fail(str(problem))
    if asked.json:
        print_json({"estimates": [_plain(one) for one in found], "total": _total(found)})
    elif found:
        print(_told(found))
    return max((error.exit_code for error in errors), default=0)


def _counter(path: Path) -> Callable[[str], int]:
    """Return what counts tokens by a `tokenizer.json`, or the one in a folder.

    Raises:
        Unavailable: the package is not installed.
        BadInput: there is no such file, or it is none.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError:
        raise Unavailable("--tokenizer needs tokenizers: pip install tokenizers") from None
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library knows no kinds
        raise BadInput(f"--tokenizer {path}: {error}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _told(found: list[Estimate]) -> str:
    header = ["task", "system", "requests", "kept", "prompt tokens", "output tokens", "cost", "time"]
    lines = [table(header, [_cells(one) for one in found], names=1), ""]
    total = _total(found)
    if len(found) > 1:
        lines += [f"total: {_money(Range(**ends), currency)}" for currency, ends in total["cost"].items()]
    lines += [f"no price is known of {', '.join(total['unpriced'])}"] if total["unpriced"] else []
    lines += list(dict.fromkeys(note for one in found for note in _notes(one)))
    return "\n".join(lines).rstrip()


def _cells(one: Estimate) -> list[str]:
    unpaid = "unknown" if one.billed else ""
    return [
        one.plan.task.name,
        one.plan.system,
        f"{one.requests:,}",
        f"{one.kept:,}" if one.kept else "",
        _shown(one.prompt_tokens, lambda tokens: f"{tokens:,.0f}"),
        _shown(one.output_tokens, lambda tokens: f"{tokens:,.0f}"),
        unpaid if one.cost is None else _money(one.cost, one.currency),
        _shown(one.seconds, span),
    ]


def _shown(figure: Range | None, words: Callable[[float], str]) -> str:
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
    return f"{_shown(figure, short)} {currency}"


def _notes(one: Estimate) -> Iterable[str]:
    if one.counted is not None:
        yield COUNTED[one.counted]
    if one.output_tokens is not None and one.output_tokens.high is None:
        yield f"{one.plan.label}: nothing bounds the output; add -d max_tokens=N"
    if one.pilot:
        cost = f", {short(one.pilot_cost)} {one.currency}" if one.price else ""
        yield f"pilot of {one.plan.label}: {one.pilot} requests{cost}; not in the figures above"
    if one.price is not None:
        yield f"price: {one.price.source}" + (f", {one.price.date}" if one.price.date else "")
    if one.seconds is not None and one.plan.backend.entry.remote:
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
