"""What thousands of calls cost, how limits are kept and how true the times are, on a server of this machine.

    python -m benchmarks.remote load --latency 0.2     5,000 calls, beside a bare loop of OpenAI's client
    python -m benchmarks.remote retry                  Retry-After: 1, four times on each of 20 requests
    python -m benchmarks.remote rate                   a server that lets 50 a second through, and bursts
    python -m benchmarks.remote times                  TTFT, TPOT and E2E against a server's schedule
    python -m benchmarks.remote kills                  20 kills at random moments, resumed each time
    python -m benchmarks.remote money --max-cost 200   20 kills with 128 in flight under a limit

The server is `tests/support/model_server.py`, under `load` in a process of its own; it shares the two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Cost, harness, machine, run, write_reviews
from tests.support.model_server import Asked, ModelServer, Reply, answer, piece, refuse, say, stream, usage
from tests.support.running import Project, outcome, records_of, said

CALLS, FEW, RATED, KILLS = 5_000, 64, 1_500, 20

TASK = """
version: 1
description: synthetic reviews
data: {{format: tsv, files: {{test: {test}}}}}
fields: {{id: id, input: document, target: label}}
options: {{0: 부정, 1: 긍정}}
ask: choose
templates: {{plain: {{query: "리뷰: {{{{ input }}}}\\n감정:", instruction: "긍정 또는 부정으로 답하세요."}}}}
metrics: [accuracy, macro_f1, unanswered]
"""

BARE = """
import asyncio, sys
from openai import AsyncOpenAI
url, calls, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
async def main():
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    gate = asyncio.Semaphore(at_once)
    async def ask(number):
        async with gate:
            said = [{"role": "user", "content": f"긍정 또는 부정으로 답하세요.\\n리뷰: {number}\\n감정:"}]
            reply = await client.chat.completions.create(model="tiny", messages=said)
            return reply.choices[0].message.content
    print(len(await asyncio.gather(*map(ask, range(calls)))))
