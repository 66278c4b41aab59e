"""The next token of one row: penalties, then temperature, top-k, top-p and min-p in that order, then a draw.

The order is that of transformers, and it matters: top-p is a share of what temperature and top-k left.
vLLM and some servers cut before they divide by the temperature, so that the same numbers mean something else.
Before all of them come the repetition penalty (Keskar et al. 2019; over prompt and reply), then the frequency
and presence penalties (OpenAI's: over the reply alone).

A draw reads one number of the row's own generator, in double precision and on the CPU, and looks it up
in the cumulated probabilities: batch, order and device have no say in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.schema import Decoding, Request


class Sampler:
    """Chooses the tokens of one row."""

    def __init__(self, torch: Any, request: Request, prompt: Sequence[int]) -> None:
        """The seed is the request's, moved by the one that the decoding names."""
        self.torch, self.decoding = torch, request.decoding
        self.generator = torch.Generator().manual_seed((request.seed + (request.decoding.seed or 0)) % 2**63)
        self.prompt = prompt

    @property
    def plain(self) -> bool:
        """Whether it always takes the likeliest token as the model has it."""
        return not self.decoding.temperature and not penalises(self.decoding)

    def token(self, scores: Any, written: Sequence[int]) -> int:
        """Return the next token after `written`, of logits (V,) in float32 on the CPU."""
        scores = penalised(self.torch, scores, self.decoding, self.prompt, written)
        if not self.decoding.temperature:
            return int(scores.argmax())
        return drawn(self.torch, kept(self.torch, scores, self.decoding), self.generator)


def penalises(decoding: Decoding) -> bool:
    """Return whether the decoding changes the scores of tokens that were there before."""
    repetition = decoding.repetition_penalty not in (None, 1)
    return bool(repetition or decoding.presence_penalty or decoding.frequency_penalty)


def penalised(
    torch: Any, scores: Any, decoding: Decoding, prompt: Sequence[int], written: Sequence[int]
) -> Any:
    """Return scores (V,) after the penalties; the given ones stay as they are."""
    if not penalises(decoding):
        return scores
    scores = scores.clone()
    if decoding.repetition_penalty not in (None, 1):
        seen = torch.tensor(sorted({*prompt, *written}), dtype=torch.long, device=scores.device)
        before = scores[seen]
        factor = decoding.repetition_penalty
        scores[seen] = torch.where(before < 0, before * factor, before / factor)
    if written:
        counts = Counter(written)
        tokens = torch.tensor(list(counts), device=scores.device)
        times = torch.tensor(list(counts.values()), dtype=scores.dtype, device=scores.device)
        scores[tokens] -= (decoding.frequency_penalty or 0) * times + (decoding.presence_penalty or 0)
    return scores


def kept(torch: Any, scores: Any, decoding: Decoding) -> Any:
    """Return scores (V,) divided by the temperature, -inf where top-k, top-p or min-p leave a token out."""
    scores = scores / decoding.temperature
    if decoding.top_k and decoding.top_k < len(scores):
        scores = scores.masked_fill(scores < scores.topk(decoding.top_k).values[-1], -torch.inf)
    if decoding.top_p is not None and decoding.top_p < 1:
        ascending, order = scores.sort()
        out = ascending.softmax(-1).cumsum(-1) <= 1 - decoding.top_p
        out[-1] = False  # the likeliest stays
        scores = scores.masked_fill(torch.zeros_like(out).scatter(0, order, out), -torch.inf)
    if decoding.min_p:
        shares = scores.softmax(-1)
        scores = scores.masked_fill(shares < decoding.min_p * shares.max(), -torch.inf)
    return scores


def drawn(torch: Any, scores: Any, generator: Any) -> int:
    """Return a token drawn by the softmax of scores (V,), with one number of the generator."""
    steps = scores.double().softmax(-1).cumsum(-1)
    at = torch.rand((), generator=generator, dtype=torch.float64) * steps[-1]
    return int(torch.searchsorted(steps, at, right=True).clamp_max(len(scores) - 1))
