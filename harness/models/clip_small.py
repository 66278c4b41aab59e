"""A small CLIP: a tower for pictures and one for captions, which meet in one space (Radford et al. 2021).

    v = CNN(picture) / ‖·‖        u = W · mean(E tokens of the caption) / ‖·‖
    s_ij = e^τ v_i · u_j          how well picture i and caption j fit, in a batch of N of both

It learns that its own caption fits a picture best, and its own pictures a caption: a cross-entropy along
rows and one along columns. Equal captions in a batch are all right ones, alike (Yang et al. 2022, "Unified
Contrastive Learning in Image-Text-Label Space"): with ten classes, half the others would be wrongly wrong.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

PAD = 0
SHIFT = 2  # pixels by which a picture is moved while it is learnt


class ClipSmall(nn.Module):
    """Both towers; `d` is the width of the space they meet in."""

    def __init__(self, vocabulary: int, *, d: int = 64, channels: int = 32, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        widths = (3, channels, 2 * channels, 4 * channels)
        self.convolutions = nn.ModuleList(nn.Conv2d(of, to, 3, padding=1) for of, to in pairwise(widths))
        self.norms = nn.ModuleList(nn.GroupNorm(8, width) for width in widths[1:])
        self.picture = nn.Linear(4 * channels * 4, d)
        self.tokens = nn.Embedding(vocabulary, d, padding_idx=PAD)  # E
        self.caption = nn.Linear(d, d)  # W
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))  # τ, as CLIP begins

    def pictures(self, x: Tensor) -> Tensor:
        """Return unit vectors (B, d) of pictures (B, 3, H, W), values about −1 to 1."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.max_pool2d(F.relu(norm(convolution(x))), 2)  # (B, C, H / 2, W / 2)
        x = F.adaptive_avg_pool2d(x, 2).flatten(1)  # (B, 4 C): what is where, in quarters
        return F.normalize(self.picture(F.dropout(x, self.dropout, self.training)), dim=-1)

    def captions(self, ids: Tensor) -> Tensor:
        """Return unit vectors (B, d) of captions (B, T), padded at their ends."""
        real = (ids != PAD)[..., None]
        mean = (self.tokens(ids) * real).sum(1) / real.sum(1).clamp(min=1)
        return F.normalize(self.caption(mean), dim=-1)

    def loss(self, x: Tensor, ids: Tensor) -> Tensor:
        """Return the contrastive loss (nats) of N pictures and the captions (N, T) that are theirs."""
        same = (ids[:, None] == ids[None]).all(-1).float()  # (N, N)
        scores = self.scale.exp().clamp(max=100) * self.pictures(self._moved(x)) @ self.captions(ids).T
        target = same / same.sum(1, keepdim=True)
        return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2

    def _moved(self, x: Tensor) -> Tensor:
        """Return the pictures, while they are learnt each moved by up to SHIFT pixels."""
        if not self.training:
            return x
        height, width = x.shape[2:]
        wide = F.pad(x, (SHIFT, SHIFT, SHIFT, SHIFT), mode="replicate")
        corners = torch.randint(0, 2 * SHIFT + 1, (len(x), 2)).tolist()
        moved = [
            one[:, top : top + height, left : left + width]
            for one, (top, left) in zip(wide, corners, strict=True)
        ]
        return torch.stack(moved)
