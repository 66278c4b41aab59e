"""Why two figures differ, as a table: what each setting is worth, and what remains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.reports.writers.blocks import Block, Lines, TableBlock, cell
from harness.reports.writers.numbers import number, short
from harness.reports.writers.translations import named, translated
from harness.text.width import cut

if TYPE_CHECKING:
    from harness.evaluation.explain.difference import Difference
    from harness.evaluation.explain.walk import Explanation, Step

CELL = 40  # terminal cells of a value


def blocks(found: Explanation) -> list[Block]:
    """Return the ends, a row a setting, and what remains."""
    header = [
        *(translated("setting"), "A", "B", translated("worth"), translated("95 % interval")),
        *(translated("then"), translated("calls"), translated("cost")),
    ]
    rows = [_row(translated("A asked again"), "", "", found.again.worth, found.again)]
    rows += [_row(_name(step), *_values(step), step.worth, step) for step in found.steps]
    rows.append(_row(translated("what remains"), "", "", found.remainder, None))
    return [Lines(_head(found)), TableBlock(header, rows, names=0), Lines(list(_notes(found)))]


def _head(found: Explanation) -> list[str]:
    unit = found.whole.unit
    return [
        f"A: {cell(found.a.name)}, {found.metric} {number(found.whole.before, unit)}",
        f"B: {cell(found.b.name)}, {found.metric} {number(found.whole.after, unit)}",
        translated(
            "B − A: {difference} {interval}, on {n:,} examples",
            **{"difference": _signed(found.whole), "interval": _interval(found.whole)},
            **{"n": found.whole.n or found.again.worth.n},
        ),
    ]


def _row(name: str, a: str, b: str, worth: Difference, step: Step | None) -> list[str]:
    return [
        *(name, a, b, _signed(worth), _interval(worth), number(worth.after, worth.unit)),
        *(("", "") if step is None else (f"{step.calls:,}", _cost(step))),
    ]


def _name(step: Step) -> str:
    return " + ".join(named(one) for one in (step.aspect.name, *step.joined))


def _values(step: Step) -> tuple[str, str]:
    """Return both values of a setting, of the first of its keys that differs, and how many more do."""
    (a, b), *more = step.aspect.keys.values()
    rest = f" (+{len(more)})" if more else ""
    if isinstance(a, dict) and isinstance(b, dict):
        apart = [name for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)]
        a, b = ({name: side[name] for name in apart if name in side} for side in (a, b))
    return cut(_plain(a), CELL), cut(_plain(b) + rest, CELL)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_plain(one)}" for name, one in value.items())
    return "" if value is None else repr(value) if isinstance(value, str) else str(value)


def _signed(worth: Difference) -> str:
    if worth.value is None:
        return ""
    text = number(abs(worth.value), worth.unit, like=worth.after)
    return f"{'+' if worth.value > 0 else '-' if worth.value < 0 else ''}{text}"


def _interval(worth: Difference) -> str:
    if worth.interval is None:
        return ""
    return "[" + ", ".join(f"{end:+.4f}" for end in worth.interval) + "]"


def _cost(step: Step) -> str:
    if step.cost is not None:
        return f"{step.cost:.4f} {step.currency}"
    return f"{short(step.seconds)} s" if step.calls else ""


def _notes(found: Explanation) -> list[str]:
    notes = [
        translated("Each row has one more of B's settings; the worths and what remains sum up to B − A.")
    ]
    spent: dict[str, float] = {}
    for step in (found.again, *found.steps):
        if step.cost is not None and step.currency:
            spent[step.currency] = spent.get(step.currency, 0.0) + step.cost
    calls = sum(step.calls for step in (found.again, *found.steps))
    price = ", ".join(f"{amount:.4f} {currency}" for currency, amount in spent.items())
    rest = found.remainder
    if rest.apart is not None:
        counts = {"apart": rest.apart, "n": rest.n}
        notes.append(translated("what remains: {apart:,} of {n:,} replies are judged otherwise", **counts))
    if found.gap is not None:
        notes.append(
            translated("what remains: log-probabilities part by {gap:.2g} nats at most", gap=found.gap)
        )
    if found.cut:
        notes.append(
            translated("{n:,} prompts were cut to the model's window, each harness in its way", n=found.cut)
        )
    notes.append(translated("{n:,} calls", n=calls) + (f", {price}" if price else ""))
    if not found.steps and found.error is None:
        notes.append(translated("No setting differs."))
    if found.untold:
        settings = ", ".join(map(named, found.untold))
        notes.append(translated("the published row says nothing of: {settings}", settings=settings))
    return notes


def as_json(found: Explanation) -> dict[str, Any]:
    """Return the walk as plain values."""
    return {
        "a": found.a.name,
        "b": found.b.name,
        "metric": found.metric,
        "difference": _json(found.whole),
        "again": _json(found.again.worth),
        "settings": [
            {
                "setting": step.name,
                "keys": {key: {"a": a, "b": b} for key, (a, b) in step.aspect.keys.items()},
                "worth": _json(step.worth),
                "calls": step.calls,
                "seconds": step.seconds,
                "cost": step.cost,
                "currency": step.currency,
            }
            for step in found.steps
        ],
        "remainder": _json(found.remainder),
        "largest_gap": found.gap,
        "truncated": found.cut,
        "untold": list(found.untold),
        "stopped_because": str(found.error) if found.error else None,
    }


def _json(worth: Difference) -> dict[str, Any]:
    names = ("before", "after", "value", "ci_low", "ci_high", "n", "apart")
    return {key: getattr(worth, key) for key in names}
