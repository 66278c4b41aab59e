"""What thousands of calls cost, how limits are kept and how true the times are, on a server of this machine.

    python -m benchmarks.remote load --latency 0.2     5,000 calls, beside a bare loop of OpenAI's client
    python -m benchmarks.remote retry                  Retry-After: 1, four times on each of 20 requests
    python -m benchmarks.remote rate                   a server that lets 50 a second through, and bursts
    python -m benchmarks.remote times                  TTFT, TPOT and E2E against a server's schedule
    python -m benchmarks.remote kills                  20 kills at random moments, resumed each time

The server is `tests/model_server.py`, under `load` in a process of its own; it shares the two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, harness, machine, run, write_reviews

CALLS, FEW, AT_ONCE = 5_000, 64, 64

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


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Serve from a process of its own, and give its URL."""
    command = [sys.executable, "-m", "tests.model_server", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def ours(folder: Path, url: str, calls: int) -> tuple[Cost, dict[str, Any]]:
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
        "--no-latency",
        "--json",
    ]
    cost = run([*asked, *where, "-q", "--concurrency", str(AT_ONCE)], cwd=folder)
    return cost, json.loads(cost.output)["runs"][0]


def load(latency: float, calls: int) -> None:
    """Measure a run and the bare loop; start-up is taken off the CPU seconds, as a run of 64 calls has it."""
    print(machine())
    with server(latency) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, _ = ours(folder, url, FEW)
        many, document = ours(folder, url, calls)
        bare_few = run([sys.executable, "-c", BARE, url, str(FEW), str(AT_ONCE)])
        bare = run([sys.executable, "-c", BARE, url, str(calls), str(AT_ONCE)])
    seconds = sum(session["seconds"] for session in document["sessions"])
    least = calls * latency / AT_ONCE
    mine, theirs = ((a.cpu - b.cpu) / (calls - FEW) * 1000 for a, b in ((many, few), (bare, bare_few)))
    assert document["counts"]["answered"] == calls
    print(f"{calls} calls at {latency:g} s: {seconds:.2f} s, {seconds / least:.3f} x N·L/C")
    print(
        f"CPU a call: {mine:.3f} ms, bare {theirs:.3f} ms, {mine / theirs:.2f} x; bare wall {bare.wall:.2f} s"
    )
    print(f"peak memory {many.rss:.0f} MiB, {few.rss:.0f} MiB for {FEW} calls; bare {bare.rss:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["load", "retry", "rate", "times", "kills"])
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--calls", type=int, default=CALLS)
    arguments = parser.parse_args()
    if arguments.what == "load":
        load(arguments.latency, arguments.calls)


if __name__ == "__main__":
    main()
