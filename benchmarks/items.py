"""How many planted wrong keys are found, and how well a hundred items foretell the figure of all.

    python -m benchmarks.items [--only wrong-keys,subset] --out benchmarks/items.md

CLIcK's sixteen systems and MMLU-Pro's eight. Wrong keys are planted by seed: 40 of CLIcK's 1,995 items get
another option as theirs. A subset is chosen by all systems but one, and the one that was left out is foretold
from its answers to the subset.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.recorded_systems import SHARED, click, mmlu_pro
from benchmarks.sections import write_parts
from harness.reports.writers.markdown import table
from harness.stats.item_response import fit
from harness.stats.telling_subset import left_out_errors
from harness.stats.wrong_keys import suspects

OUT = Path(__file__).with_name("items.md")
PLANTED, LOOKED_AT, SEEDS = 40, 100, 10


def main() -> None:
    """Run the parts that are asked for and write their sections."""
    parts = {"wrong-keys": wrong_keys, "subset": subsets}
    write_parts("items", parts, OUT, __doc__)


def wrong_keys() -> Iterator[str]:
    """Yield how many of the planted keys are among the first hundred suspects, by seed."""
    given: dict[tuple[str, str], dict[str, str]] = {}
    for path in sorted((SHARED / "replies/korean/click").glob("*.csv.gz")):
        text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text)):
            if (letter := row["pred"].strip()) in set("ABCDE"):
                given.setdefault((row["id"], row["answer"]), {})[path.name.removesuffix(".csv.gz")] = letter
    items = sorted(given)
    systems = sorted({name for of in given.values() for name in of})
    rows = []
    for seed in range(SEEDS):
        draw = np.random.default_rng(seed)
        keys = [answer for _, answer in items]
        planted = set(draw.choice(len(items), PLANTED, replace=False).tolist())
        for at in planted:
            keys[at] = str(draw.choice([letter for letter in "ABCD" if letter != keys[at]]))
        marked = list(zip(items, keys, strict=True))
        right = np.array(
            [
                [float(given[item][name] == key) if name in given[item] else np.nan for item, key in marked]
                for name in systems
            ]
        )
        ability = dict(zip(systems, fit(right).ability.tolist(), strict=True))
        answers = [given[item] for item in items]
        ranked = [one.item for one in suspects(answers, keys, ability, [4] * len(items))]
        found = [sum(at in planted for at in ranked[:most]) for most in (50, LOOKED_AT, 200)]
        agreed = sum(
            sum(letter == items[at][1] for letter in given[items[at]].values()) > len(given[items[at]]) / 2
            for at in planted
        )
        rows.append([str(seed), *map(str, found), str(agreed)])
    mean = [f"{np.mean([int(row[column]) for row in rows]):.1f}" for column in range(1, 5)]
    yield f"{PLANTED} planted among {len(items):,} items, {len(systems)} systems; other keys are as they are."
    yield "`agreed`: planted items whose true key most systems had chosen."
    yield ""
    heads = ["seed", "among the first 50", "first 100", "first 200", "agreed"]
    yield table(heads, [*rows, ["mean", *mean]], names=0)


def subsets() -> Iterator[str]:
    """Yield the mean error, in points, for subsets of several sizes, beside as many items drawn at random."""
    fields = {
        "CLIcK, 16 systems": click().scores,
        "MMLU-Pro, 8 systems, every fourth item": mmlu_pro().common[:, ::4],
    }
    rows = []
    for name, right in fields.items():
        for count in (50, 100, 200):
            errors = np.array([left_out_errors(right, count, draws=500, seed=seed) for seed in range(5)])
            draw = np.random.default_rng(0)
            whole = np.nanmean(right, axis=1)
            drawn = [
                abs(np.nanmean(right[:, draw.permutation(right.shape[1])[:count]], axis=1) - whole)
                for _ in range(200)
            ]
            by_seed = " ".join(f"{100 * one:.2f}" for one in errors.mean(axis=1))
            told = [
                f"{100 * errors.mean():.2f}",
                by_seed,
                f"{100 * errors.max():.1f}",
                f"{100 * np.mean(drawn):.2f}",
                f"{100 * floor(right, count):.2f}",
            ]
            rows.append([name, str(count), *told])
    yield "Mean absolute error in points over the systems left out in turn, five seeds of the subset's draws."
    yield "`floor`: what is left where the items stand for all as the other systems answer them: of each"
    yield "system's answers the part that no linear combination of the others' explains, of so many drawn."
    yield ""
    yield table(["systems", "items", "error", "by seed", "worst", "at random", "floor"], rows, names=0)


def floor(right: NDArray[np.float64], count: int) -> float:
    """Return the mean absolute error (0 to 1) of `count` items that are balanced in all the other systems.

    It is that of a mean of independent residuals, normally spread: √(2/π) of its standard deviation.
    """
    known = np.where(np.isnan(right), np.nanmean(right, axis=0), right)
    systems, items = known.shape
    errors = []
    for out in range(systems):
        others = np.column_stack([np.ones(items), np.delete(known, out, axis=0).T])
        left = known[out] - others @ np.linalg.lstsq(others, known[out], rcond=None)[0]
        errors.append(math.sqrt(2 / math.pi * left.var() / count * (1 - count / items)))
    return float(np.mean(errors))


if __name__ == "__main__":
    main()
