"""What may be drawn, and how often, worked out by hand: the same table for both that draw."""

from __future__ import annotations

import numpy as np
import pytest

from harness.models.decoding import OpenText, write
from harness.schema import Decoding, Example, Parts, Request

# Five tokens; their logits are the logarithms, of which the last is below 0.
WEIGHTS = (16, 8, 4, 2, 1 / 2)  # 30.5 together
DRAWS = 2000

TABLE = [
    # what is asked, the tokens seen, the weights that are left
    ({"temperature": 1.0}, [], (16, 8, 4, 2, 1 / 2)),
    ({"temperature": 0.5}, [], (256, 64, 16, 4, 1 / 4)),
    ({"temperature": 1.0, "top_k": 2}, [], (16, 8, 0, 0, 0)),
    ({"temperature": 1.0, "top_p": 0.7}, [], (16, 8, 0, 0, 0)),  # 16 / 30.5 is 0.52, 24 / 30.5 is 0.79
    ({"temperature": 1.0, "min_p": 0.2}, [], (16, 8, 4, 0, 0)),  # 4 / 16 is 0.25, 2 / 16 is 0.125
    ({"temperature": 1.0, "repetition_penalty": 2.0}, [0, 4], (4, 8, 4, 2, 1 / 4)),
    # A wrong order would leave other tokens.
    ({"temperature": 1.0, "repetition_penalty": 2.0, "top_k": 1}, [0], (0, 1, 0, 0, 0)),
    ({"temperature": 0.5, "top_p": 0.7}, [], (1, 0, 0, 0, 0)),  # 256 / 340.25 is 0.75
    ({"temperature": 0.5, "min_p": 0.2}, [], (256, 64, 0, 0, 0)),  # 16 / 256 is 0.06
    ({"temperature": 1.0, "top_k": 2, "top_p": 0.65}, [], (1, 0, 0, 0, 0)),  # 16 / 24 is 0.67
    ({"temperature": 1.0, "top_p": 0.55, "min_p": 0.2}, [], (16, 8, 0, 0, 0)),  # 16 / 28 would be 0.57
]


def own(decoding, seen):
    """Return what the networks and n-grams of the harness draw, once for each seed."""
    logits = np.log(np.tile(np.array(WEIGHTS), (DRAWS, 1)))
    texts = [OpenText(seed, 1, seen) for seed in range(DRAWS)]
    return [reply.ids[0] for reply in write(object(), logits, texts, decoding, -1, lambda ids: False)]


def huggingface(decoding, seen):
    """Return what the huggingface adapter draws, once for each seed."""
    torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
    from harness.adapters.hf.sampling import Sampler

    logits = torch.tensor(WEIGHTS).log()
    requests = [Request(Example("1", {}), lambda: Parts(""), decoding=decoding, seed=n) for n in range(DRAWS)]
    return [Sampler(torch, request, seen).token(logits, []) for request in requests]


@pytest.mark.parametrize("draw", [own, huggingface])
@pytest.mark.parametrize(("asked", "seen", "left"), TABLE, ids=str)
def test_tokens_are_drawn_as_the_table_says(draw, asked, seen, left):
    counts = np.bincount(draw(Decoding(**asked), seen), minlength=len(WEIGHTS))
    expected = np.array(left) / sum(left)
    assert not counts[expected == 0].any()
    assert np.abs(counts / DRAWS - expected).max() < 0.04
