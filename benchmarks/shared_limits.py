"""One rate and one purse over all workers of a run, against a loopback server that refuses and bills.

    python -m benchmarks.shared_limits rate [--workers 8] [--rows 3000] [--kills 0]
    python -m benchmarks.shared_limits purse [--workers 8] [--rows 4000] [--kills 0]

The server runs in this process: it lets 50 requests a second through from a token bucket and refuses the
others with 429, or it bills each reply. `--kills` ends so many workers by SIGKILL at random moments; their
keeper starts others.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.measure import harness, machine, write_reviews
from benchmarks.remote import TASK, Bucket
from benchmarks.workers import workers_of
from tests.support.model_server import Asked, ModelServer, Reply, say, usage

RATE, BURST = 50.0, 5.0
AT_FIRST = 30.0  # seconds in which a rate is learnt, and refusals are not counted
LIMIT = Decimal(2)  # USD
PROFILE = """\
adapter: openai
model: tiny
kind: api
chat: true
choose_by: extract
decoding: {{max_tokens: {most}, temperature: 0}}
price: {{usd_per_mtok: {{input: 2, output: 16}}, source: a benchmark, date: 2026-11-01}}
"""


class Timed(Bucket):
    """A bucket that remembers when it refused, and when it let through."""

    def __post_init__(self) -> None:
        """Begin full, with nothing seen."""
        super().__post_init__()
        self.seen: list[tuple[float, bool]] = []

    def __call__(self, asked: Asked) -> Reply:
        """Let the request through or refuse it, and note which."""
        before = self.refused
        reply = super().__call__(asked)
        self.seen.append((asked.at, self.refused > before))
        return reply


class Billing:
    """A server's script: replies of a random length, and what they cost together."""

    def __init__(self) -> None:
        """Nothing is billed yet."""
        self.billed, self._draw = Decimal(0), random.Random(1)

    def __call__(self, asked: Asked) -> Reply:
        """Answer, and bill some 30 tokens read and up to 40 written."""
        read, written = 30, self._draw.randint(1, 40)
        self.billed += Decimal(2 * read + 16 * written) / 10**6
        return say("긍정", after=0.1, usage=usage(read, written))


def started(
    folder: Path, server: ModelServer, rows: int, workers: int, *more: str, most: int = 40
) -> subprocess.Popen[str]:
    """Return the command of a run by so many workers, under way; a reply may have `most` tokens."""
    write_reviews(folder / "test.tsv", rows, seed=rows)
    (folder / "calls.yaml").write_text(TASK.format(test="test.tsv"), encoding="utf-8")
    (folder / "backends").mkdir()
    (folder / "backends/billed.yaml").write_text(PROFILE.format(most=most), encoding="utf-8")
    command = [*harness(), "run", "-t", "calls.yaml", "-b", "billed", "-m", f"base_url={server.url}"]
    where = ["--data-dir", str(folder), "--no-cache", "--no-latency", "--json", "-q", "--max-failures", "1.0"]
    return subprocess.Popen(
        [*command, *where, "--replicas", str(workers), *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], folder: Path, kills: int) -> dict[str, Any]:
    """Kill workers now and then, and return the run's document once it has ended."""
    draw = random.Random(kills)
    while kills and process.poll() is None:
        time.sleep(draw.uniform(0.5, 3.0))
        if working := [*workers_of(folder / "runs")]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(draw.choice(working), signal.SIGKILL)
            kills -= 1
    out, err = process.communicate(timeout=900)
    assert process.returncode in (0, 4), err
    return dict(json.loads(out)["runs"][0])


def rate(workers: int, rows: int, kills: int, burst: float) -> None:
    """Print how much of the allowed rate is used, and how much is refused after the first seconds."""
    bucket = Timed(RATE, burst, whole=False)
    with ModelServer(script=bucket) as server, tempfile.TemporaryDirectory() as name:
        run = ended(started(Path(name), server, rows, workers), Path(name), kills)
    began, last = bucket.seen[0][0], bucket.seen[-1][0]
    late = [refused for at, refused in bucket.seen if at - began > AT_FIRST]
    used = bucket.let / (burst + RATE * (last - began))
    early = sum(refused for at, refused in bucket.seen if at - began <= AT_FIRST)
    share = sum(late) / len(late) if late else float("nan")
    print(
        f"{workers} workers, {RATE:g} a second, bursts of {burst:g}: {used:.1%} of what is allowed, "
        f"{share:.1%} of {len(late):,} refused after {AT_FIRST:g} s ({early} in them); "
        f"{run['counts']['failed']} failed, {last - began:.0f} s"
    )


def purse(workers: int, rows: int, kills: int, most: int) -> None:
    """Print how much of the limit is billed."""
    script = Billing()
    with ModelServer(script=script) as server, tempfile.TemporaryDirectory() as name:
        process = started(Path(name), server, rows, workers, "--max-cost", f"{LIMIT}USD", most=most)
        run = ended(process, Path(name), kills)
    print(
        f"{workers} workers, {kills} kills, {LIMIT} USD, replies of at most {most:,} tokens: "
        f"{script.billed:.4f} billed ({script.billed / LIMIT:.1%}) for {len(server.seen):,} calls; "
        f"status {run['status']}, unaccounted {run['cost']['unaccounted']}"
    )
    assert script.billed <= LIMIT


def main() -> None:
    """Measure what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("rate", "purse"))
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--most", type=int, default=40, help="tokens that a reply may have")
    parser.add_argument("--burst", type=float, default=BURST)
    asked = parser.parse_args()
    print(machine())
    if asked.what == "rate":
        rate(asked.workers, asked.rows or 3_000, asked.kills, asked.burst)
    else:
        purse(asked.workers, asked.rows or 9_000, asked.kills, asked.most)


if __name__ == "__main__":
    main()
