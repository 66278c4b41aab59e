"""One run by one process and by several workers: bytes, CPU, and what kills at random moments cost.

    python -m benchmarks.workers [--rows N] [--kills N]

Reviews are made up here. Records are compared value by value but for times. Kills: each run by two workers
meets one of five things at a random moment: SIGKILL of a worker, of the keeper (the same command goes on),
SIGSTOP of a worker or the keeper for 20 s, SIGTERM of the keeper (the same command goes on). Calls counted:
no more than one for each example, and one for each worker that something befell.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import machine

TASK = """\
version: 1
description: Reviews made up for a benchmark
data: {format: tsv, files: {train: reviews/train.tsv, test: reviews/test.tsv}}
fields: {id: id, input: document, target: label}
options: {0: 부정, 1: 긍정}
ask: choose
templates: {plain: {query: "문장: {{ input }}\\n감정:"}}
metrics: [accuracy, macro_f1]
"""
SENT = {
    "a worker killed": signal.SIGKILL,
    "the keeper killed": signal.SIGKILL,
    "a worker stopped for 20 s": signal.SIGSTOP,
    "the keeper stopped for 20 s": signal.SIGSTOP,
    "the keeper told to stop": signal.SIGTERM,
}
KINDS = tuple(SENT)
STOPPED_S = 20.0


def lay_out(home: Path, rows: int) -> None:
    """Write the task and its data."""
    (home / "tasks").mkdir(exist_ok=True)
    (home / "tasks/reviews.yaml").write_text(TASK, encoding="utf-8")
    (home / "data/reviews").mkdir(parents=True, exist_ok=True)
    words = ("지루하고 별로", "정말 재미있다")
    for split, count in (("train", 2000), ("test", rows)):
        lines = [f"{split}{n:06}\t{words[n % 2]} {n}\t{n % 2}" for n in range(count)]
        path = home / f"data/reviews/{split}.tsv"
        path.write_text("\n".join(["id\tdocument\tlabel", *lines]) + "\n", encoding="utf-8")


def command(backend: str, runs: str, *more: str) -> list[str]:
    """Return the command of a run."""
    base = [sys.executable, "-m", "harness", "run", "-t", "reviews", "-b", backend, "--data-dir", "data"]
    return [*base, "--runs-dir", runs, "--quiet", *more]


def measured(home: Path, words: Sequence[str]) -> tuple[float, float]:
    """Return the wall and CPU seconds of a command that ends well."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def directory(runs: Path) -> Path:
    """Return the only run's directory."""
    (path,) = runs.rglob("run.json")
    return path.parent


def records(runs: Path) -> list[dict[str, Any]]:
    """Return the records but for times."""
    found = [json.loads(line) for line in (directory(runs) / "samples.jsonl").read_bytes().splitlines()]
    for record in found:
        record["response"]["timing_s"] = None
    return found


def figures(runs: Path) -> Any:
    """Return the metrics and the number of examples."""
    run = json.loads((directory(runs) / "run.json").read_bytes())
    return run["status"], run.get("counts", {}).get("examples"), run.get("metrics")


def compare(home: Path, backend: str, workers: Sequence[int]) -> None:
    """Print wall and CPU of one process and of each number of workers, and whether records are the same."""
    alone = measured(home, command(backend, f"{backend}-alone"))
    expected = records(home / f"{backend}-alone")
    print(f"{backend}: one process {alone[0]:.1f} s wall, {alone[1]:.1f} s CPU")
    for count in workers:
        runs = f"{backend}-{count}"
        wall, cpu = measured(home, command(backend, runs, "--replicas", str(count)))
        same = records(home / runs) == expected and figures(home / runs) == figures(home / f"{backend}-alone")
        ratio = cpu / alone[1]
        print(
            f"{backend}: {count} workers {wall:.1f} s wall, {cpu:.1f} s CPU ({ratio:.2f}x), the same: {same}"
        )


def workers_of(runs: Path) -> Iterator[int]:
    """Yield the processes at work."""
    for path in runs.rglob("alive.json"):
        with contextlib.suppress(OSError, ValueError):
            life = json.loads(path.read_bytes())
            if not life["left"]:
                yield life["process"]


def meet(home: Path, runs: str, kind: str, rng: random.Random, log: Path) -> int:
    """Let a run meet something at a random moment and end it; return how many calls it made."""
    knobs = ("-m", "latency_ms=4", "-m", f"log={log}", "--replicas", "2")
    words = command("rehearsal", runs, *knobs)
    keeper = subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not any(True for _ in workers_of(home / runs)) and keeper.poll() is None:
        time.sleep(0.02)
    time.sleep(1.5 * rng.random())
    target = keeper.pid if "keeper" in kind else rng.choice([*workers_of(home / runs)] or [0])
    if target:
        with contextlib.suppress(ProcessLookupError):
            os.kill(target, SENT[kind])
            if "stopped" in kind:
                time.sleep(STOPPED_S)  # longer than a worker is waited for
                os.kill(target, signal.SIGCONT)
    keeper.wait(300)
    if not (home / runs).exists() or figures(home / runs)[0] != "complete":
        time.sleep(1)  # workers whose keeper is gone look for it before each range
        measured(home, words)
    return len(log.read_text().split())


def main() -> None:
    """Compare, then kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=8)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["HARNESS_CACHE"] = str(home / "cache")
        if asked.rows:
            lay_out(home, asked.rows)
            measured(home, command("tfidf", "fit"))  # the fit is kept: both sides load it
        for backend in ("dummy", "tfidf") if asked.rows else ():
            compare(home, backend, (1, 2, 3, 7))
        if asked.kills:
            kill(home, asked.kills)


def kill(home: Path, times: int) -> None:
    """Print, of each kind of moment, whether all was right and how many calls were made besides."""
    lay_out(home, 1000)
    about = home / "site/rehearsal-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rehearsal\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[harness]\nrehearsal = rehearsal\n")
    support = Path(__file__).parent.parent / "tests/support"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(home / "site"), str(support)])
    (home / "backends").mkdir()
    (home / "backends/rehearsal.yaml").write_text("adapter: rehearsal\n")
    measured(home, command("rehearsal", "expected"))
    expected, rng, surplus = figures(home / "expected"), random.Random(1), Counter[str]()
    for number in range(times):
        kind = KINDS[number % len(KINDS)]
        calls = meet(home, f"killed-{number}", kind, rng, home / f"log-{number}")
        assert figures(home / f"killed-{number}") == expected, kind
        ids = [record["id"] for record in records(home / f"killed-{number}")]
        assert len(ids) == len(set(ids)) == 1000, kind
        assert calls <= 1000 + 2, kind  # two workers, one call each in flight
        surplus[kind] += calls - 1000
    for kind, more in surplus.items():
        print(f"{kind}: {times // len(KINDS)} times, metrics equal, every example once, {more} calls besides")


if __name__ == "__main__":
    main()
