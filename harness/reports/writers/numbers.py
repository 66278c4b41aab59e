"""Figures as a reader wants them: no digit that says nothing, none missing that does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.records.run_schema import MetricResult
from harness.reports.writers.translations import translated

# By unit. Of any other figure, a perplexity or a stranger's, four digits count, wherever its point stands.
_DECIMALS = {"0-1": 4, "-1-1": 4, "0-2": 4, "bits": 4, "0-100": 2, "rank": 2}
FEW_UNITS = 200  # clusters, below which they and not the examples say how sure a figure is
_LONG = 1e9  # from here on powers of ten are easier to read


def figure(main: MetricResult, marks: Sequence[str] = ()) -> str:
    """Return `0.8712 [0.8676, 0.8748]` and the marks after it, before them how few its clusters are."""
    text = number(main.value, main.unit)
    if main.ci_low is not None:
        low, high = (number(end, main.unit, like=main.value) for end in (main.ci_low, main.ci_high))
        text += f" [{low}, {high}]"
    said = [*few_units(main), *marks]
    return text + (f" ({', '.join(said)})" if said else "")


def few_units(main: MetricResult) -> list[str]:
    """Return the number of clusters that a figure is of, where they are few: of many, `n` says enough."""
    units = main.units
    return [translated("{n:,} clusters", n=units)] if units and units < FEW_UNITS else []


def between(main: MetricResult) -> str:
    """Return the ends of a figure's interval in words, `0.8676 to 0.8748`; empty where it has none."""
    if main.ci_low is None:
        return ""
    low, high = (number(end, main.unit, like=main.value) for end in (main.ci_low, main.ci_high))
    return translated("{low} to {high}", low=low, high=high)


def within(value: float, low: float | None, high: float | None, digits: int, sign: str = "") -> str:
    """Return `0.534 [0.481, 0.587]`, the value alone without an interval; `sign` `+` is always written."""
    how = f"{sign}.{digits}f"
    if low is None or high is None:
        return f"{value:{how}}"
    return f"{value:{how}} [{low:{how}}, {high:{how}}]"


def number(value: float | None, unit: str, *, like: float | None = None) -> str:
    """Return a metric's value with the digits of its unit; `like` another, where both stand together."""
    if value is None:
        return translated("undefined")
    if not math.isfinite(value) or abs(value) >= _LONG:
        return f"{value:.3e}"
    return f"{value:z.{_decimals(value if like is None else like, unit)}f}"


def _decimals(value: float, unit: str) -> int:
    if unit in _DECIMALS:
        return _DECIMALS[unit]
    whole = len(str(int(abs(value)))) if math.isfinite(value) and abs(value) >= 1 else 0
    return max(0, 4 - whole)


def short(value: float | None) -> str:
    """Return two or three digits that count, plainly written."""
    if value is None:
        return ""
    if 0 < value < 0.0001:
        return "<0.0001"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.1f}"


def size(parameters: float | None) -> str:
    """Return a number of parameters as people say it: `2.4B`, `110M`."""
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if parameters is not None and parameters >= unit:
            return f"{parameters / unit:.3g}{letter}"
    return "" if parameters is None else f"{parameters:,.0f}"


def factor(value: float | None) -> str:
    """Return how many times faster something is, such as `×2.31`."""
    if value is None:
        return ""
    return f"×{value:.2f}" if 0.1 <= value < 10 else f"×{short(value)}"


def each(counts: Iterable[int], most: int) -> str:
    """Return the counts, those that are the same once; the range of more than `most`."""
    found = dict.fromkeys(counts)
    if len(found) > most:
        return translated("{low} to {high}", low=f"{min(found):,}", high=f"{max(found):,}")
    return " / ".join(f"{count:,}" for count in found)
