"""Replies of very different lengths: a batch that is refilled, beside closed batches and plain `generate`.

    python -m benchmarks.running_batch model [--long]   200 replies of a Llama of 48 M parameters on this CPU
    python -m benchmarks.running_batch steps            steps of the product's own scheduler, on a stub

Lengths are forced: lognormal with a median of 24 tokens and a cap of 128; `--long` makes 20 of them 50
times as long. Prompts have some 40 tokens. CPU seconds, by turns in one process, the least of the rounds.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.measure import machine
from harness.adapters.hf.batching import BatchBudget
from harness.adapters.hf.running_batch import RunningBatch
from harness.schema import Failure

REPLIES, MEDIAN, CAP, LONG, TIMES = 200, 24, 128, 20, 50
WINDOWS = (16, 128)  # requests that the adapter pulls at a time, the last for ever
DRAWS: dict[str, Callable[[random.Random], int]] = {
    "lognormal, median 24": lambda draw: round(draw.lognormvariate(math.log(24), 0.8)),
    "uniform, 1 to 1,000": lambda draw: draw.randint(1, 1000),
    "one in twenty 50 times as long": lambda draw: 20 * (50 if draw.random() < 0.05 else 1),
}


def lengths(count: int, *, long: bool, seed: int = 1) -> list[int]:
    """Return how many tokens each reply is made to have."""
    draw = random.Random(seed)
    found = [max(1, min(CAP, round(draw.lognormvariate(math.log(MEDIAN), 0.8)))) for _ in range(count)]
    for place in draw.sample(range(count), LONG if long else 0):
        found[place] *= TIMES
    return found


# ---- a model ---------------------------------------------------------------------------------------


def model(*, long: bool, rounds: int) -> None:
    """Print the CPU seconds of each way and whether the texts are those of one row alone."""
    import torch

    torch.set_num_threads(2)
    wanted = lengths(REPLIES, long=long)
    most = max(wanted)
    print(f"{machine()}\n{REPLIES} replies, {sum(wanted):,} tokens, the longest {most:,}")
    engine, tokens, prompts = _asked(most)
    _force(wanted)
    ways: dict[str, Callable[[], dict[int, list[int]]]] = {
        "running batch": lambda: _running(engine, tokens, prompts),
        "closed batches": lambda: _closed(engine, tokens, prompts),
    }
    for size in (8, 32, 64):
        ways[f"generate, batches of {size}"] = partial(_generated, engine, prompts, wanted, size)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    said: dict[str, dict[int, list[int]]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.process_time()
            said[name] = way()
            seconds[name].append(time.process_time() - began)
            print(f"  {name}: {seconds[name][-1]:.1f} s", flush=True)
    ours = min(seconds["running batch"])
    for name, took in seconds.items():
        print(f"{name}: {min(took):.1f} s, {min(took) / ours:.2f} x")
    alone = [n for n in range(0, REPLIES, 10) if wanted[n] <= CAP]
    same = sum(said["running batch"][n] == _generated(engine, [prompts[n]], [wanted[n]], 1)[0] for n in alone)
    print(f"equal to one row alone by generate: {same} of {len(alone)}")


def _asked(most: int) -> tuple[Any, Any, list[list[int]]]:
    import torch
    import transformers

    from harness.adapters.hf.engine import Engine

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=16_000,
        hidden_size=512,
        intermediate_size=1376,
        num_hidden_layers=10,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=most + 256,
    )
    loaded = transformers.LlamaForCausalLM(config).eval()
    loaded.generation_config.eos_token_id = None
    engine = Engine(torch, transformers, loaded, torch.device("cpu"), most + 256, frozenset())
    draw = random.Random(2)
    return (
        engine,
        _NoText(),
        [[draw.randrange(3, 16_000) for _ in range(draw.randint(30, 50))] for _ in range(REPLIES)],
    )


class _NoText:
    """What the writers ask of a tokenizer, of ids that mean nothing."""

    pad = 0

    def added(self) -> dict[str, int]:
        """Return no special tokens."""
        return {}

    def text(self, ids: Sequence[int]) -> str:
        """Return the ids."""
        return " ".join(map(str, ids))


def _force(wanted: Sequence[int]) -> None:
    """Let every reply end where it is told to, and not before."""
    from harness.adapters.lm.stopping import OpenReply

    def take(line: Any, token: int) -> bool:
        line.ids.append(token)
        line.ended = len(line.ids) >= wanted[int(line.prompt.request.key[0])]
        return bool(line.ended)

    OpenReply.take = take  # type: ignore[method-assign, assignment]


def _prompts(prompts: Sequence[Sequence[int]], first: int = 0) -> list[Any]:
    from harness.adapters.lm.stopping import TokenPrompt
    from harness.schema import Decoding, Example, Parts, Request

    made = []
    for n, ids in enumerate(prompts, first):
        request = Request(Example(str(n), {}), lambda: Parts(query=""), decoding=Decoding(max_tokens=CAP))
        made.append(TokenPrompt(request, list(ids), CAP, False))
    return made


def _windows(prompts: Sequence[Sequence[int]]) -> Iterator[list[Any]]:
    start, sizes = 0, iter(WINDOWS)
    size = next(sizes)
    while start < len(prompts):
        yield _prompts(prompts[start : start + size], start)
        start, size = start + size, next(sizes, size)


def _budget(engine: Any) -> BatchBudget:
    from harness.adapters.hf.adapter import CPU, HELD

    return BatchBudget(CPU[0], max(CPU[0], HELD // engine.token_bytes))


def _running(engine: Any, tokens: Any, prompts: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    from harness.adapters.hf.running_writer import RunningWriter

    windows = _windows(prompts)
    writer = RunningWriter(engine, tokens, _budget(engine), packs=True)
    return _replies(writer.write(next(windows), lambda: next(windows, None)))


def _closed(engine: Any, tokens: Any, prompts: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    from harness.adapters.hf.token_by_token import Writer

    writer = Writer(engine, tokens, _budget(engine), packs=True)
    return _replies(one for window in _windows(prompts) for one in writer.write(window))


def _replies(written: Any) -> dict[int, list[int]]:
    return {int(prompt.request.key[0]): list(map(int, reply.text.split())) for prompt, reply, _ in written}


def _generated(
    engine: Any, prompts: Sequence[Sequence[int]], wanted: Sequence[int], size: int
) -> dict[int, list[int]]:
    """Return the replies of `generate` in batches of `size`, which stops each row at its own end."""
    torch, found = engine.torch, {}
    order = sorted(range(len(prompts)), key=lambda n: len(prompts[n]))
    for start in range(0, len(order), size):
        part = order[start : start + size]
        width = max(len(prompts[n]) for n in part)
        ids = torch.tensor([[0] * (width - len(prompts[n])) + list(prompts[n]) for n in part])
        mask = torch.tensor([[0] * (width - len(prompts[n])) + [1] * len(prompts[n]) for n in part])
        ends = torch.tensor([wanted[n] for n in part])

        def stop(input_ids: Any, scores: Any, *, width: int = width, ends: Any = ends, **_: Any) -> Any:
            return input_ids.shape[1] - width >= ends

        with torch.inference_mode():
            said = engine.model.generate(
                ids,
                attention_mask=mask,
                max_new_tokens=int(ends.max()),
                do_sample=False,
                pad_token_id=0,
                stopping_criteria=[stop],
            )
        for row, n in zip(said.tolist(), part, strict=True):
            found[n] = row[width : width + wanted[n]]
    return found


# ---- steps -----------------------------------------------------------------------------------------


@dataclass
class _Row:
    left: int
    held: int

    @property
    def ended(self) -> bool:
        return self.left <= 0


class _Stub:
    """Replies of given lengths and no model; every row takes up as much as it may come to."""

    def __init__(self, wanted: Sequence[int]) -> None:
        self.queue = list(wanted)[::-1]

    def waiting(self) -> int:
        return len(self.queue)

    def width(self) -> int:
        return 1

    def join(self, count: int) -> list[_Row]:
        return [_Row(self.queue.pop() - 1, 1) for _ in range(count)]

    def step(self, rows: Sequence[_Row]) -> None:
        for row in rows:
            row.left -= 1

    def leave(self, rows: Sequence[_Row]) -> None:
        pass

    def put_back(self, rows: Sequence[_Row]) -> None:
        self.queue += [row.left + 1 for row in reversed(rows)]

    def broken(self, rows: Sequence[_Row], why: Failure) -> None:
        raise AssertionError(why)


def scheduled(wanted: Sequence[int], slots: int) -> int:
    """Return the steps that the product's scheduler takes for replies of `wanted` tokens."""
    batch = RunningBatch(_Stub(wanted), BatchBudget(1, 10**9), slots)
    for _ in batch.run():
        pass
    return batch.steps


