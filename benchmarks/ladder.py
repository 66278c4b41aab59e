"""The ladder on NSMC: each system that learns here, trained on all of it and asked all of its test.

python -m benchmarks.ladder --data-dir DATA [--only lstm,cnn_text] prints a row a system as it is done. Each
is a process of its own, whose CPU seconds are counted; nothing is reused.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SYSTEMS = (
    *("majority", "nb", "fasttext", "tfidf", "word2vec", "cnn_text", "lstm"),
    *("transformer", "transformer_pretrained", "gpt"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--task", default="nsmc_fewshot")
    parser.add_argument("--only", default=",".join(SYSTEMS))
    asked = parser.parse_args()
    print("| system | accuracy, 95 % interval | ECE | fit | whole command | CPU of it | steps |")
    print("|---|---|---|---|---|---|---|")
    for name in asked.only.split(","):
        print(row(name, asked.task, asked.data_dir), flush=True)


def row(name: str, task: str, data_dir: str) -> str:
    """Return a system's line."""
    with tempfile.TemporaryDirectory() as home:
        before, began = children(), time.perf_counter()
        run = executed(name, task, str(Path(data_dir).resolve()), home)
        wall, cpu = time.perf_counter() - began, children() - before
        accuracy, fit = run["metrics"]["accuracy"], run["fit"]
        said = [
            f"{accuracy['value']:.4f} [{accuracy['ci_low']:.4f}, {accuracy['ci_high']:.4f}]",
            f"{calibration_error(home):.3f}",
            *(f"{seconds:,.0f} s" for seconds in (fit["seconds"], wall, cpu)),
            f"{fit['steps'] or 0:,}",
        ]
    return f"| {name} | {' | '.join(said)} |"


def executed(name: str, task: str, data_dir: str, home: str) -> dict[str, Any]:
    """Run the command in `home`, and return what its run.json says."""
    command = [sys.executable, "-m", "harness", "run", "-t", task, "-b", name, "--data-dir", data_dir]
    env = {**os.environ, "HARNESS_CACHE": f"{home}/cache"}
    done = subprocess.run(
        [*command, "--json", "-q"], cwd=home, env=env, capture_output=True, check=True, encoding="utf-8"
    )
    run: dict[str, Any] = json.loads(done.stdout)["runs"][0]
    return run


def calibration_error(home: str) -> float:
    """Return the expected calibration error, 15 bins, of the one run in `home`."""
    import numpy as np

    from harness.models.temperature_scaling import log_softmax

    (journal,) = Path(home).glob("runs/*/*/*/samples.jsonl")
    lines = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    rows = [(line["response"]["option_scores"], line["prediction"] == line["target"]) for line in lines]
    sure = np.exp(log_softmax(np.array([scores for scores, _ in rows]))).max(axis=1)
    right = np.array([said for _, said in rows])
    bins = np.minimum((15 * sure).astype(int), 14)
    gaps = (abs((right - sure)[bins == place].sum()) for place in range(15))
    return float(sum(gaps) / len(rows))


def children() -> float:
    """Return the CPU seconds, user and system, of all child processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
