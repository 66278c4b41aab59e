"""Scaled dot-product attention with several heads, as in "Attention is all you need" (Vaswani et al. 2017).

softmax(Q Kᵀ / √D + mask) V      D = C / H channels a head
"""

# ruff: noqa: N806 - B, T and their kin are upper case, as on paper

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0) -> Tensor:
    """Return (…, T, D): for each of T queries the mean of S values, weighed by how its key answers.

    q is (…, T, D), k and v are (…, S, D). Where `mask`, which broadcasts to (…, T, S), is False nothing is
    seen; a query that may see nothing is an error of the caller's.
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (…, T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    return nn.functional.dropout(weights, dropout, training=dropout > 0) @ v


class MultiHeadAttention(nn.Module):
    """H attentions side by side, each over D = C / H channels of its own."""

    def __init__(self, dim: int, heads: int, dropout: float = 0.0) -> None:
        """`dim` is C, `heads` is H, which divides it."""
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value, self.out = (nn.Linear(dim, dim) for _ in range(4))

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Return (B, T, C): what each place of x (B, T, C) finds in memory (B, S, C), or in x itself.

        `mask` (B or 1, T or 1, S) is True where a place may look.
        """
        B, T, C = x.shape
        seen = x if memory is None else memory
        q, k, v = self._split(self.query(x)), self._split(self.key(seen)), self._split(self.value(seen))
        mask = None if mask is None else mask[:, None]  # (B, 1, T, S): the same for all heads
        y = attention(q, k, v, mask, self.dropout if self.training else 0.0)  # (B, H, T, D)
        out: Tensor = self.out(y.transpose(1, 2).reshape(B, T, C))  # (B, T, H, D) → (B, T, C)
        return out

    def _split(self, x: Tensor) -> Tensor:
        B, S, C = x.shape
        return x.view(B, S, self.heads, C // self.heads).transpose(1, 2)  # (B, H, S, D)


def causal(size: int, device: torch.device | None = None) -> Tensor:
    """Return (1, T, T), True where a place may look: at itself and at what stands before it."""
    return torch.ones(1, size, size, dtype=torch.bool, device=device).tril()