asyncio.run(main())
"""


def more_than(server: ModelServer, count: int) -> bool:
    """Return whether the server has seen more requests than `count`."""
    return len(server.seen) > count


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Serve from a process of its own, and give its URL."""
    command = [sys.executable, "-m", "tests.support.model_server", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def ours(folder: Path, url: str, calls: int, at_once: int, *more: str) -> tuple[Cost, dict[str, Any]]:
    """Return what a run of so many calls cost, and its `run.json`."""
    write_reviews(folder / f"{calls}.tsv", calls, seed=calls)
    task = folder / f"calls_{calls}.yaml"
    task.write_text(TASK.format(test=f"{calls}.tsv"), encoding="utf-8")
    asked = [
        *harness(),
        "run",
        "-t",
        str(task),
        "-b",
        "local_server",
        "-m",
        "model=tiny",
        "-m",
        f"base_url={url}",
    ]
    where = [
        "--data-dir",
        str(folder),
        "--runs-dir",
        str(folder / "runs"),
        "--fresh",
        "--json",
    ]
    env = {"HARNESS_CACHE": str(folder / "cache")}  # keeping the answers is a part of what is measured
    cost = run([*asked, *where, "-q", "--concurrency", str(at_once), *more], env=env, cwd=folder)
    return cost, json.loads(cost.output)["runs"][0]


def load(latency: float, calls: int, at_once: int, more: list[str]) -> None:
    """Measure a run and the bare loop; start-up is taken off the CPU seconds, as a run of 64 calls has it."""
    print(machine())
    with server(latency) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, _ = ours(folder, url, FEW, at_once, *more)
        many, document = ours(folder, url, calls, at_once, *more)
        bare_few = run([sys.executable, "-c", BARE, url, str(FEW), str(at_once)])
        bare = run([sys.executable, "-c", BARE, url, str(calls), str(at_once)])
    seconds = sum(session["seconds"] for session in document["sessions"])
    least = calls * latency / at_once
    mine, theirs = ((a.cpu - b.cpu) / (calls - FEW) * 1000 for a, b in ((many, few), (bare, bare_few)))
    assert document["counts"]["answered"] == calls
    print(
        f"{calls} calls at {latency:g} s, {at_once} in flight: {seconds:.2f} s, {seconds / least:.3f} x N·L/C"
    )
    print(
        f"CPU a call: {mine:.3f} ms, bare {theirs:.3f} ms, {mine / theirs:.2f} x; bare wall {bare.wall:.2f} s"
    )
    print(f"start (CPU of {FEW} calls): {few.cpu:.2f} s")
    print(f"peak memory {many.rss:.0f} MiB, {few.rss:.0f} MiB for {FEW} calls; bare {bare.rss:.0f} MiB")


def front_door(server: ModelServer, folder: Path, calls: int, *more: str) -> dict[str, Any]:
    """Return the `run.json` of a run in this process's folder against a server of this process."""
    write_reviews(folder / "test.tsv", calls, seed=calls)
    (folder / "calls.yaml").write_text(TASK.format(test="test.tsv"), encoding="utf-8")
    command = [
        *harness(),
        "run",
        "-t",
        "calls.yaml",
        "-b",
        "local_server",
        "-m",
        "model=tiny",
        "--json",
        "-q",
    ]
    command += ["-m", f"base_url={server.url}", "--data-dir", ".", "--fresh", "--no-cache", *more]
    found: dict[str, Any] = json.loads(run(command, cwd=folder).output)["runs"][0]
    return found


def retry() -> None:
    """A server that refuses each of 20 requests four times, with Retry-After: 1."""

    def script(asked: Asked) -> Reply:
        return refuse(429, Retry_After=1) if asked.number <= 4 else answer(asked)

    with ModelServer(script=script) as server, tempfile.TemporaryDirectory() as name:
        document = front_door(server, Path(name), 20)
        times = [asked.at for asked in server.seen]
    seconds = sum(session["seconds"] for session in document["sessions"])
    print(f"20 requests, refused 4 times each: {len(times)} calls in {seconds:.2f} s (bound 5.2 s, 100)")


@dataclass
class Bucket:
    """Lets `rate` a second through and `burst` at once, and says to others when to come back."""

    rate: float
    burst: float
    whole: bool

    def __post_init__(self) -> None:
        self.level, self.at = self.burst, time.perf_counter()
        self.refused = self.let = 0

    def __call__(self, asked: Asked) -> Reply:
        """Let the request through or refuse it."""
        self.level = min(self.burst, self.level + (asked.at - self.at) * self.rate)
        self.at = asked.at
        if self.level >= 1:
            self.level -= 1
            self.let += 1
            return say("긍정", after=0.1)
        self.refused += 1
        wait = (1 - self.level) / self.rate
        return refuse(429, Retry_After=math.ceil(wait) if self.whole else f"{wait:.3f}")


def rate() -> None:
    """A server that lets 50 a second through, and bursts of 50."""
    for whole in (False, True):
        bucket = Bucket(50, 50, whole)
        with ModelServer(script=bucket) as server, tempfile.TemporaryDirectory() as name:
            front_door(server, Path(name), RATED, "--no-latency")
            began, ended = server.seen[0].at, server.seen[-1].at
        share = bucket.let / (bucket.burst + bucket.rate * (ended - began))
        refused = bucket.refused / (bucket.refused + bucket.let)
        said = "whole seconds" if whole else "to the millisecond"
        print(f"50/s, Retry-After {said}: {share:.1%} of what is allowed, {refused:.1%} refused")


def times() -> None:
    """A server that sends a token after 150 ms and 20 more every 20 ms, and notes when it really did."""
    each, more = 0.02, 20
    noted: dict[str, dict[str, float]] = {}

    def script(asked: Asked) -> Reply:
        mine = noted.setdefault(asked.prompt, {"asked": asked.at})

        def note(what: str) -> Callable[[], None]:
            return lambda: mine.update({what: time.perf_counter()})

        steps: list[Any] = [step for _ in range(more) for step in (each, piece("가"))]
        end = [piece(None, "stop"), {"choices": [], "usage": usage(9, more + 1)}]
        return stream(piece(""), 0.15, note("first"), piece("가"), *steps, *end, note("last"))

    with ModelServer(script=script) as server, tempfile.TemporaryDirectory() as name:
        document = front_door(server, Path(name), 60, "--concurrency", "4")
        records = records_of(Path(name) / document["directory"])
    off: dict[str, list[float]] = {"ttft": [], "tpot": [], "e2e": []}
    for record in records:
        timing, sent = record["response"]["timing_s"], noted[record["request"]["messages"][-1]["content"]]
        off["ttft"].append(timing["ttft"] - (sent["first"] - sent["asked"]))
        off["e2e"].append(timing["e2e"] - (sent["last"] - sent["asked"]))
        off["tpot"].append((timing["e2e"] - timing["ttft"] - (sent["last"] - sent["first"])) / more)
    for figure, seconds in off.items():
        print(f"{figure}: {median(seconds) * 1000:+.2f} ms beside what was sent (p50, n = {len(seconds)})")


def kills() -> None:
    """Kill a run of 400 requests 20 times, and go on each time."""
    rows, at_once, draw = 400, 8, random.Random(1)

    def script(asked: Asked) -> Reply:
        return [0.02, *answer(asked)]

    with ModelServer(script=script) as server, tempfile.TemporaryDirectory() as name:
        project = Project(Path(name))
        write_reviews(project.home / "test.tsv", rows, seed=1)
        project.write("calls.yaml", TASK.format(test="test.tsv"))
        command = ["run", "-t", "calls.yaml", "-b", "local_server", "-m", "model=tiny", "--data-dir", "."]
        command += ["-m", f"base_url={server.url}", "--concurrency", str(at_once), "-q", "--no-cache"]
        for _ in range(KILLS):
            with project.started(*command) as process:
                before = len(server.seen)
                project.wait_for(process, partial(more_than, server, before))
                time.sleep(draw.uniform(0, 0.05))
                process.kill()
        project.harness(*command)
        resumed, asked = outcome(project.only()), len(server.seen)
        project.harness(*command, "--fresh", "--runs-dir", "whole")
        same = resumed == outcome(project.only("whole"))
    print(f"{KILLS} kills: {asked} calls for {rows} (bound {rows + KILLS * at_once}); same outcome: {same}")


PRICED = """
adapter: openai
model: tiny
kind: api
chat: true
choose_by: extract
decoding: {{max_tokens: 10, temperature: 0}}
settings: {{base_url: "{url}"}}
price: {{usd_per_mtok: {{input: 1000, output: 4000}}, source: a benchmark, date: 2026-11-01}}
"""
EACH = 0.010 + 2 * 0.004  # USD that the server bills for a reply, as `usage` counts one


def money(limit: int, rows: int = 12_000, at_once: int = 128) -> None:
    """Kill a run under a limit in USD 20 times, many in flight; compare its account with the server's."""
    draw = random.Random(2)

    def script(asked: Asked) -> Reply:
        return [draw.uniform(0.05, 0.5), *answer(asked)]

    with ModelServer(script=script) as server, tempfile.TemporaryDirectory() as name:
        project = Project(Path(name))
        write_reviews(project.home / "test.tsv", rows, seed=1)
        project.write("calls.yaml", TASK.format(test="test.tsv"))
        project.write("backends/paid.yaml", PRICED.format(url=server.url))
        command = [
            "run",
            "-t",
            "calls.yaml",
            "-b",
            "paid",
            "--data-dir",
            ".",
            "-q",
            "--no-cache",
            "--no-latency",
        ]
        command += ["--concurrency", str(at_once), "--max-cost", f"{limit}USD"]
        lost = 0
        for _ in range(KILLS):
            with project.started(*command) as process:
                before = len(server.seen) + at_once
                with suppress(AssertionError):  # it has spent what it may
                    project.wait_for(process, partial(more_than, server, before))
                time.sleep(draw.uniform(0, 1))
                process.kill()
                process.wait()
            lost = len(server.seen) - project.journal_lines()
        server.script = answer
        done = project.harness(*command)
        cost, billed = said(project.only())["cost"], len(server.seen) * EACH
    paid, most = cost["paid"], cost["paid"] + cost["unaccounted"]
    print(f"{KILLS} kills, {at_once} in flight: {lost} of {len(server.seen)} lost; exit {done.returncode}")
    print(f"--max-cost {limit} USD: the server billed {billed:.3f}; account {paid:.3f} to {most:.3f} USD")
    print(f"held: {billed <= limit}; the account holds the server's: {paid <= billed + 1e-6 <= most + 2e-6}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["load", "retry", "rate", "times", "kills", "money"])
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--no-cache", action="store_true", help="keep no answers")
    parser.add_argument("--max-cost", type=int, default=850, metavar="USD")
    arguments = parser.parse_args()
    if arguments.what == "load":
        more = ["--no-latency", *(["--no-cache"] if arguments.no_cache else [])]
        load(arguments.latency, arguments.calls, arguments.at_once, more)
    elif arguments.what == "money":
        money(arguments.max_cost)
    else:
        {"retry": retry, "rate": rate, "times": times, "kills": kills}[arguments.what]()


if __name__ == "__main__":
    main()
