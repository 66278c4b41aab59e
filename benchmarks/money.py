"""What keeping answers costs, how near a limit is held, and how far off an estimate is.

    python -m benchmarks.money

The server is a loopback one that bills by a tokenizer of its own (`tests/support/billing.py`), 20 ms
an answer.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from harness.adapters.base import Adapter
from harness.evaluation.estimate import estimate
from harness.evaluation.grid import plans
from harness.evaluation.plan import Plan
from harness.evaluation.wrappers.answer_store import Store
from harness.evaluation.wrappers.cache import Cached, Keys
from harness.options.running import RunOptions
from harness.schema import Example, Parts, Profile, Request, Response, Usage
from tests.support.billing import Billing, billed_project, tokenizer
from tests.support.model_server import ModelServer
from tests.support.running import Project, here

KEPT, COUNT, PILOTS = 20_000, 400, (5, 10, 20)


class Instant(Adapter):
    """An engine that says the same at once."""

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request."""
        for request in requests:
            if request is not None:
                yield Response(request.key, text="긍정", usage=Usage(400, 0, 2, 0))

    def close(self) -> None:
        """Do nothing."""


def requests() -> Iterator[Request]:
    """Yield requests whose prompts are as long as five shots make them."""
    for number in range(KEPT):
        text = f"문장: 배우들 호흡이 척척 맞아서 웃다가 울었네요 {number}\n감정: 긍정\n" * 6
        yield Request(Example(str(number), {"input": text}), partial(Parts, text))


def keeping(folder: Path) -> None:
    """Print the microseconds of CPU that a kept answer costs: writing it, and handing it out again."""
    keys = Keys(Profile("bench", "bench"), {}, {})
    with Store(folder / "answers.sqlite") as store:
        for what in ("asked and kept", "handed out"):
            engine = Cached(Instant(), store, keys, Profile("bench", "bench"))
            began = time.process_time()
            count = sum(1 for _ in engine.answer(requests()))
            print(f"{what}: {1e6 * (time.process_time() - began) / count:.0f} µs CPU each")
        print(f"file: {store.size() / count:.0f} bytes an answer")


def plan_of(project: Project) -> Plan:
    """Return the project's one run."""
    options = RunOptions("reviews", "billed", data_dir="data", runs_dir=project.home / "runs")
    return plans(options, lambda _: None)[0][0]


def limits(folder: Path, server: ModelServer, account: Billing) -> None:
    """Print what was billed under limits, 64 in flight."""
    for limit in (2, 4, 6):
        project = billed_project(folder / f"limit{limit}", server, COUNT)
        before = account.billed
        here(project, "billed", concurrency=64, max_cost=f"{limit}USD", cache=False)
        print(f"--max-cost {limit}USD: {float(account.billed - before):.4f} billed")


def estimates(folder: Path, server: ModelServer, account: Billing) -> None:
    """Print by how much the input's cost was missed, by pilots of several sizes and by the tokenizer."""
    missed: dict[str, list[float]] = {}
    for number in range(5):
        for pilot in (*PILOTS, 0):
            project = billed_project(folder / f"estimate{number}-{pilot}", server, COUNT, seed=number)
            os.environ["HARNESS_CACHE"] = project.env["HARNESS_CACHE"]
            os.chdir(project.home)
            count = None if pilot else (lambda text: len(account.tokenizer.encode(text).ids))
            found = estimate(plan_of(project), pilot, count)
            before = account.read
            here(project, "billed", concurrency=64)
            assert found.prompt_tokens is not None
            assert found.price is not None
            said = float(found.prompt_tokens.value or 0) * float(found.price.rates.input)
            truth = float(account.read - before)
            missed.setdefault(f"pilot of {pilot}" if pilot else "tokenizer", []).append(said / truth - 1)
    for name, shares in missed.items():
        worst = max(shares, key=abs)
        print(f"input cost by {name}: median {100 * median(shares):+.2f} %, worst {100 * worst:+.2f} %")


def main() -> None:
    """Measure it all."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        keeping(folder)
        account = Billing(tokenizer(folder / "tokenizer.json"), latency=0.02)
        with ModelServer(script=account) as server:
            limits(folder, server, account)
            estimates(folder, server, account)
            os.chdir("/")


if __name__ == "__main__":
    main()
