"""Which rows of `benchmarks/coverage.md` are outside of what is promised, and which of them chance explains.

    python -m benchmarks.coverage_bounds

Promised is: a coverage of 0.92 in every cell that prints an interval; 0.93 to 0.97 where 20 units or more are
expected off the bound (and in clusters, 20 of these); a mean width of at most 1.25 times that with a whole
imaginary unit, and of 1.25 times 3.92 standard errors from 20 units off the bound on. Exempt: Wilson's
interval itself, and 0.90 for figures without an atom of fewer than 50 units. `chance` are two standard errors
of the row's own data sets.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("coverage.md")
LEAST, MIDDLE, WIDEST, ENOUGH = 0.92, (0.93, 0.97), 1.25, 20
WITHOUT_ATOM, OF_THESE, FEW = 0.90, ("perplexity", "bits_per_byte", "chrf", "bleu", "ter"), 50


class Row(NamedTuple):
    """One row of the table."""

    metric: str
    case: str
    units: int
    off: float
    covered: float
    whole: float
    normal: float
    datasets: int

    @property
    def chance(self) -> float:
        """Return two standard errors of the coverage, 0 where it was summed up exactly."""
        return 2 * math.sqrt(0.95 * 0.05 / self.datasets) if self.datasets else 0.0


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a table in Markdown; where nothing is told, NaN, and 0 data sets."""
    for line in text.splitlines():
        if not line.startswith("| ") or line.startswith("| metric "):
            continue
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        name, case, *numbers = cells
        units, off, covered, _, _, whole, normal, datasets = (
            float(number.replace(",", "") or "nan") for number in numbers
        )
        yield Row(
            *(name, case, int(units), off, covered, whole, normal),
            0 if math.isnan(datasets) else int(datasets),
        )


def outside(row: Row) -> Iterator[tuple[str, bool]]:
    """Yield each promise that a row does not keep, and whether chance may have made it so."""
    if row.case.endswith("exactly") or math.isnan(row.covered):
        return
    few = row.metric in OF_THESE and row.units < FEW
    least, (low, high) = WITHOUT_ATOM if few else LEAST, MIDDLE
    middle = row.off >= ENOUGH and row.units >= ENOUGH and not few
    if row.covered < least:
        yield f"covered {row.covered:.3f}, less than {least:.2f}", row.covered >= least - row.chance
    elif middle and not low <= row.covered <= high:
        near = low - row.chance <= row.covered <= high + row.chance
        yield f"covered {row.covered:.3f}, not {low:.2f} to {high:.2f}", near
    if row.whole > WIDEST:
        yield f"{row.whole:.2f} times as wide as with a whole imaginary unit", False
    if row.off >= ENOUGH and row.normal > WIDEST:
        yield f"{row.normal:.2f} times as wide as 3.92 standard errors", False


def exempt(row: Row) -> str:
    """Return what a row is short of that is let pass: Wilson's interval, and few texts; else nothing."""
    few = row.metric in OF_THESE and row.units < FEW
    if (row.case.endswith("exactly") or few) and row.covered < LEAST:
        return f"covered {row.covered:.3f}"
    return ""


def main() -> int:
    """Print what is exempt and what is outside; return 1 where chance does not explain all of it."""
    known = list(rows(TABLE.read_text(encoding="utf-8")))
    for row in known:
        if told := exempt(row):
            print(f"exempt: {row.metric}, {row.case}, {row.units:,} units: {told}")
    found = [(row, *told) for row in known for told in outside(row)]
    for row, what, chance in found:
        print(f"{row.metric}, {row.case}, {row.units:,} units: {what}{' (chance)' if chance else ''}")
    count = Counter(chance for _, _, chance in found)
    print(f"{len(known)} rows; outside: {count[True]} by chance, {count[False]} not")
    return bool(count[False])


if __name__ == "__main__":
    sys.exit(main())
