"""Do two checkouts give the same figures? Twenty runs, a killed one, kept answers, and what a start costs.

    python -m benchmarks.same_figures BEFORE AFTER --data-dir DIR     runs, directories, resume, answers
    python -m benchmarks.same_figures BEFORE AFTER --rescored         runs of BEFORE, judged again
    python -m benchmarks.same_figures BEFORE AFTER --times            CPU seconds, both in turn

Both run in processes of their own under this Python, each with a cache of its own. AFTER also goes on with a
run that was killed under BEFORE, finds BEFORE's complete runs complete, rescores them, and is handed the
answers that BEFORE asked a loopback server for.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import machine, run, write_reviews
from benchmarks.remote import TASK, server

BACKENDS = ("majority", "random", "nb", "tfidf", "dummy")
TASKS = (("nsmc_fewshot", True), ("klue_nli", True), ("nsmc_zeroshot", False), ("kobest_sentineg", False))
LIMITS = ("--limit", "200", "--train-limit", "2000")
COMPARED = ("fingerprint", "metrics", "counts", "confusion", "usage", "unanswered_because")
ASKED = 40  # requests to the server
TIMES, FEW, MANY = 9, 200, 6_000


@dataclass(frozen=True)
class Checkout:
    """A checkout, and the folder that it works in."""

    root: Path
    home: Path

    @property
    def env(self) -> dict[str, str]:
        """Return the environment in which `harness` is this checkout's."""
        return {"PYTHONPATH": str(self.root), "HARNESS_CACHE": str(self.home / "cache")}

    def command(self, *words: str) -> list[str]:
        """Return a command line of this checkout."""
        return [sys.executable, "-m", "harness", *words]

    def runs(self, *words: str, **env: str) -> list[dict[str, Any]]:
        """Return the `run.json` of each run of a command."""
        done = run(self.command(*words, "--json"), env={**self.env, **env}, cwd=self.home)
        return list(json.loads(done.output)["runs"])


def grid(checkout: Checkout, data_dir: Path, runs_dir: Path) -> Iterator[dict[str, Any]]:
    """Yield the twenty runs: five backends on two samples and on two data sets."""
    for task, sample in TASKS:
        where = ["--sample"] if sample else ["--data-dir", str(data_dir)]
        asked = [
            "run",
            "-t",
            task,
            "-b",
            ",".join(BACKENDS),
            *LIMITS,
            *where,
            "-q",
            "--runs-dir",
            str(runs_dir),
        ]
        yield from checkout.runs(*asked)


def name_of(values: Mapping[str, Any]) -> str:
    """Return task and backend."""
    return f"{values['task']['name']} · {values['backend']['name']}"


