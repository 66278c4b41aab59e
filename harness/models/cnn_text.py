"""Convolutions over tokens, the largest answer of each filter, a linear layer.

Kim 2014, "Convolutional Neural Networks for Sentence Classification". A filter of width k sees k tokens at a
time and says where it finds what it looks for; only how well it found it at its best place is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.networks import Batch, Network, embedding


class CnnText(Network):
    """Embedding → filters of several widths → maximum over time → dropout → logits."""

    def __init__(
        self,
        vocabulary: int,
        classes: int,
        *,
        dim: int = 128,
        filters: int = 100,
        widths: tuple[int, ...] = (2, 3, 4),
        dropout: float = 0.5,
    ) -> None:
        """`dim` is E; `filters` is how many there are of each of the `widths` (tokens)."""
        super().__init__()
        self.embedding = embedding(vocabulary, dim)
        self.convolutions = nn.ModuleList(nn.Conv1d(dim, filters, k, padding=k - 1) for k in widths)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(filters * len(widths), classes)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, C) logits."""
        x = self.dropout(self.embedding(batch.ids)).transpose(1, 2)[:, :, None]  # (B, E, 1, T)
        best = [self._best(filters, x, batch.lengths) for filters in self.convolutions]  # (B, F) each
        logits: Tensor = self.out(self.dropout(torch.cat(best, dim=1)))
        return logits

    @staticmethod
    def _best(filters: nn.Conv1d, x: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, F), the largest answer of each filter to x (B, E, 1, T) at a place that has a token.

        A picture one pixel high, because torch reads pictures as embeddings lie in memory, a place's channels
        side by side: the same sums as `filters(x)`, without its copies. What is below 0 counts as 0.
        """
        (width,) = filters.kernel_size
        found = F.conv2d(x, filters.weight[:, :, None], filters.bias, padding=(0, width - 1))[:, :, 0]
        place = torch.arange(found.shape[2], device=x.device)  # found is (B, F, T + width - 1)
        outside = place >= lengths[:, None] + width - 1  # (B, T + width - 1)
        return found.masked_fill_(outside[:, None], 0.0).max(dim=2).values.relu()
