"""Seconds and memory of 95 % intervals with 1,000 draws, and of who is proven better among many systems.

Run as `python -m benchmarks.intervals`. Bounds: all metrics of 50,000 examples in 3 s together; a million
rows in 200 MB beside the statistics; 1,000 systems ranked in 30 s and 1 GiB.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.answered import statistics_of_all
from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import accuracy, macro_f1
from harness.metrics.correlation import spearman
from harness.schema import Metric
from harness.stats.intervals import estimates
from harness.stats.paired import paired
from harness.stats.ranking import proven_above

Floats = NDArray[np.float64]

LABELS = ("0", "1")
OVERLAP = Metric("overlap", lambda seen, target: (0.0,), weighted_mean, "overlap|v:1")


def main() -> None:
    """Print one line a case."""
    print(f"{'case':<64}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
    together(50_000)
    for n in (50_000, 1_000_000):
        metrics = run(n)
        clusters = np.random.default_rng(1).integers(n // 20, size=n)
        macro = [classified(n, seed) for seed in range(2)]
        show(f"statistics alone; N = {n:,}", lambda: None)
        show(f"accuracy, macro-F1, overlap; N = {n:,}", partial(estimates, metrics))
        show(f"the same in {n // 20:,} clusters", partial(estimates, metrics, clusters))
        show(f"macro-F1, a pair; N = {n:,}", partial(paired, macro_f1(LABELS), *macro))
    for count, n in ((1000, 2000), (100, 10_000)):
        for metric, statistics in (
            (accuracy(LABELS), right),
            (macro_f1(LABELS), classified),
            (OVERLAP, overlap),
            (spearman(()), rated),
        ):
            systems = [statistics(n, seed) for seed in range(count)]
            case = f"{metric.name} ranks, {count:,} systems; N = {n:,}"
            show(case, partial(proven_above, metric, systems))


def together(n: int) -> None:
    """Print what each registered metric's interval takes alone, and what all take together."""
    metrics, missing = statistics_of_all(n)
    for name, why in missing.items():
        print(f"{name}: left out, {why}")
    show_all(metrics, None)
    show_all(metrics, np.random.default_rng(1).integers(n // 20, size=n))


def show_all(metrics: Mapping[str, tuple[Metric, Floats]], clusters: NDArray[np.int64] | None) -> None:
    """Print a line a metric, and one for all of them with shared draws."""
    n = len(next(iter(metrics.values()))[1])
    of = f"N = {n:,}" + ("" if clusters is None else f" in {clusters.max() + 1:,} clusters")
    for name, (metric, stats) in metrics.items():
        case = f"{name} ({stats.shape[1]} columns); {of}"
        show(case, partial(estimates, {name: (metric, stats)}, clusters))
    show(f"ALL {len(metrics)} TOGETHER; {of}", partial(estimates, metrics, clusters))


def run(n: int) -> dict[str, tuple[Metric, Floats]]:
    """Return three metrics' statistics of `n` examples: two of few values, one of many."""
    return {
        "accuracy": (accuracy(LABELS), right(n, 0)),
        "macro_f1": (macro_f1(LABELS), classified(n, 0)),
        "overlap": (OVERLAP, overlap(n, 0)),
    }


def right(n: int, seed: int) -> Floats:
    """Return 0/1 agreements (N, 1), 87 % of them 1."""
    return (np.random.default_rng(seed).random((n, 1)) < 0.87).astype(float)


def classified(n: int, seed: int) -> Floats:
    """Return indices of target and prediction (N, 2); 2 is unanswered."""
    target = np.random.default_rng(0).integers(2, size=n)
    rng = np.random.default_rng(seed)
    predicted = np.where(rng.random(n) < 0.87, target, rng.integers(3, size=n))
    return np.stack([target, predicted], axis=1).astype(float)


def overlap(n: int, seed: int) -> Floats:
    """Return shares (N, 1) that hardly ever repeat, as ROUGE's."""
    return np.random.default_rng(seed).beta(2, 3, size=(n, 1))


def rated(n: int, seed: int) -> Floats:
    """Return predicted and wanted similarities (N, 3), the wanted ones 0 to 5 in fifths, as STS-B's."""
    wanted = np.random.default_rng(0).integers(26, size=n) / 5
    predicted = wanted + np.random.default_rng(seed).normal(size=n)
    return np.stack([predicted, wanted, np.ones(n)], axis=1)


def show(case: str, work: Callable[[], object]) -> None:
    """Print the case, its seconds (wall and CPU) and the process's peak memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{case:<64}{wall:>8.2f}{cpu:>8.2f}{peak_megabytes():>9.0f}", flush=True)


def peak_megabytes() -> float:
    """Return the process's peak resident memory in MB; macOS counts bytes, Linux kilobytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
