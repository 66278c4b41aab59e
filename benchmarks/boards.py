"""What a board of many systems claims: equal systems below the first rank, order, real systems told apart.

    python -m benchmarks.boards equal    1,000 boards of 30 equal systems at 100, 300, 1,000 questions
    python -m benchmarks.boards order    10,000 boards on which no rank may contradict a figure
    python -m benchmarks.boards click    sixteen recorded systems on CLIcK: pairs and ranks
    python -m benchmarks.boards many     a thousand systems: CPU seconds and memory

Every board is ranked as `harness leaderboard` ranks it: `leaderboard.ranks.better_of`, then `ranking.ranks`.
The recorded replies are looked for in `../shared/replies` (or `$HARNESS_SHARED/replies`).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.real_replies import REPLIES
from harness.metrics.aggregates import OfSums, mean
from harness.metrics.classification import accuracy
from harness.reports.leaderboard.ranks import Statistics, better_of
from harness.schema import Metric
from harness.stats import ranking
from harness.stats.bootstrap import Floats

SYSTEMS, QUESTIONS = 30, (100, 300, 1000)
RIGHT = accuracy(())
PARTLY = Metric("f1 of spans", lambda seen, target: (0.0,), OfSums(mean), "spans|v:1")
METRICS = {"right or wrong": RIGHT, "partly right": PARTLY}


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--boards", type=int, help="boards a line; 1,000 of equal systems, 10,000 for order")
    asked = parser.parse_args()
    WHAT[asked.what](asked.boards)


def placed(metric: Metric, systems: list[Floats], kept: Sequence[Any] | None = None) -> list[int]:
    """Return the ranks of systems by their statistics (N, 1), of the examples `kept` alone where given."""
    n = len(systems[0])
    kept = kept or [np.arange(n)] * len(systems)
    told = [
        Statistics(
            (b"\n".join(b"%d" % i for i in some), np.zeros(len(some), np.int64).tobytes()), rows[some], None
        )
        for rows, some in zip(systems, kept, strict=True)
    ]
    return ranking.ranks([float(one.rows.mean()) for one in told], better_of(metric, told))


def systems_of(rng: np.random.Generator, metric: Metric, n: int, abilities: Floats) -> list[Floats]:
    """Return statistics of systems so able on average, on questions that are as hard for all."""
    hard = rng.normal(size=n) * 1.5
    systems = []
    for able in abilities:
        right = (rng.random(n) < 1 / (1 + np.exp(-(able - hard)))).astype(np.float64)
        partly = rng.uniform(0.2, 0.9, n) if metric is PARTLY else 0.0
        systems.append(np.where((right == 0) & (rng.random(n) < 0.3), partly, right)[:, None])
    return systems


def equal(boards: int | None) -> None:
    """Print on how many boards of equal systems somebody stands below the first rank."""
    count = boards or 1000
    print("| metric | questions | boards | somebody below rank 1 | bound |\n|---|--:|--:|--:|--:|")
    for name, metric in METRICS.items():
        for n in QUESTIONS:
            rng = np.random.default_rng((5, n))
            below = sum(
                max(placed(metric, systems_of(rng, metric, n, np.full(SYSTEMS, 1.0)))) > 1
                for _ in range(count)
            )
            print(f"| {name} | {n:,} | {count:,} | {below} | {round(0.07 * count)} |", flush=True)


def order(boards: int | None) -> None:
    """Print on how many boards of unequal systems a rank contradicts a figure."""
    count, wrong = boards or 10_000, 0
    rng = np.random.default_rng(7)
    kinds = {"right or wrong": 0, "partly right": 0, "some unanswered": 0}
    for board in range(count):
        kind = (
            "partly right" if board % 10 == 0 else "some unanswered" if board % 10 == 1 else "right or wrong"
        )
        metric = METRICS.get(kind, RIGHT)
        number, n = int(rng.integers(2, 40)), int(rng.integers(10, 300))
        if kind != "right or wrong":
            number, n = min(number, 15), min(n, 120)
        systems = systems_of(rng, metric, n, rng.normal(1, rng.choice([0.1, 0.5, 1.0]), number))
        some = [np.sort(rng.permutation(n)[: max(5, n - 3)]) for _ in systems]
        kept = some if kind == "some unanswered" else [np.arange(n)] * number
        found = np.array(placed(metric, systems, kept))
        heights = np.array([rows[own].mean() for rows, own in zip(systems, kept, strict=True)])
        contradicts = (heights[:, None] > heights + 1e-9) & (found[:, None] > found)
        wrong += bool(contradicts.any())
        kinds[kind] += 1
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    print(f"{count:,} boards ({told}): on {wrong} a higher figure has a worse rank")


def click(_boards: int | None) -> None:
    """Print how many of CLIcK's pairs of systems are told apart, over all questions and over 100."""
    systems = recorded(REPLIES / "korean" / "click")
    n = len(systems[0])
    uncorrected = _apart(systems, lambda p: p <= 0.05)
    pairs, found = _proven(systems), placed(RIGHT, systems)
    print(f"{len(systems)} systems, {n:,} common questions")
    print(f"apart one by one, without correction: {uncorrected}; over all pairs: {pairs}")
    print(f"distinct ranks: {len(set(found))}")
    rng = np.random.default_rng(11)
    of_100 = [
        _proven([rows[some] for rows in systems]) for some in (rng.permutation(n)[:100] for _ in range(200))
    ]
    print(
        f"of 100 questions, 200 draws: {np.mean(of_100):.1f} pairs on average, {min(of_100)} to {max(of_100)}"
    )
    first = _proven([rows[:100] for rows in systems])
    flips = ranking.apart_by_flips(np.array([rows[:100, 0] for rows in systems]))
    print(f"of the first 100 in order of their ids: {first} pairs (by sign flips {int(flips.sum())})")


def recorded(folder: Path) -> list[Floats]:
    """Return right or wrong (N, 1) of each recorded system, on the ids that all have."""
    known = []
    for path in sorted(folder.glob("*.csv.gz")):
        text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        known.append(
            {row["id"]: float(row["pred"] == row["answer"]) for row in csv.DictReader(io.StringIO(text))}
        )
    ids = sorted(set.intersection(*map(set, known)))
    return [np.array([[one[key]] for key in ids]) for one in known]


def _proven(systems: list[Floats]) -> int:
    return int(ranking.proven_above(RIGHT, systems).sum())


def _apart(systems: list[Floats], passes: Callable[[Floats], Any]) -> int:
    wins = ranking.won(systems)
    return int(np.triu(passes(ranking.mcnemar_of_all(wins, wins.T)), 1).sum())


def many(_boards: int | None) -> None:
    """Print what ranking a thousand systems on 2,000 questions takes."""
    rng = np.random.default_rng(3)
    for name, metric in METRICS.items():
        systems = systems_of(rng, metric, 2000, np.linspace(0, 2, 1000))
        began = time.process_time()
        ranks = placed(metric, systems)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        cpu = time.process_time() - began
        print(
            f"{name}: 1,000 systems, {cpu:.1f} s CPU, peak {peak:.2f} GiB, ranks 1 to {max(ranks)}",
            flush=True,
        )


WHAT = {"equal": equal, "order": order, "click": click, "many": many}

if __name__ == "__main__":
    main()
