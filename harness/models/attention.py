"""Attention and the blocks around it, of "Attention Is All You Need" (Vaswani et al. 2017), in the paper's notation.

    Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V
    MultiHead(x, y)    = Concat(head_1, …, head_H) W^O,  head_i = Attention(x W_i^Q, y W_i^K, y W_i^V)

x asks and y is looked at: x itself (self-attention), or what an encoder wrote (cross-attention).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Multi-head attention, with what it has looked at kept for the next token if asked."""

    def __init__(self, d: int, heads: int, *, dropout: float = 0.0) -> None:
        """`d` is the width of the model; each head is d / heads wide."""
        super().__init__()
        assert d % heads == 0
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value = (nn.Linear(d, d) for _ in range(3))
        self.out = nn.Linear(d, d)

    def forward(
        self,
        x: Tensor,
        y: Tensor,
        *,
        mask: Tensor | None = None,
        past: tuple[Tensor, Tensor] | None = None,
        causal: bool = False,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return what x (B, T, d) sees in y (B, S, d) as (B, T, d), and the keys and values to pass on.

        `mask` is (B, S), True where y may be looked at. With `past`, keys and values of (B, H, P, d_k), y are
        the tokens after those. `causal`: the t-th of T looks at the first S − T + t + 1 of S, no further.
        """
        k, v = self._heads(self.key(y)), self._heads(self.value(y))  # (B, H, S, d_k)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)  # (B, H, P + S, d_k)
        seen = self.attend(self._heads(self.query(x)), k, v, mask=mask, causal=causal)  # (B, H, T, d_k)
        return self.out(seen.transpose(1, 2).flatten(2)), (k, v)  # (B, T, d)

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, *, mask: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """Return softmax(q kᵀ / √d_k) v, (B, H, T, d_k); `k` and `v` may be kept ones, of an encoder."""
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, S)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None, :], -torch.inf)
        if causal:
            T, S = scores.shape[-2:]  # noqa: N806 - lengths are upper case, as on paper
            later = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(S - T + 1)
            scores = scores.masked_fill(later, -torch.inf)
        return F.dropout(scores.softmax(-1), self.dropout, self.training) @ v

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, T, d) → (B, H, T, d_k)


class FeedForward(nn.Module):
    """Two linear maps with a nonlinearity between them, each position for itself."""

    def __init__(self, d: int, *, dropout: float = 0.0) -> None:
        """The inner width is 4 d, as in the paper."""
        super().__init__()
        self.inner, self.out, self.dropout = nn.Linear(d, 4 * d), nn.Linear(4 * d, d), dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, d) for x (B, T, d)."""
        return F.dropout(self.out(F.gelu(self.inner(x), approximate="tanh")), self.dropout, self.training)


def sinusoids(length: int, d: int) -> Tensor:
    """Return the paper's position encodings (length, d): sines beside cosines of ever longer waves."""
    position = torch.arange(length)[:, None]  # (length, 1)
    angle = position / 10000 ** (torch.arange(0, d, 2) / d)  # (length, d / 2)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, :d]
