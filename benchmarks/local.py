"""A local model's speed beside lm-evaluation-harness's, on the same prompts, in one sitting.

    python -m benchmarks.local --data-dir DATA [--peer BIN] [--case NAME …] [--device cuda]

BIN is the bin folder of an environment with `lm_eval[hf]`. Both sides get the prompts and options of a
shipped task on real data and the same random Llama of 50 million parameters; loading is taken off both.
The peer is its own `HFLM`, asked for exactly these texts: what its task code costs is not counted.
The log-probabilities and texts of both sides are compared.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from tests.support.tiny_models import fast_tokenizer, random_llama

TASK = """
version: 1
description: a case of the benchmark
extends: {task}
{more}
"""
WORDY = "options: {0: 정말 지루한 영화라고 생각한다, 1: 정말 재미있는 영화라고 생각한다}"


@dataclass(frozen=True)
class Case:
    """A task with some keys of its own, how many examples of it, and the bound on the ratio of rates."""

    task: str
    more: str
    n: int
    bound: float


CASES = {
    "fixed": Case("nsmc_fewshot", "shots: {draw: fixed}", 384, 8),
    "fixed_wordy": Case("nsmc_fewshot", f"shots: {{draw: fixed}}\n{WORDY}", 64, 8),
    "mmlu_texts": Case("mmlu", "say: text", 32, 4),
    "own_wordy": Case("nsmc_fewshot", WORDY, 64, 1.5),
    "own_one_token": Case("nsmc_fewshot", "", 96, 1.1),
    "generate": Case("nsmc_fewshot", "ask: generate\ndecoding: {max_tokens: 32, stop: []}", 144, 1.5),
    "generate_no_shots": Case(
        "nsmc_zeroshot", "ask: generate\ndecoding: {max_tokens: 32, stop: []}", 144, 1.5
    ),
    "generate_fixed": Case(
        "nsmc_fewshot",
        "ask: generate\nshots: {draw: fixed}\ndecoding: {max_tokens: 32, stop: []}",
        144,
        1.5,
    ),
}


def model(folder: Path, data: Path) -> Path:
    """Write the random Llama and a tokenizer that was trained on the data, and return the folder."""
    tokenizer = fast_tokenizer(_texts(data), size=8000)
    tokenizer.save_pretrained(folder)
    llama = random_llama(
        tokenizer,
        heads=8,
        key_heads=8,
        hidden_size=512,
        intermediate_size=2048,
        num_hidden_layers=10,
        max_position_embeddings=4096,
        initializer_range=0.08,
    )
    llama.save_pretrained(folder)
    return folder


def _texts(data: Path) -> list[str]:
    """Return lines of both languages that the cases are about."""
    reviews = (data / "nsmc/ratings_test.txt").read_text(encoding="utf-8").split("\n")[1:8000]
    texts = [
        f"문장: {line.split(chr(9))[1]}\n감정: {'긍정' if n % 2 else '부정'}"
        for n, line in enumerate(reviews)
        if line
    ]
    for path in sorted((data / "mmlu/dev").glob("*.csv")):
        texts += [f"{line}\nAnswer:" for line in path.read_text(encoding="utf-8").splitlines()]
    return texts


def requests(folder: Path, name: str, data: Path, most: int | None) -> list[Any]:
    """Return the requests of a case, as a run makes them."""
    from harness.evaluation.grid import plans
    from harness.options.running import RunOptions

    case = CASES[name]
    path = folder / f"{name}.yaml"
    path.write_text(TASK.format(task=case.task, more=case.more), encoding="utf-8")
    limit = min(case.n, most or case.n)
    options = RunOptions(path, "dummy", data_dir=data, runs_dir=folder / "runs", limit=limit)
    ((plan,), _) = plans(options, lambda _message: None)
    prompts = plan.prompts()
    return [prompts.request(example) for example in itertools.islice(plan.material.evaluated(), limit)]


def ours(where: Path, asked: Sequence[Any], device: str, batch: str) -> dict[str, Any]:
    """Return the answers of our adapter, and the seconds they took."""
    from harness.adapters.hf.adapter import HuggingFace
    from harness.schema import Profile

    size: Any = batch if batch == "auto" else int(batch)
    settings = {"device": device, "dtype": "float32", "batch_size": size}
    adapter = HuggingFace(Profile("local", "huggingface", model=str(where), settings=settings))
    adapter.prepare()
    wall, cpu = time.perf_counter(), time.process_time()
    responses = {response.key: response for response in adapter.answer(iter(asked))}
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    answers = [responses[request.key] for request in asked]
    failed = [response.error for response in answers if response.error]
    assert not failed, failed[0]
    return {**took, "answers": [r.option_scores if r.text is None else r.text for r in answers]}


def theirs(
    where: Path, asked: Sequence[Any], device: str, peer: Path, folder: Path, batch: int
) -> dict[str, Any]:
    """Return the answers of the peer to the same texts, and the seconds they took."""
    lines = [
        {
            "prompt": request.prompt,
            "options": [request.parts.delimiter + option.text for option in request.options]
            if request.ask == "choose"
            else None,
            "max_tokens": request.decoding.max_tokens,
        }
        for request in asked
    ]
    (folder / "asked.json").write_text(json.dumps(lines), encoding="utf-8")
    script = Path(__file__).with_name("local_peer.py")
    command = [peer / "python", script, where, folder / "asked.json", folder / "said.json", device, batch]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    said: dict[str, Any] = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    return said


def compared(mine: Sequence[Any], other: Sequence[Any]) -> str:
    """Return how far the answers of both sides lie apart."""
    if isinstance(mine[0], str):
        return f"same text {sum(a == b for a, b in zip(mine, other, strict=True))}/{len(mine)}"
    gap = max(abs(a - b) for x, y in zip(mine, other, strict=True) for a, b in zip(x, y, strict=True))
    same = sum(x.index(max(x)) == y.index(max(y)) for x, y in zip(mine, other, strict=True))
    return f"largest difference {gap:.1e} nats, same choice {same}/{len(mine)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--peer", type=Path, metavar="BIN")
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many examples of a case")
    parser.add_argument("--batch", default="auto", help="ours: rows, or auto")
    parser.add_argument("--peer-batch", type=int, default=8)
    parser.add_argument("--model", type=Path, help="keep the random model here, and use it if it is there")
    given = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        where = given.model or folder / "model"
        if not (where / "config.json").is_file():
            model(where, given.data_dir)
        for name in given.case:
            asked = requests(folder, name, given.data_dir, given.limit)
            mine = ours(where, asked, given.device, given.batch)
            rate = len(asked) / mine["wall"]
            print(
                f"{name}: {len(asked)} examples, ours {rate:.2f}/s ({mine['cpu']:.0f} s CPU)",
                end="",
                flush=True,
            )
            if given.peer is not None:
                other = theirs(where, asked, given.device, given.peer, folder, given.peer_batch)
                ratios = other["wall"] / mine["wall"], other["cpu"] / mine["cpu"]
                print(
                    f", peer {len(asked) / other['wall']:.2f}/s ({other['cpu']:.0f} s CPU): "
                    f"{ratios[0]:.2f}x by wall, {ratios[1]:.2f}x by CPU (bound {CASES[name].bound}x); "
                    f"{compared(mine['answers'], other['answers'])}",
                    end="",
                )
            print(flush=True)


if __name__ == "__main__":
    main()
