"""Scaled dot-product attention with several heads, as in "Attention is all you need" (Vaswani et al. 2017).

softmax(Q Kᵀ / √D + mask) V      D = C / H channels a head

Beside it the other parts that transformers are made of: the layers of each place, and where a place is.
"""

# ruff: noqa: N806 - B, T and their kin are upper case, as on paper

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

Past = tuple[Tensor, Tensor]  # keys and values (B, H, S, D) of the places so far


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0) -> Tensor:
    """Return (…, T, D): for each of T queries the mean of S values, weighed by how its key answers.

    q is (…, T, D), k and v are (…, S, D). Where `mask`, which broadcasts to (…, T, S), is False nothing is
    seen; a query that may see nothing is an error of the caller's.
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (…, T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout, training=dropout > 0) @ v


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
        seen = x if memory is None else memory
        q, k, v = self._split(self.query(x)), self._split(self.key(seen)), self._split(self.value(seen))
        return self._attended(q, k, v, mask)

    def after(self, x: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Return (B, T, C), what each place of x finds in itself and before it, and what later places need.

        x (B, T, C) stands after the places of `past`, whose keys and values are not computed again.
        """
        q, k, v = (self._split(part(x)) for part in (self.query, self.key, self.value))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)  # (B, H, S, D)
        T, S = x.shape[1], k.shape[2]
        return self._attended(q, k, v, causal(S, x.device)[:, S - T :]), (k, v)

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        mask = None if mask is None else mask[:, None]  # (B, 1, T, S): the same for all heads
        y = attention(q, k, v, mask, self.dropout if self.training else 0.0)  # (B, H, T, D)
        out: Tensor = self.out(y.transpose(1, 2).flatten(2))  # (B, T, H, D) → (B, T, C)
        return out

    def _split(self, x: Tensor) -> Tensor:
        B, S, C = x.shape
        return x.view(B, S, self.heads, C // self.heads).transpose(1, 2)  # (B, H, S, D)


def causal(size: int, device: torch.device | None = None) -> Tensor:
    """Return (1, T, T), True where a place may look: at itself and at what stands before it."""
    return torch.ones(1, size, size, dtype=torch.bool, device=device).tril()


class FeedForward(nn.Module):
    """Two linear maps with a nonlinearity between them, each place for itself; the inner one is 4 C wide."""

    def __init__(self, dim: int, dropout: float = 0.0) -> None:
        """`dim` is C."""
        super().__init__()
        self.inner, self.out, self.dropout = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim), dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, C) for x (B, T, C)."""
        return F.dropout(self.out(F.gelu(self.inner(x), approximate="tanh")), self.dropout, self.training)


def sinusoids(length: int, dim: int) -> Tensor:
    """Return the paper's position encodings (length, C): sines beside cosines of ever longer waves."""
    place = torch.arange(length)[:, None]  # (length, 1)
    angle = place / 10000 ** (torch.arange(0, dim, 2) / dim)  # (length, C / 2)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, :dim]
