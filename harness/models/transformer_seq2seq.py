"""The transformer of "Attention Is All You Need" (Vaswani et al. 2017): it reads one text, writes another.

    encoder   x = LN(x + SelfAttention(x));           x = LN(x + FFN(x))
    decoder   y = LN(y + causal SelfAttention(y));    y = LN(y + Attention(y, x));    y = LN(y + FFN(y))
    p(y_t | …) = softmax(y_t Eᵀ),   x_0 = √d · E[token] + sinusoids

with label smoothing: the target is 1 − ε of the right token and ε of all tokens alike. One departure, which
such small data needs (Xiong et al. 2020): the norms stand before each part instead of after its sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.attention import FeedForward, MultiHeadAttention, Past, sinusoids
from harness.models.seq2seq import PAD, forced, padded


class EncoderLayer(nn.Module):
    """Look around, then think."""

    def __init__(self, d: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2, self.drop = nn.LayerNorm(d), nn.LayerNorm(d), nn.Dropout(dropout)
        self.attention, self.feed_forward = MultiHeadAttention(d, heads), FeedForward(d, dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (B, S, d) for x (B, S, d); `mask` (B, S) is True where a token is none of padding."""
        x = x + self.drop(self.attention(self.norm1(x), mask=mask[:, None]))
        return x + self.feed_forward(self.norm2(x))


class DecoderLayer(nn.Module):
    """Look back at what is written, then at what was read, then think."""

    def __init__(self, d: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d) for _ in range(3))
        self.drop = nn.Dropout(dropout)
        self.attention, self.cross = MultiHeadAttention(d, heads), MultiHeadAttention(d, heads)
        self.feed_forward = FeedForward(d, dropout)

    def forward(self, y: Tensor, x: Tensor, mask: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Return (B, T, d) for y (B, T, d) that looks at x (B, S, d), and what later tokens need of y."""
        seen, kept = self.attention.after(self.norm1(y), past)
        y = y + self.drop(seen)
        y = y + self.drop(self.cross(self.norm2(y), x, mask[:, None]))
        return y + self.feed_forward(self.norm3(y)), kept


class TransformerSeq2Seq(nn.Module):
    """The model. One vocabulary for both languages, whose token 0 is padding."""

    def __init__(
        self,
        vocabulary: int,
        *,
        d: int = 256,
        heads: int = 4,
        layers: int = 3,
        dropout: float = 0.3,
        smoothing: float = 0.1,
        longest: int = 512,
    ) -> None:
        """`longest` is the most tokens of a text that it can read or write; `smoothing` is the paper's ε."""
        super().__init__()
        self.dropout, self.smoothing, self.longest = dropout, smoothing, longest
        self.tokens = nn.Embedding(vocabulary, d, padding_idx=PAD)  # E
        nn.init.normal_(self.tokens.weight, std=d**-0.5)
        self.register_buffer("positions", sinusoids(longest, d), persistent=False)  # (longest, d)
        self.encoder = nn.ModuleList(EncoderLayer(d, heads, dropout) for _ in range(layers))
        self.decoder = nn.ModuleList(DecoderLayer(d, heads, dropout) for _ in range(layers))
        self.read_norm, self.written_norm = nn.LayerNorm(d), nn.LayerNorm(d)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return the source (B, S) as states (B, S, d), and their mask."""
        mask, x = source != PAD, self._embedded(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.read_norm(x), mask

    def write(
        self, target: Tensor, x: Tensor, mask: Tensor, past: list[Past] | None = None
    ) -> tuple[Tensor, list[Past]]:
        """Return the logits (B, T, V) of what follows each of `target` (B, T), and what later tokens need."""
        y, kept = self._embedded(target, past[0][0].shape[2] if past else 0), []
        for number, layer in enumerate(self.decoder):
            y, keys = layer(y, x, mask, past[number] if past else None)
            kept.append(keys)
        return self.written_norm(y) @ self.tokens.weight.T, kept

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits (B, T, V) of what follows each token of `target` (B, T), teacher forced."""
        return self.write(target, *self.read(source))[0]

    def loss(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy (nats a token) of `target` (B, T), its start token given.

        Only what is learnt from is smoothed; what is held out is measured as it is.
        """
        return forced(self(source, target[:, :-1]), target, self.smoothing if self.training else 0.0)

    @torch.inference_mode()
    def begin(
        self, sources: Sequence[Sequence[int]], start: int
    ) -> tuple[TransformerDecoding, NDArray[np.float32]]:
        """Return what goes on writing, and the logits (B, V) of the first token after `start`."""
        source = padded([row[: self.longest] for row in sources]).to(self.tokens.weight.device)
        writing = TransformerDecoding(self, *self.read(source))
        return writing, writing.step([start] * len(sources))

    def _embedded(self, ids: Tensor, start: int = 0) -> Tensor:
        x = self.tokens(ids) * math.sqrt(self.tokens.embedding_dim)
        x = x + self.positions[start : start + ids.shape[1]]
        return F.dropout(x, self.dropout, self.training)


class TransformerDecoding:
    """Texts that are being written, a row each; no token is looked at twice."""

    def __init__(self, model: TransformerSeq2Seq, x: Tensor, mask: Tensor) -> None:
        self.model, self.x, self.mask = model, x, mask
        self.past: list[Past] | None = None

    @torch.inference_mode()
    def step(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits (B, V) after one more token of each text."""
        written = torch.tensor(tokens, device=self.x.device)[:, None]
        logits, self.past = self.model.write(written, self.x, self.mask, self.past)
        last: NDArray[np.float32] = logits[:, -1].float().numpy(force=True)
        return last

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts."""
        rows = list(rows)
        self.x, self.mask = self.x[rows], self.mask[rows]
        if self.past:
            self.past = [(keys[rows], values[rows]) for keys, values in self.past]
