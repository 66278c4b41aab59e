"""A transformer encoder that classifies texts and pairs of them: a small BERT.

Devlin et al. 2019, with the layer norm first (Xiong et al. 2020), so that it learns without a long warm-up.
It may first be pre-trained on the train texts themselves: 15 % of the tokens are hidden, and it learns to say
what they were, from both sides (masked language modelling). Beside that it may learn next-sentence
prediction: whether a text's second part is its own or another text's.
"""

# ruff: noqa: N806 - B, T and their kin are upper case, as on paper

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from harness.models.attention import MultiHeadAttention
from harness.models.losses import cross_entropy
from harness.models.networks import Batch, Network, embedding, max_over, mean_over
from harness.models.tokenizers import MASK, PAD, SPECIAL

HIDDEN = 0.15  # the share of tokens that the pre-training asks for
SEGMENTS = 4  # parts of a text that are told apart; further ones count as the last


class EncoderBlock(nn.Module):
    """Attention, then two layers over each token, each added to what was there."""

    def __init__(self, dim: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = MultiHeadAttention(dim, heads, dropout)
        self.layers = nn.Sequential(nn.Linear(dim, feed_forward), nn.GELU(), nn.Linear(feed_forward, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (B, T, C) of x (B, T, C); mask (B, 1, T) is True where there is a token to look at."""
        x = x + self.dropout(self.attention(self.norm1(x), mask=mask))
        out: Tensor = x + self.dropout(self.layers(self.norm2(x)))
        return out


class TransformerClassifier(Network):
    """Token, place and segment → blocks → mean and maximum over the tokens → logits."""

    def __init__(
        self,
        vocabulary: int,
        classes: int,
        *,
        dim: int = 128,
        layers: int = 2,
        heads: int = 4,
        feed_forward: int = 256,
        places: int = 128,
        dropout: float = 0.1,
        next_sentence: bool = False,
    ) -> None:
        """`dim` is C; `places` the most tokens of a text; `next_sentence` adds that to pre-training."""
        super().__init__()
        self.width, self.places = dim, places
        self.token, self.segment = embedding(vocabulary, dim), nn.Embedding(SEGMENTS, dim)
        self.place = nn.Embedding(places, dim)
        for table in (self.segment, self.place):
            nn.init.normal_(table.weight, std=0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(EncoderBlock(dim, heads, feed_forward, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.guess = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.LayerNorm(dim))  # what was hidden
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.out = nn.Linear(2 * dim, classes)
        self.follows = nn.Linear(2 * dim, 1) if next_sentence else None

    def encode(self, batch: Batch) -> Tensor:
        """Return (B, T, C), what each token means where it stands."""
        T = batch.ids.shape[1]
        segment = self.segment(batch.segments.clamp(max=SEGMENTS - 1))
        place = self.place(torch.arange(T, device=batch.ids.device))  # (T, C)
        x = self.dropout(self.token(batch.ids) + place + segment)
        # A text without a token sees the first padding, as a softmax over nothing is no number.
        mask = batch.mask | (torch.arange(T, device=x.device) == 0)  # (B, T)
        for block in self.blocks:
            x = block(x, mask[:, None, :])
        out: Tensor = self.norm(x)
        return out

    def states(self, batch: Batch) -> Tensor:
        """Return (B, T, C), what each token means where it stands."""
        return self.encode(batch)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.out(self.dropout(_pooled(self.encode(batch), batch)))
        return logits

    def pretraining_loss(self, batch: Batch) -> tuple[Tensor, int]:
        """Return the summed loss (nats) of the tokens that were hidden, and how many they are.

        Of those asked for 80 % read MASK, 10 % another token and 10 % stay, as in BERT. With next-sentence
        prediction its mean over the texts is added to the mean over the tokens, as there.
        """
        follows = None
        if self.follows is not None:
            batch, follows = with_others_ends(batch, self.places)
        asked = (torch.rand(batch.ids.shape, device=batch.ids.device) < HIDDEN) & batch.mask
        how = torch.rand(batch.ids.shape, device=batch.ids.device)
        other = torch.randint(len(SPECIAL), len(self.bias), batch.ids.shape, device=batch.ids.device)
        seen = torch.where(asked & (how < 0.8), MASK, batch.ids)
        seen = torch.where(asked & (how >= 0.9), other, seen)
        states = self.encode(batch._replace(ids=seen))
        x = self.guess(states[asked])  # (N, C)
        logits = x @ self.token.weight.T + self.bias  # (N, V): the embedding again, turned round
        loss = cross_entropy(logits, batch.ids[asked]).sum()
        if self.follows is not None and follows is not None:
            said = self.follows(_pooled(states, batch)).squeeze(-1)  # (B,)
            loss = loss + len(x) * F.binary_cross_entropy_with_logits(said, follows)
        return loss, len(x)

    def vectors(self, batch: Batch) -> Tensor:
        """Return (B, C), the mean over the tokens."""
        return mean_over(self.encode(batch), batch.mask)


def _pooled(x: Tensor, batch: Batch) -> Tensor:
    """Return (B, 2C), the mean and the maximum over the tokens of x (B, T, C)."""
    return torch.cat([mean_over(x, batch.mask), max_over(x, batch.mask)], dim=-1)


def with_others_ends(batch: Batch, most: int) -> tuple[Batch, Tensor]:
    """Return texts of which about half end as another of the batch does, and which kept their own end.

    A text of several parts is parted after its first, any other in its middle, and what follows is segment 1.
    A text longer than `most` tokens loses its last ones. The answer (B,) is 1.0 where the end is the text's
    own; a batch of one text keeps it. (Devlin et al. 2019, section 3.1, task 2.)
    """
    B, T = batch.ids.shape
    device = batch.ids.device
    rows = torch.arange(B, device=device)
    first = ((batch.segments == 0) & batch.mask).sum(1)  # (B,), tokens of the first part
    begin = torch.where(first < batch.lengths, first, (batch.lengths + 1) // 2)
    moved = torch.rand(B, device=device) < 0.5
    step = torch.randint(1, max(2, B), (B,), device=device)  # of a single text it leads back to itself
    source = torch.where(moved, (rows + step) % B, rows)
    ends = (batch.lengths - begin)[source]  # (B,)
    lengths = (begin + ends).clamp(max=most)
    width = max(1, int(lengths.max()))
    places = torch.arange(width, device=device).expand(B, width)
    own = places < begin[:, None]
    at = torch.where(own, places, (begin[source] - begin)[:, None] + places).clamp(0, T - 1)
    ids = batch.ids[torch.where(own, rows[:, None], source[:, None]), at]
    ids = ids.masked_fill(places >= lengths[:, None], PAD)
    segments = (~own & (places < lengths[:, None])).long()
    return Batch(ids, lengths, segments), (source == rows).float()
