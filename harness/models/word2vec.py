"""word2vec: vectors of words, learnt by telling their neighbours from words that were drawn.

Mikolov et al. 2013. Each word w has a vector v_w as a centre and u_w as a neighbour. Skip-gram predicts each
neighbour o from the centre c, CBOW the centre from the mean of its neighbours:

    skip-gram   −log σ(u_o · v_c) − Σ_k log σ(−u_k · v_c)
    CBOW        −log σ(v_c · ū) − Σ_k log σ(−v_k · ū)      ū the mean of the neighbours' u

The nearer a neighbour the more it counts, linearly, as with a window drawn from 1 to its size; frequent words
count less, as if they were left out at times. The words of noise are drawn once a batch and shared by it.

A text is the mean of its words' vectors, in which a word of the share p counts a / (a + p) (smooth inverse
frequency, Arora et al. 2017); a linear layer over it, the vectors at rest, tells classes apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.losses import negative_sampling
from harness.models.networks import Batch, Network, embedding, mean_over
from harness.models.tokenizers import SPECIAL

NOISE = 256  # words drawn a batch, which stand for `negatives`
RARE = 1e-3  # words of a larger share count less: Mikolov's t, for texts this short, and Arora's a


class Word2vec(Network):
    """Vectors of words, and a linear layer over the mean of a text's."""

    def __init__(
        self,
        vocabulary: int,
        classes: int,
        *,
        dim: int = 200,
        method: str = "skip-gram",
        window: int = 5,
        negatives: int = 5,
    ) -> None:
        """`window` is how far (tokens) a neighbour may be; `method` is `skip-gram` or `cbow`."""
        super().__init__()
        self.method, self.window, self.negatives = method, window, negatives
        self.centre, self.neighbour = embedding(vocabulary, dim), embedding(vocabulary, dim)
        # How likely a word is drawn as noise, how much it counts as a neighbour, and how much in a text.
        for name in ("noise", "kept", "tells"):
            self.register_buffer(name, torch.ones(vocabulary))
        for name, value in (("mean", 0.0), ("deviation", 1.0)):  # of each channel of the texts' vectors
            self.register_buffer(name, torch.full((dim,), value))
        self.out = nn.Linear(dim, classes)

    def meet(self, counts: Tensor) -> None:
        """Set how likely each word is drawn as noise, and how much it counts, by how often it comes."""
        words = counts.clone()
        words[: len(SPECIAL)] = 0
        share = words / words.sum().clamp(min=1)
        self.noise.copy_(words**0.75)
        self.kept.copy_((RARE / share.clamp(min=1e-12)).sqrt().clamp(max=1) * (words > 0))
        self.tells.copy_(RARE / (RARE + share))

    def pretraining_loss(self, batch: Batch) -> tuple[Tensor, int]:
        """Return the summed loss (nats) of all neighbours, by how much each counts, and the tokens."""
        drawn = torch.multinomial(self.noise, NOISE, replacement=True)  # (K,)
        weight = self._weights(batch)  # (B, T, T), of each centre and neighbour
        v, u = self.centre(batch.ids), self.neighbour(batch.ids)  # (B, T, D)
        if self.method == "skip-gram":
            right = v @ u.transpose(1, 2)  # (B, T, T)
            wrong = v @ self.neighbour(drawn).T  # (B, T, K), the same for all neighbours of a centre
            losses = weight * negative_sampling(right, wrong[:, :, None, :], self.negatives)
        else:
            around = weight.sum(dim=2, keepdim=True)  # (B, T, 1)
            mean = weight @ u / around.clamp(min=1e-12)  # (B, T, D)
            wrong = mean @ self.centre(drawn).T  # (B, T, K)
            counts = self.kept[batch.ids] * (around[:, :, 0] > 0)
            losses = counts * negative_sampling((v * mean).sum(dim=-1), wrong, self.negatives)
        return losses.sum(), int(batch.lengths.sum())

    def _weights(self, batch: Batch) -> Tensor:
        """Return (B, T, T), how much each pair of a centre and a neighbour counts."""
        place = torch.arange(batch.ids.shape[1], device=batch.ids.device)
        far = (place[:, None] - place[None, :]).abs()  # (T, T)
        near = ((self.window + 1 - far).clamp(min=0) / self.window) * (far > 0)
        kept = self.kept[batch.ids] * batch.mask  # (B, T)
        return kept[:, :, None] * kept[:, None, :] * near

    @torch.no_grad()
    def start_training(self, batches: Iterator[Batch]) -> None:
        """Lay the vectors to rest: only the linear layer, over standardised channels, learns the classes."""
        for table in (self.centre, self.neighbour):
            table.weight.requires_grad_(False)
        texts = torch.cat([self.vectors(batch) for batch in batches])  # (N, D)
        self.mean.copy_(texts.mean(dim=0))
        self.deviation.copy_(texts.std(dim=0, unbiased=False).clamp(min=1e-6))

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.out((self.vectors(batch) - self.mean) / self.deviation)
        return logits

    def vectors(self, batch: Batch) -> Tensor:
        """Return (B, D), the weighted mean of the words' vectors, each of length 1."""
        return mean_over(F.normalize(self.centre(batch.ids), dim=-1), batch.mask * self.tells[batch.ids])

    def nearest(self, vector: Tensor, count: int) -> list[tuple[int, float]]:
        """Return the `count` words whose vectors point most as `vector` (D,) does, each with its cosine."""
        cosines = F.normalize(self.centre.weight, dim=-1) @ F.normalize(vector, dim=-1)  # (V,)
        cosines[: len(SPECIAL)] = -1
        best = cosines.topk(min(count, len(cosines) - len(SPECIAL)))
        return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))
