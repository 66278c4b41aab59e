"""A reader that finds an answer in a passage: a BiLSTM that knows the question (after Seo et al. 2017).

    P, Q   = BiLSTM(E passage), BiLSTM(E question)         the same encoder for both, (T, d) and (J, d)
    a_t    = softmax_j(P_t · Q_j)                          where the question asks for each word
    q̃_t    = Σ_j a_tj Q_j
    M      = BiLSTM([P; q̃; P ∘ q̃; |P − q̃|])                 the passage in the question's light, (T, d)
    q      = Σ_j softmax_j(w · Q_j) Q_j                    the question as one vector
    p(start = t) ∝ exp(M_t · W_s q),   p(end = t) ∝ exp(M_t · W_e q)

A token's embedding has two features beside it: whether the question says the same token, and how many such
tokens stand near it, a rare one counting more (after Chen et al. 2017, "Reading Wikipedia to Answer
Open-Domain Questions").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PAD = 0
FEATURES = 2
NEAR = 8  # tokens to either side


class SpanReader(nn.Module):
    """The model. Token 0 is padding."""

    def __init__(self, vocabulary: int, *, d: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        self.dropout = dropout
        self.register_buffer("rarity", torch.ones(vocabulary))  # how much sharing a token tells, (V,)
        self.tokens = nn.Embedding(vocabulary, d, padding_idx=PAD)
        nn.init.normal_(self.tokens.weight, std=0.05)
        self.encoder = nn.LSTM(d + FEATURES, d // 2, bidirectional=True, batch_first=True)
        self.merger = nn.LSTM(4 * d, d // 2, bidirectional=True, batch_first=True)
        self.asked = nn.Linear(d, 1)  # w
        self.start, self.end = nn.Linear(d, d), nn.Linear(d, d)  # W_s, W_e

    def forward(self, passage: Tensor, question: Tensor) -> Tensor:
        """Return log-probabilities (B, 2, T) of where the answer starts and where its last token is.

        `passage` is (B, T) and `question` (B, J), both padded at their ends.
        """
        P = self._encoded(passage, self.features(passage, question))  # noqa: N806 - (B, T, d), as on paper
        Q = self._encoded(question, torch.ones(*question.shape, FEATURES, device=question.device))  # noqa: N806
        unasked = question == PAD
        a = (P @ Q.transpose(1, 2)).masked_fill(unasked[:, None], -torch.inf).softmax(-1)  # (B, T, J)
        q_ = a @ Q  # (B, T, d)
        M = _run(self.merger, self._dropped(torch.cat([P, q_, P * q_, (P - q_).abs()], -1)), passage)  # noqa: N806
        w = self.asked(Q)[..., 0].masked_fill(unasked, -torch.inf).softmax(-1)  # (B, J)
        q = (w[:, None] @ Q)[:, 0]  # (B, d)
        scores = torch.stack([(M @ head(q)[:, :, None])[..., 0] for head in (self.start, self.end)], 1)
        return scores.masked_fill(passage[:, None] == PAD, -torch.inf).log_softmax(-1)

    def features(self, passage: Tensor, question: Tensor) -> Tensor:
        """Return (B, T, FEATURES): whether the question says the token, and what it says near it, 0 to 1."""
        shared = (
            ((passage[:, :, None] == question[:, None, :]) & (passage[:, :, None] != PAD)).any(-1).float()
        )
        told = (shared * self.rarity[passage])[:, None]  # (B, 1, T)
        near = F.avg_pool1d(told, 2 * NEAR + 1, stride=1, padding=NEAR)[:, 0]
        return torch.stack([shared, near / near.amax(1, keepdim=True).clamp(min=1e-6)], -1)

    def loss(self, passage: Tensor, question: Tensor, spans: Tensor) -> Tensor:
        """Return the mean surprise (nats) at the answers' `spans` (B, 2), first and last token."""
        return F.nll_loss(self(passage, question).flatten(0, 1), spans.flatten())

    @torch.inference_mode()
    def best(self, passage: Tensor, question: Tensor, longest: int) -> list[tuple[int, int]]:
        """Return each passage's likeliest span, first and last token, of at most `longest` tokens."""
        start, end = self(passage, question).unbind(1)  # (B, T) each
        together = start[:, :, None] + end[:, None, :]  # (B, T, T)
        T = together.shape[1]  # noqa: N806
        possible = torch.ones(T, T, dtype=torch.bool, device=start.device).triu().tril(longest - 1)
        places = together.masked_fill(~possible, -torch.inf).flatten(1).argmax(-1)
        return [divmod(place, T) for place in places.tolist()]

    def _encoded(self, ids: Tensor, features: Tensor) -> Tensor:
        x = torch.cat([self._dropped(self.tokens(ids)), features], -1)
        return self._dropped(_run(self.encoder, x, ids))

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def _run(lstm: nn.LSTM, x: Tensor, ids: Tensor) -> Tensor:
    """Return the LSTM's states (B, T, d) over x, whose rows end where `ids` (B, T) are padding."""
    packed = pack_padded_sequence(x, (ids != PAD).sum(1).cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=ids.shape[1])[0]
