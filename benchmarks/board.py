"""Seconds of `harness leaderboard` over a thousand runs with paired ranks, by kind of metric.

Run as `python -m benchmarks.board`. Each run has 2,000 examples; in the second line of a metric each failed
on twenty examples of its own, so that no two runs answered the same. Bound: 5 s.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.intervals import classified, overlap, rated, right
from harness.config.documents import dump
from harness.records import run_file
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import board
from harness.reports.run import load
from tests.support.fake_runs import TASK, fake_run

N, FAILED = 2000, 20
METRICS = {"accuracy": right, "macro_f1": classified, "rouge1": overlap, "spearman": rated}
CHOICES = ("accuracy", "macro_f1")


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--metric", choices=METRICS, action="append")
    asked = parser.parse_args()
    print(f"{'case':<64}{'wall s':>8}{'CPU s':>8}")
    for name in asked.metric or METRICS:
        for failed in (0, FAILED):
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder), name, METRICS[name](N, 0), asked.runs, failed)
                wall, cpu = time.perf_counter(), time.process_time()
                found = board(load([Path(folder) / "runs"], print), print)
                render.markdown(found)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            case = f"{name}, {len(found.rows):,} runs, {failed} examples missing in each"
            print(f"{case:<64}{wall:>8.2f}{cpu:>8.2f}", flush=True)


def write(folder: Path, metric: str, stats: NDArray[np.float64], runs: int, failed: int) -> None:
    """Write runs that are worse and worse: of each more rows are another's."""
    ask = "choose" if metric in CHOICES else "rate" if metric == "spearman" else "generate"
    task = {key: value for key, value in TASK.items() if key != "options" or ask == "choose"}
    definition = dump({**task, "ask": ask, "metrics": [metric]}).encode()
    first = fake_run(folder / "first", "first", "10")
    run = run_file.read_run(first)
    main = next(iter(run.metrics.values()))
    run.metrics = {metric: main.model_copy(update={"signature": f"{metric}|n:2"})}
    ids = np.array([f"e{number}" for number in range(len(stats))])
    for number in range(runs):
        rng = np.random.default_rng(number)
        rows = stats.copy()
        moved = rng.choice(N, number * N // (2 * runs), replace=False)
        rows[moved, 0] = rows[rng.permutation(moved), 0] if rows.shape[1] > 1 else 0
        kept = np.sort(rng.permutation(N)[failed:])
        directory = folder / "runs" / str(number)
        directory.mkdir(parents=True)
        run_file.write_run(directory, run.model_copy(update={"label": f"system {number}"}))
        (directory / "task.yaml").write_bytes(definition)
        arrays: dict[str, Any] = {
            "ids": np.frombuffer("\n".join(ids[kept]).encode(), np.uint8),
            "repeats": np.zeros(len(kept), np.int64),
            f"metric:{metric}": rows[kept],
        }
        np.savez(directory / "statistics.npz", **arrays)


if __name__ == "__main__":
    main()
