"""Twenty tasks on one local model, in one command and in twenty: loads, hashes, answers, seconds.

    python -m benchmarks.grid [--tasks N] [--limit N]

The model is a random Llama of some 50 million parameters. Loads and hashes are counted where transformers
and the product make them; the answers of both ways are compared line by line, but for times.
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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from tests.support.tiny_models import random_llama, tiny_tokenizer

TASKS = (
    *("nsmc_fewshot", "nsmc_zeroshot", "kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg"),
    *("kobest_wic", "klue_sts", "klue_ynat", "klue_nli", "korsts", "sst2", "cola", "mrpc", "rte", "qnli"),
    *("wnli", "mmlu", "gsm8k", "stsb"),
)
COUNTING = """
import atexit, collections, sys
import transformers
from harness.adapters.lm import weight_hashes
counts = collections.Counter()
for name in ("AutoModelForCausalLM", "AutoModel", "AutoTokenizer"):
    kind = getattr(transformers, name)
    def counting(*given, _name=name, _load=kind.from_pretrained, **how):
        counts[_name] += 1
        return _load(*given, **how)
    kind.from_pretrained = counting
read = weight_hashes._read
def reading(path):
    counts["large files hashed"] += path.stat().st_size >= weight_hashes.LARGE
    return read(path)
weight_hashes._read = reading
atexit.register(lambda: print("COUNTS", dict(counts), file=sys.stderr))
from harness.cli import main
main()
"""


def run(tasks: Sequence[str], model: Path, runs: Path, limit: int) -> tuple[float, float, dict[str, int]]:
    """Return the wall and CPU seconds of a command on the tasks, and what it loaded and hashed."""
    command = [sys.executable, "-c", COUNTING, "run", *(word for task in tasks for word in ("-t", task))]
    command += ["-b", "exaone", "-m", f"model={model}", "--sample", "--limit", str(limit), "-q"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([*command, "--runs-dir", str(runs)], check=False, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    counts = next(line for line in done.stderr.splitlines() if line.startswith("COUNTS"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu, eval(counts.removeprefix("COUNTS"))


def answers(runs: Path) -> dict[str, list[Any]]:
    """Return the lines of each task's samples without what a clock said."""
    found = {}
    for file in sorted(runs.glob("*/*/*/samples.jsonl")):
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            del line["response"]["timing_s"]
        found[file.parts[-4]] = lines
    return found


def main() -> None:
    """Print what both ways took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=len(TASKS))
    parser.add_argument("--limit", type=int, default=8)
    given = parser.parse_args()
    tasks = TASKS[: given.tasks]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        os.environ["HARNESS_CACHE"] = str(here / "cache")
        tokenizer = tiny_tokenizer()
        tokenizer.save_pretrained(here / "model")
        sizes = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 10}
        llama = random_llama(tokenizer, heads=8, key_heads=8, max_position_embeddings=4096, **sizes)
        llama.save_pretrained(here / "model")
        print(machine())
        wall, cpu, counts = run(tasks, here / "model", here / "together", given.limit)
        print(f"one command, {len(tasks)} tasks: {wall:.1f} s, {cpu:.1f} s CPU; {counts}")
        alone = [run([task], here / "model", here / "alone", given.limit) for task in tasks]
        total = {name: sum(one[2].get(name, 0) for one in alone) for name in alone[0][2]}
        one_by_one = sum(one[1] for one in alone)
        print(f"{len(tasks)} commands: {sum(one[0] for one in alone):.1f} s, {one_by_one:.1f} s CPU; {total}")
        first, second = answers(here / "together"), answers(here / "alone")
        lines = sum(map(len, first.values()))
        differ = sum(a != b for task in first for a, b in zip(first[task], second[task], strict=True))
        print(f"CPU {one_by_one / cpu:.2f}x; {differ} of {lines} answers differ")


if __name__ == "__main__":
    main()
