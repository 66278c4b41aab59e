"""How often the interval of a corrected accuracy holds the truth, beside that of the plain figure.

    python -m benchmarks.reader_error > benchmarks/reader_error.md
    python -m benchmarks.reader_error --datasets 200

A cell draws so many seeded data sets, reply by reply: whether it states an answer, whether that is right,
what the reader makes of it; and from the same reader a labelled sample. *known* corrects by the measured
rates as if they were exact. In the last rows the assumption fails: the reader misreads and misses wrong
answers three times as often as right ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.stats.intervals import SEED, wilson
from harness.stats.reader_error import ReaderCounts, corrected

DRAWS = 2000
STATED, OF_NOTHING = 0.95, 0.1  # replies that state an answer; of those that state none, read as something


@dataclass(frozen=True)
class Cell:
    """What is drawn: the truth, the options (0: free), errors of the reader, sizes, how biased it is."""

    truth: float
    options: int
    misread: float
    missed: float
    n: int = 1000
    labelled: int = 200
    bias: float = 1.0


def cells() -> Iterator[Cell]:
    """Yield all cells, those with a biased reader last."""
    for errors, options, truth in product([(0.01, 0.01), (0.04, 0.03)], (0, 2, 5), (0.3, 0.6, 0.9)):
        yield Cell(truth, options, *errors)
    yield Cell(0.6, 0, 0.04, 0.03, labelled=50)
    yield Cell(0.6, 5, 0.04, 0.03, labelled=50)
    yield Cell(0.6, 0, 0.04, 0.03, n=100)
    yield Cell(0.6, 0, 0.04, 0.03, n=10_000)
    for options in (0, 2, 5):
        yield Cell(0.6, options, 0.04, 0.03, bias=3.0)


def simulated(cell: Cell, rng: np.random.Generator, n: int) -> tuple[ReaderCounts | None, float, float]:
    """Return what the reader made of `n` replies, the share scored right, and the share read."""
    right = rng.random(n) < cell.truth
    stated = right | (rng.random(n) < (STATED - cell.truth) / (1 - cell.truth))
    scale = np.where(right, 1.0, cell.bias) / (cell.truth + cell.bias * (1 - cell.truth))
    chance = rng.random(n)
    missed = chance < cell.missed * scale
    misread = stated & ~missed & (chance < (cell.missed + cell.misread) * scale)
    found = stated & ~missed
    read = found | (~stated & (rng.random(n) < OF_NOTHING))
    rightly = found & ~misread
    luck = 1 / (cell.options - 1) if cell.options else 0.0
    lucky = read & ~rightly & ~right & (rng.random(n) < luck)
    counts = tuple(int(each.sum()) for each in (rightly, read, found, stated))
    made = ReaderCounts(*counts) if counts[0] else None
    return made, float(((rightly & right) | lucky).mean()), float(read.mean())


def row(cell: Cell, datasets: int, seed: int = SEED) -> str:
    """Return a cell's row: how often each of three intervals held the truth, and two mean widths."""
    rng = np.random.default_rng(seed)
    luck = 1 / (cell.options - 1) if cell.options else 0.0
    held, widths = np.zeros(3), np.zeros(2)
    for number in range(datasets):
        reader, _, _ = simulated(cell, rng, cell.labelled)
        _, share, read = simulated(cell, rng, cell.n)
        assert reader is not None
        made = corrected(share, cell.n, reader, read_share=read, luck=luck, draws=DRAWS, seed=number)
        assert made is not None
        plain = wilson(share * cell.n, cell.n)
        slope = (reader.right - luck * (reader.found - reader.right)) / reader.stated
        shift = luck * read * (1 - reader.right / reader.read)
        known = tuple((end - shift) / slope for end in plain)
        pairs = (plain, known, (made.low, made.high))
        held += [low <= cell.truth <= high for low, high in pairs]
        widths += [plain[1] - plain[0], made.high - made.low]
    shares = " | ".join(f"{each:.3f}" for each in held / datasets)
    sizes = " | ".join(f"{each:.3f}" for each in widths / datasets)
    named = f"{cell.truth} | {cell.options or 'free'} | {cell.misread}, {cell.missed}"
    return f"| {named} | {cell.n:,} | {cell.labelled} | {cell.bias:g} | {shares} | {sizes} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", type=int, default=2000)
    chosen = parser.parse_args()
    print("# A reader's error in the interval\n")
    print(f"`python -m benchmarks.reader_error`, {chosen.datasets:,} data sets a row.\n")
    print("| truth | options | misread, missed | replies | labelled | bias | plain | known", end="")
    print(" | corrected | width, plain | width, corrected |")
    print("|" + "---|" * 11)
    for cell in cells():
        print(row(cell, chosen.datasets), flush=True)


if __name__ == "__main__":
    main()
