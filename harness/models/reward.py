"""A reward model: one number a text, so that the preferred of two has the higher one.

    x = dropout(E[tokens])        m = mean over the tokens of x
    r = w · (m + tanh(W m))       P(chosen before rejected) = σ(r_chosen − r_rejected)

Bradley and Terry 1952 for the probability; Stiennon et al. 2020, "Learning to summarize from human feedback",
for the loss −log σ(r_chosen − r_rejected). A bias would cancel out, and there is none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.networks import Batch, embedding, mean_over


class RewardModel(nn.Module):
    """Embeddings, their mean, a layer, a number."""

    def __init__(self, vocabulary: int, *, width: int = 64, dropout: float = 0.3) -> None:
        """`vocabulary` is V of the tokens, `width` E of the embeddings."""
        super().__init__()
        self.embedding = embedding(vocabulary, width)
        self.dropout = nn.Dropout(dropout)
        self.inner = nn.Linear(width, width)
        self.out = nn.Linear(width, 1, bias=False)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B,), the reward of each text; 0 for one without a token."""
        mean = mean_over(self.dropout(self.embedding(batch.ids)), batch.mask.float())  # (B, E)
        said: Tensor = self.out(mean + torch.tanh(self.inner(mean)) * batch.mask.any(1, keepdim=True))
        return said.squeeze(-1)


def bradley_terry(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Return (N,), −log σ(chosen − rejected) of rewards (N,), in nats."""
    return F.softplus(rejected - chosen)