def differences(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what differs between runs of the same names, a line each."""
    assert [name_of(one) for one in before] == [name_of(one) for one in after]
    return [
        f"{name_of(old)}: {key}: {json.dumps(old[key])[:200]} -> {json.dumps(new[key])[:200]}"
        for old, new in zip(before, after, strict=True)
        for key in COMPARED
        if old[key] != new[key]
    ]


def killed_and_resumed(before: Checkout, after: Checkout) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Kill a run under BEFORE, go on under AFTER; return the lines at the kill, that run, and a whole one."""
    asked = ["run", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample", "-m", "latency_ms=40", "-q"]
    killed = [*asked, "--runs-dir", "killed"]
    process = subprocess.Popen(
        before.command(*killed), cwd=before.home, env={**os.environ, **before.env}, stdout=subprocess.DEVNULL
    )
    journals = before.home / "killed"
    while sum(path.read_bytes().count(b"\n") for path in journals.rglob("samples.jsonl")) < 5:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    lines = sum(path.read_bytes().count(b"\n") for path in journals.rglob("samples.jsonl"))
    (resumed,) = after.runs(*killed[:-1], str(journals))
    (whole,) = after.runs(*asked, "--runs-dir", "whole")
    assert len(list(journals.rglob("run.json"))) == 1
    return lines, resumed, whole


def kept_answers(before: Checkout, after: Checkout) -> tuple[int, int]:
    """Return how many answers BEFORE had in its cache, and AFTER in the same one, of `ASKED`."""
    write_reviews(before.home / "reviews.tsv", ASKED, seed=1)
    task = before.home / "asked.yaml"
    task.write_text(TASK.format(test="reviews.tsv"), encoding="utf-8")
    with server(0.0) as url:
        asked = ["run", "-t", str(task), "-b", "local_server", "-m", "model=tiny", "-m", f"base_url={url}"]
        where = ["--data-dir", str(before.home), "--no-latency", "-q"]
        cache = {"HARNESS_CACHE": str(before.home / "answers")}
        found = [one.runs(*asked, *where, "--runs-dir", "asked", **cache)[0] for one in (before, after)]
    first, second = (one["counts"]["cached"] for one in found)
    return first, second


def figures(before: Checkout, after: Checkout, data_dir: Path) -> int:
    """Compare all that should be the same; return how much is not."""
    runs = before.home / "runs"
    old, new = list(grid(before, data_dir, runs)), list(grid(after, data_dir, after.home / "runs"))
    found = differences(old, new)
    print(f"{len(old)} runs in each checkout: {len(found)} differences in {', '.join(COMPARED)}")
    again = list(grid(after, data_dir, runs))
    directories = [one["directory"] for one in old]
    reused = sum(two["directory"] in directories for two in again)
    found += differences(old, again)
    print(f"{reused} of {len(old)} directories that the first wrote are complete to the second")
    rescored = after.runs("rescore", *directories)
    changed = [name_of(a) for a, b in zip(old, rescored, strict=True) if a["metrics"] != b["metrics"]]
    found += [f"rescored: {name}" for name in changed]
    print(f"{len(rescored) - len(changed)} of them have the same figures when they are rescored")
    lines, resumed, whole = killed_and_resumed(before, after)
    found += [f"resumed: {line}" for line in differences([whole], [resumed])]
    print(f"killed under the first after {lines} lines, resumed under the second: {resumed['status']}")
    first, second = kept_answers(before, after)
    found += [] if (first, second) == (0, ASKED) else ["kept answers are not found again"]
    print(f"answers found in the cache: {first} by the first, {second} by the second, of {ASKED}")
    print("\n".join(found) or "nothing differs")
    return len(found)


def rescored(before: Checkout, after: Checkout) -> int:
    """Judge BEFORE's runs of every shipped sample again; return how many values, counts or tables change."""
    asked = ("run", "-t", "all", "-b", "dummy,random", "--sample", "--limit", "30", "-q")
    old = before.runs(*asked, "--runs-dir", str(before.home / "runs"))
    new = after.runs("rescore", *(one["directory"] for one in old), HARNESS_CACHE=before.env["HARNESS_CACHE"])
    judged = list(zip(old, new, strict=True))
    values = [
        (f"{name_of(a)}: {name}", figure, b["metrics"].get(name, {}))
        for a, b in judged
        for name, figure in a["metrics"].items()
    ]
    told = ("value", "n", "unit", "higher_is_better")
    found = [name for name, a, b in values if any(a[key] != b.get(key) for key in told)]
    ends = sum(any(a[key] != b.get(key) for key in ("ci_low", "ci_high")) for _, a, b in values)
    rest = ("status", "counts", "confusion", "unanswered_because", "usage")
    found += [f"{name_of(a)}: {key}" for a, b in judged for key in rest if a[key] != b[key]]
    print(
        f"{len(values)} figures of {len(old)} directories: {len(found)} differ; {ends} have other intervals"
    )
    print("\n".join(found) or "nothing else differs")
    return len(found)


def times(before: Checkout, after: Checkout) -> None:
    """Print the CPU seconds of a start and of an example, both checkouts in turn."""
    for one in (before, after):
        for count in (FEW, MANY):
            write_reviews(one.home / f"{count}.tsv", count, seed=count)
            (one.home / f"{count}.yaml").write_text(TASK.format(test=f"{count}.tsv"), encoding="utf-8")
    where = ("-b", "dummy", "--fresh", "-q", "--no-latency", "--data-dir", ".")
    commands = {
        "--help": ["--help"],
        "list tasks": ["list", "tasks"],
        "run --help": ["run", "--help"],
        **{f"{count:,} examples": ["run", "-t", f"{count}.yaml", *where] for count in (FEW, MANY)},
    }
    took: dict[tuple[str, int], list[float]] = {}
    for _ in range(TIMES):
        for words, asked in commands.items():
            for place, one in enumerate((before, after)):
                took.setdefault((words, place), []).append(
                    run(one.command(*asked), env=one.env, cwd=one.home).cpu
                )
    # On a busy machine the least is the steadiest: what others do can only add to it.
    least = {key: min(values) for key, values in took.items()}
    usual = {key: median(values) for key, values in took.items()}
    print(machine())
    for words in commands:
        a, b, c, d = (kind[words, place] for kind in (least, usual) for place in (0, 1))
        print(
            f"{words:13} least {a:.3f} -> {b:.3f} s ({b / a:.3f}x), median {c:.3f} -> {d:.3f} ({d / c:.3f}x)"
        )
    ms = [
        1000 * (least[f"{MANY:,} examples", i] - least[f"{FEW:,} examples", i]) / (MANY - FEW) for i in (0, 1)
    ]
    print(f"overhead an example: {ms[0]:.3f} ms -> {ms[1]:.3f} ms ({ms[1] / ms[0]:.3f}x)")


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("before", type=Path)
    arguments.add_argument("after", type=Path)
    arguments.add_argument("--data-dir", type=Path)
    arguments.add_argument("--rescored", action="store_true")
    arguments.add_argument("--times", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        checkouts = []
        for label, root in (("before", given.before), ("after", given.after)):
            (Path(name) / label).mkdir()
            checkouts.append(Checkout(root.resolve(), Path(name) / label))
        if given.times:
            times(*checkouts)
            return 0
        if given.rescored:
            return min(1, rescored(*checkouts))
        before, after = checkouts
        return min(1, figures(before, after, given.data_dir.resolve()))


if __name__ == "__main__":
    sys.exit(main())
