"""GPT: a decoder-only transformer that says which token comes next (Radford et al. 2018, 2019).

    h_0 = E[token] + P[position]
    h_l = h' + FFN(LN(h')),  h' = h_{l−1} + Attention(LN(h_{l−1}))      l = 1 … L, causal
    p(next token) = softmax(LN(h_L) Eᵀ)

It is GPT-2's very architecture, layer norm first and one matrix E at both ends, so that its weights are
a GPT-2 that other programs can load (`harness export`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.attention import FeedForward, MultiHeadAttention, Past


class GptBlock(nn.Module):
    """One layer: look back, then think."""

    def __init__(self, d: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attention = MultiHeadAttention(d, heads, dropout)
        self.feed_forward = FeedForward(d, dropout)
        self.dropout = dropout

    def forward(self, x: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Return (B, T, d) for x (B, T, d), and the keys and values for the tokens to come."""
        seen, kept = self.attention.after(self.norm1(x), past)
        x = x + F.dropout(seen, self.dropout, self.training)
        return x + self.feed_forward(self.norm2(x)), kept


class GPT(nn.Module):
    """The model; `context` is the most tokens that it can look at."""

    def __init__(
        self, vocabulary: int, *, context: int, layers: int, heads: int, d: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.context = context
        self.tokens = nn.Embedding(vocabulary, d)  # E, (V, d)
        self.positions = nn.Embedding(context, d)  # P
        self.blocks = nn.ModuleList(GptBlock(d, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(d)
        self.dropout = dropout
        self.apply(_initialise)
        for block in self.blocks:  # each adds to the same sum: 2 L parts of it begin smaller (GPT-2)
            for layer in (block.attention.out, block.feed_forward.out):
                nn.init.normal_(layer.weight, std=0.02 / (2 * layers) ** 0.5)

    def forward(self, ids: Tensor, past: list[Past] | None = None) -> tuple[Tensor, list[Past]]:
        """Return the last hidden states (B, T, d) of `ids` (B, T), which follow `past`, and the new past."""
        start = past[0][0].shape[2] if past else 0
        position = torch.arange(start, start + ids.shape[1], device=ids.device)
        x = F.dropout(self.tokens(ids) + self.positions(position), self.dropout, self.training)
        kept = []
        for layer, block in enumerate(self.blocks):
            x, keys = block(x, past[layer] if past else None)
            kept.append(keys)
        return self.norm(x), kept

    def logits(self, hidden: Tensor) -> Tensor:
        """Return (…, V) of hidden states (…, d)."""
        return hidden @ self.tokens.weight.T

    def loss(self, ids: Tensor, answers: Tensor, *, share: float = 1.0, weight: float = 1.0) -> Tensor:
        """Return the cross-entropy (nats a token) of the answers, plus `weight` times that of other tokens.

        So GPT was fine-tuned (Radford et al. 2018, equation 5). `ids` is (B, T), padded with −1; `answers`
        (B, T) is True where a token is the answer's. Of the other tokens a `share` is drawn, an unbiased
        estimate: the softmax over all V costs more than the layers below it. A part without tokens is 0.
        """
        hidden, _ = self(ids[:, :-1].clamp(min=0))  # (B, T − 1, d)
        targets, answers = ids[:, 1:], answers[:, 1:]
        real = targets >= 0
        drawn = real & ~answers
        if share < 1:
            drawn &= torch.rand(targets.shape, device=ids.device) < share
        parts = [(real & answers, 1.0), (drawn, weight)]
        return sum(
            factor * F.cross_entropy(self.logits(hidden[chosen]), targets[chosen], reduction="sum")
            / chosen.sum().clamp(min=1)
            for chosen, factor in parts
        )  # fmt: skip

    @torch.inference_mode()
    def begin(self, prompts: Sequence[Sequence[int]]) -> tuple[GptContinuation, NDArray[np.float32]]:
        """Return what goes on after prompts of one length, and the logits (B, V) of the next token."""
        hidden, past = self(torch.tensor(prompts, device=self.tokens.weight.device))
        return GptContinuation(self, past), self.logits(hidden[:, -1]).float().numpy(force=True)


class GptContinuation:
    """Texts that are being written: keys and values of all tokens so far, none computed twice."""

    def __init__(self, model: GPT, past: list[Past]) -> None:
        self.model, self.past = model, past

    @torch.inference_mode()
    def step(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits (B, V) after one more token of each text."""
        device = self.model.tokens.weight.device
        hidden, self.past = self.model(torch.tensor(tokens, device=device)[:, None], self.past)
        logits: NDArray[np.float32] = self.model.logits(hidden[:, -1]).float().numpy(force=True)
        return logits

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts, some of them twice perhaps."""
        rows = list(rows)
        self.past = [(keys[rows], values[rows]) for keys, values in self.past]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
