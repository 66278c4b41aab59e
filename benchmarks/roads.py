"""One model by two roads: the huggingface and the vllm adapter on the same prompts, in one sitting.

    VLLM_CPU_KVCACHE_SPACE=2 python benchmarks/roads.py --data-dir DATA [--case NAME …] [--limit N]

The model and the cases are those of `local.py`; loading is taken off both. On a machine that others share,
CPU seconds count: with OMP_NUM_THREADS=1 no side's threads wait in circles for one another.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import local
from measure import machine

SETTINGS = {"dtype": "float32", "enforce_eager": True}


def vllm(where: Path, asked: Sequence[Any]) -> dict[str, Any]:
    """Return the answers of the vllm adapter, and the seconds they took."""
    from harness.adapters.vllm import Vllm
    from harness.schema import Profile

    adapter = Vllm(Profile("roads", "vllm", model=str(where), settings=SETTINGS))
    adapter.prepare()
    wall, cpu = time.perf_counter(), time.process_time()
    responses = {response.key: response for response in adapter.answer(iter(asked))}
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    adapter.close()
    answers = [responses[request.key] for request in asked]
    failed = [response.error for response in answers if response.error]
    assert not failed, failed[0]
    return {**took, "answers": [r.option_scores if r.text is None else r.text for r in answers]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument(
        "--case", nargs="+", choices=local.CASES, default=["fixed", "own_one_token", "generate"]
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many examples of a case")
    given = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        where = local.model(folder / "model", given.data_dir)
        for name in given.case:
            asked = local.requests(folder, name, given.data_dir, given.limit)
            theirs, ours = local.ours(where, asked, "cpu", "auto"), vllm(where, asked)
            for road, took in (("huggingface", theirs), ("vllm", ours)):
                print(f"{name}: {len(asked)} examples, {road} {took['cpu']:.1f} s CPU, {took['wall']:.1f} s")
            ratio = theirs["cpu"] / ours["cpu"]
            print(
                f"{name}: ratio {ratio:.2f}, {local.compared(ours['answers'], theirs['answers'])}", flush=True
            )


if __name__ == "__main__":
    main()
