"""The peer's side of `local.py`, run by the Python of an environment that has lm_eval.

python local_peer.py MODEL ASKED.json SAID.json DEVICE BATCH
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM


def main(where: str, asked: str, said: str, device: str, batch: str) -> None:
    """Answer what `asked` holds: log-likelihoods of options, or greedy text."""
    lines = json.loads(Path(asked).read_text(encoding="utf-8"))
    model = HFLM(pretrained=where, dtype="float32", device=device, batch_size=int(batch))
    chooses = lines[0]["options"] is not None
    if chooses:
        pairs = [(line["prompt"], option) for line in lines for option in line["options"]]
        instances = [Instance("loglikelihood", {}, pair, n) for n, pair in enumerate(pairs)]
        answer = model.loglikelihood
    else:
        how = [{"until": ["\x00"], "max_gen_toks": line["max_tokens"], "do_sample": False} for line in lines]
        instances = [
            Instance("generate_until", {}, (line["prompt"], keys), n)
            for n, (line, keys) in enumerate(zip(lines, how, strict=True))
        ]
        answer = model.generate_until
    wall, cpu = time.perf_counter(), time.process_time()
    found = answer(instances, disable_tqdm=True)
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if chooses:
        flat = iter(value for value, _ in found)
        found = [[next(flat) for _ in line["options"]] for line in lines]
    Path(said).write_text(json.dumps({**took, "answers": found}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