def first_come(wanted: Sequence[int], slots: int) -> int:
    """Return the steps where every free slot takes the next prompt at once."""
    queue, steps = list(wanted)[::-1], 0
    rows: list[int] = []
    while queue or rows:
        while queue and len(rows) < slots:
            rows.append(queue.pop() - 1)
            if rows[-1] <= 0:
                rows.pop()
        if rows:
            steps += 1
            rows = [left - 1 for left in rows if left > 1]
    return steps


def closed(wanted: Sequence[int], held: int, most: int) -> int:
    """Return the steps of closed batches that reserve `most` tokens a row within `held`, 128 at a time."""
    rows = max(1, held // most)
    steps = 0
    for start in range(0, len(wanted), 128):
        window = sorted(wanted[start : start + 128], reverse=True)
        steps += sum(max(window[at : at + rows]) - 1 for at in range(0, len(window), rows))
    return steps


def steps() -> None:
    """Print the steps of each way for three kinds of lengths."""
    from harness.adapters.hf.adapter import GPU

    print("| lengths | slots | running | first come | ratio | closed, 16,384 reserved | fewer |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, draws in DRAWS.items():
        for slots in (128, 512):
            draw = random.Random(3)
            wanted = [max(1, draws(draw)) for _ in range(8 * slots)]
            mine, theirs = scheduled(wanted, slots), first_come(wanted, slots)
            before = closed(wanted, GPU[1], 16_384)
            cells = [name, slots, f"{mine:,}", f"{theirs:,}", f"{mine / theirs:.3f}", f"{before:,}"]
            print("|", *(f"{cell} |" for cell in cells), f"{before / mine:.1f} x |")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["model", "steps"])
    parser.add_argument("--long", action="store_true", help="20 replies 50 times as long")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    model(long=asked.long, rounds=asked.rounds) if asked.what == "model" else steps()


if __name__ == "__main__":
    main()
