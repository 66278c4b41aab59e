"""How soon a race ends on real systems, and how often it is wrong: CLIcK's sixteen, MMLU-Pro's eight.

    python -m benchmarks.race --orders 2000 [--only pairs-click,winner] --out benchmarks/race.md

Every order is a seeded draw of all examples. `wrong` is a verdict that the whole benchmark contradicts.
Pairs are looked at after every example, the race of many in blocks, as `harness race` asks them. A part that
is run by itself replaces its own section of the file.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recorded_systems import click, mmlu_pro
from benchmarks.sections import write_section
from harness.reports.writers.markdown import table
from harness.stats.race import race_through
from harness.stats.sequential import MeanTest

OUT = Path(__file__).with_name("race.md")
ALPHAS = (0.01, 0.05, 0.1)
GAPS = (0, 0.01, 0.02, 0.04, 0.08, 0.16, 1)
NEVER = 2**31
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def main() -> None:
    """Run the parts that are asked for and write their sections."""
    parts: dict[str, Callable[[int], Iterator[str]]] = {
        "pairs-click": lambda orders: pairs("CLIcK", click().common, orders),
        "pairs-mmlu-pro": lambda orders: pairs("MMLU-Pro", mmlu_pro().common, orders),
        "winner-16": lambda orders: winners("CLIcK, 16 systems", orders),
        "winner-15": lambda orders: winners("CLIcK, 15, without gpt-5.2_medium", orders),
        "winner-holes": lambda orders: winners("CLIcK, 16, examples that any answered", orders),
        "winner-mmlu-pro": lambda orders: winners("MMLU-Pro, 8 systems", orders),
        "equal-click": lambda orders: equal("CLIcK", click().common, orders),
        "equal-mmlu-pro": lambda orders: equal("MMLU-Pro", mmlu_pro().common, orders),
        "coverage-click": lambda orders: coverage("CLIcK", click().common, orders),
        "coverage-mmlu-pro": lambda orders: coverage("MMLU-Pro", mmlu_pro().common, orders),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--only", default=",".join(parts))
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    for name in asked.only.split(","):
        text = "\n".join(parts[name](asked.orders))
        command = f"python -m benchmarks.race --orders {asked.orders} --only {name}"
        write_section(asked.out, name, f"`{command}`\n\n{text}", __doc__)


def orders_of(size: int, count: int, seed: int = 0) -> Iterator[Counts]:
    """Yield seeded orders (100 or fewer, size) at a time, `count` in all."""
    draw = np.random.default_rng(seed)
    for start in range(0, count, 100):
        rows = min(100, count - start)
        yield draw.permuted(np.broadcast_to(np.arange(size), (rows, size)), axis=1)


# Pairs


def pairs(name: str, scores: Floats, count: int) -> Iterator[str]:
    """Yield what races of all pairs come to, at each alpha and by the size of the gap."""
    size = scores.shape[1]
    found: dict[tuple[int, int], list[tuple[Counts, Counts]]] = {}
    for orders in orders_of(size, count):
        for i, j in itertools.combinations(range(len(scores)), 2):
            difference = scores[i] - scores[j]
            found.setdefault((i, j), []).append(decided(difference, orders, [np.log(2 / a) for a in ALPHAS]))
    gaps, asked, wrong = [], [], []
    for (i, j), parts in found.items():
        gap = float(scores[i].mean() - scores[j].mean())
        when, verdict = (np.concatenate(kind, axis=1) for kind in zip(*parts, strict=True))
        gaps.append(abs(gap))
        asked.append(np.minimum(when, size).mean(axis=1) / size)
        wrong.append(((verdict != 0) & (verdict != np.sign(gap))).mean(axis=1))
    share, error = np.array(asked), np.array(wrong)
    yield f"{name}: {len(scores)} systems, {size:,} examples that all answered."
    yield f"{len(found)} pairs, {count:,} orders each."
    yield ""
    yield table(
        ["alpha", "asked, mean", "wrong, mean", "wrong, worst pair"],
        [
            [
                f"{alpha:g}",
                f"{share[:, at].mean():.1%}",
                f"{error[:, at].mean():.3%}",
                f"{error[:, at].max():.2%}",
            ]
            for at, alpha in enumerate(ALPHAS)
        ],
    )
    yield ""
    rows = []
    for low, high in itertools.pairwise(GAPS):
        of = (np.array(gaps) >= low) & (np.array(gaps) < high)
        if of.any():
            shares = [f"{share[of, at].mean():.0%}" for at in range(len(ALPHAS))]
            rows.append(
                [f"{100 * low:g} to {100 * high:g}", str(of.sum()), *shares, f"{error[of, 1].max():.2%}"]
            )
    heads = [f"asked at {alpha:g}" for alpha in ALPHAS]
    yield table(["gap, points", "pairs", *heads, "wrong at 0.05, worst pair"], rows)


def decided(difference: Floats, orders: Counts, thresholds: Sequence[float]) -> tuple[Counts, Counts]:
    """Return when each order was decided and for whom, 1, -1 or nobody (0): both (levels, orders)."""
    size, rows = len(difference), len(orders)
    first = np.full((2, len(thresholds), rows), NEVER)
    for side, sign in enumerate((1, -1)):
        first[side] = crossings(sign * difference, orders, thresholds, -1, 1)
    when = first.min(axis=0)
    return when, np.where(when >= NEVER, 0, np.where(first[0] < first[1], 1, -1)) * (when <= size)


def crossings(values: Floats, orders: Counts, thresholds: Sequence[float], low: float, high: float) -> Counts:
    """Return when a test first passes each threshold (levels, orders), NEVER if it does not."""
    size, rows = len(values), len(orders)
    test = MeanTest(size, low, high, (rows,))
    first = np.full((len(thresholds), rows), NEVER)
    active = np.arange(rows)
    for start in range(0, size, 256):
        wealth = test.observe(values[orders[active, start : start + 256]])
        for level, threshold in enumerate(thresholds):
            hit = wealth >= threshold
            new = hit.any(axis=1) & (first[level, active] == NEVER)
            first[level, active[new]] = start + 1 + hit[new].argmax(axis=1)
        left = (first[:, active] == NEVER).any(axis=0)
        test.keep(left)
        active = active[left]
        if not len(active):
            break
    return first


# Many systems


def winners(name: str, count: int) -> Iterator[str]:
    """Yield what it takes to find the best of several systems."""
    systems = click()
    behind = [one != "gpt-5.2_medium-2025-12-11" for one in systems.names]
    of: dict[str, Callable[[], Any]] = {
        "CLIcK, 16 systems": lambda: systems.common,
        "CLIcK, 15, without gpt-5.2_medium": lambda: systems.common[behind],
        "CLIcK, 16, examples that any answered": lambda: systems.scores,
        "MMLU-Pro, 8 systems": lambda: mmlu_pro().common,
    }
    scores = of[name]()
    best = int(np.nanmean(scores, axis=1).argmax())
    rows = []
    for alpha in ALPHAS:
        found = [race_through(scores, order, alpha=alpha) for order in _orders(scores.shape[1], count)]
        won = np.mean([race.verdict == "winner" for race, _ in found])
        calls = np.mean([calls for _, calls in found]) / np.isfinite(scores).sum()
        wrong = np.mean([best in race.lost for race, _ in found])
        rows.append([name, f"{alpha:g}", f"{calls:.1%}", f"{won:.1%}", f"{wrong:.2%}"])
    yield f"{scores.shape[1]:,} examples, {count:,} orders."
    yield ""
    yield table(["systems", "alpha", "calls, of all", "one left", "the best dropped"], rows, names=2)


def _orders(size: int, count: int) -> Iterator[Counts]:
    return itertools.chain.from_iterable(orders_of(size, count))


# Where an error can happen


def equal(name: str, scores: Floats, count: int) -> Iterator[str]:
    """Yield how often races are wrong that are made so that they can be.

    Of a real pair as many disagreements are turned round, at random, as make both figures exactly equal, or
    exactly one margin apart; the margin is 1 % of the examples.
    """
    size = scores.shape[1]
    one_percent = round(0.01 * size)
    chosen = list(itertools.combinations(range(len(scores)), 2))
    rows = []
    for what, apart in (("equal", 0), ("one margin apart", one_percent)):
        for alpha in ALPHAS:
            draw = np.random.default_rng(1)
            wrong = won = 0
            for number, order in enumerate(_orders(size, count)):
                sides = planted(scores[list(chosen[number % len(chosen)])], apart, draw)
                race, _ = race_through(sides, order, alpha=alpha, margin=apart / size)
                early = race.since is not None and race.since < size
                wrong += (race.verdict == "tie" if apart else early) or 0 in race.lost
                won += race.verdict == "winner" and 0 not in race.lost
            told = f"{won / count:.1%}" if apart else ""
            rows.append([name, what, f"{alpha:g}", f"{count:,}", f"{wrong / count:.2%}", told])
    yield f"All {len(chosen)} pairs in turn, {size:,} examples, the margin {one_percent / size:.2%}."
    yield ""
    yield table(["benchmark", "made", "alpha", "races", "called wrongly", "winner found"], rows, names=3)


def planted(sides: Floats, apart: int, draw: np.random.Generator) -> Floats:
    """Return two systems' scores with the first right exactly `apart` times more often than the second."""
    made = sides.copy()
    if made[0].sum() < made[1].sum():
        made = made[::-1].copy()
    surplus = int(made[0].sum() - made[1].sum()) - apart
    worse, better = (0, 1) if surplus > 0 else (1, 0)
    places = np.flatnonzero(made[worse] > made[better])
    swapped = draw.choice(places, abs(surplus) // 2, replace=False)
    made[:, swapped] = made[::-1, swapped]
    if surplus % 2:  # one that was right becomes wrong
        left = np.setdiff1d(places, swapped)
        made[worse, draw.choice(left)] = made[better, left[0]]
    assert int(made[0].sum() - made[1].sum()) == apart
    return made


# Confidence sequences


LOOKS = (10, 30, 100, 300, 1000, 3000, 10_000)


def coverage(name: str, scores: Floats, count: int) -> Iterator[str]:
    """Yield how often the confidence sequence has missed the truth by each n, over all pairs."""
    size = scores.shape[1]
    looks = [*(n for n in LOOKS if n < size), size]
    thresholds = [np.log(2 / alpha) for alpha in ALPHAS]
    missed = []
    for i, j in itertools.combinations(range(len(scores)), 2):
        difference = scores[i] - scores[j]
        centred, truth = difference - difference.mean(), float(difference.mean())
        parts = []
        for some in orders_of(size, count, seed=100 * i + j):
            sides = [
                crossings(sign * centred, some, thresholds, -1 - sign * truth, 1 - sign * truth)
                for sign in (1, -1)
            ]
            parts.append(np.minimum(*sides))
        first = np.concatenate(parts, axis=1)  # (levels, orders)
        missed.append([(first <= n).mean(axis=1) for n in looks])
    shares = np.array(missed)  # (pairs, looks, levels)
    rows = [
        [name, f"{alpha:g}", *(f"{share:.2%}" for share in (*of.mean(axis=0), of[:, -1].max()))]
        for alpha, of in zip(ALPHAS, np.moveaxis(shares, 2, 0), strict=True)
    ]
    yield f"{len(shares)} pairs, {count:,} orders each: the share of races in which the truth had been"
    yield "outside of the interval at any time up to n examples."
    yield ""
    yield table(["benchmark", "alpha", *(f"n = {n:,}" for n in looks), "all, worst pair"], rows, names=2)


if __name__ == "__main__":
    main()
