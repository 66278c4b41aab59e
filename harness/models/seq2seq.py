"""Sequence to sequence with attention: LSTMs that read a sentence and write another.

    h_1 … h_S  = BiLSTM(source)                              the encoder's states, (S, d)
    s_t        = LSTM([E y_{t−1}; s̃_{t−1}], s_{t−1})         the decoder's, fed with what it last saw
    α_ts       = softmax_s(s_t · W h_s)                      where it looks: Luong et al. 2015, "general"
    s̃_t        = tanh(W_c [Σ_s α_ts h_s; s_t])
    w_t        = tanh(Σ_s α_ts E x_s)                        the words it looks at
    l_t        = w_t + tanh(W_l w_t)                         what they say: Nguyen and Chiang 2018
    p(y_t | …) = softmax(E (s̃_t + l_t) + b)                   the embeddings once more: Press and Wolf 2017

Sutskever et al. 2014; Bahdanau et al. 2015; Luong et al. 2015 (attention, input feeding). The words
themselves have a say in what is written, beside the states, which a few thousand pairs teach too little of
rare ones. It learns with teacher forcing: the right y_{t−1} is given, whatever it would have written itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PAD = 0


class Memory(NamedTuple):
    """What was read: words, embedded, and states, both (B, S, d); a token's and not padding's (B, S)."""

    words: Tensor
    states: Tensor
    mask: Tensor


class DecoderState(NamedTuple):
    """Where the decoder is, (B, d) each: the LSTM's h and c, what it last saw, s̃, and the words there, l."""

    h: Tensor
    c: Tensor
    seen: Tensor
    lexical: Tensor

    @property
    def said(self) -> Tensor:
        """What the next token is predicted from."""
        return self.seen + self.lexical


class Seq2Seq(nn.Module):
    """The model. One vocabulary for both languages, whose token 0 is padding."""

    def __init__(
        self,
        vocabulary: int,
        *,
        d: int = 256,
        dropout: float = 0.3,
        words: float = 0.1,
        smoothing: float = 0.1,
    ) -> None:
        """`words` is the share of tokens that are dropped whole while it learns (Gal and Ghahramani 2016).

        `smoothing` is the share of the target that all tokens have alike (Szegedy et al. 2016).
        """
        super().__init__()
        self.dropout, self.words, self.smoothing = dropout, words, smoothing
        self.tokens = nn.Embedding(vocabulary, d, padding_idx=PAD)  # E
        nn.init.normal_(self.tokens.weight, std=d**-0.5)
        self.encoder = nn.LSTM(d, d // 2, bidirectional=True, batch_first=True)
        self.decoder = nn.LSTMCell(2 * d, d)
        self.start_h, self.start_c = nn.Linear(d, d), nn.Linear(d, d)
        self.look = nn.Linear(d, d, bias=False)  # W
        self.combine = nn.Linear(2 * d, d, bias=False)  # W_c
        self.translate = nn.Linear(d, d, bias=False)  # W_l
        self.bias = nn.Parameter(torch.zeros(vocabulary))  # b

    def read(self, source: Tensor) -> tuple[Memory, DecoderState]:
        """Return what the decoder looks at and where it starts, for `source` (B, S), padded at its end."""
        mask = source != PAD
        words = self.embedded(source)
        packed = pack_padded_sequence(words, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        packed, (h, c) = self.encoder(packed)  # h, c: (2, B, d / 2), forwards and backwards
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])  # (B, S, d)
        h, c = (x.transpose(0, 1).flatten(1) for x in (h, c))  # (B, d)
        nothing = torch.zeros_like(h)
        return Memory(words, states, mask), DecoderState(
            self.start_h(h).tanh(), self.start_c(c), nothing, nothing
        )

    def advance(self, x: Tensor, memory: Memory, state: DecoderState) -> DecoderState:
        """Return where the decoder is after one more token, embedded: x (B, d)."""
        given = torch.cat([x, state.seen], 1)  # (B, 2 d)
        h, c = self.decoder(given, (state.h, state.c))
        scores = (memory.states @ self.look(h)[:, :, None]).squeeze(2)  # (B, S): s · W h, W on either side
        alpha = scores.masked_fill(~memory.mask, -torch.inf).softmax(1)
        context = (alpha[:, None] @ memory.states).squeeze(1)  # (B, d)
        seen = self.combine(torch.cat([context, h], 1)).tanh()
        word = (alpha[:, None] @ memory.words).squeeze(1).tanh()  # (B, d)
        lexical = word + self.translate(word).tanh()
        return DecoderState(h, c, *(F.dropout(x, self.dropout, self.training) for x in (seen, lexical)))

    def logits(self, said: Tensor) -> Tensor:
        """Return (…, V) for s̃ + l (…, d)."""
        return F.linear(said, self.tokens.weight, self.bias)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits (B, T, V) of what follows each token of `target` (B, T), teacher forced."""
        memory, state = self.read(source)
        said = []
        for x in self.embedded(target).unbind(1):
            state = self.advance(x, memory, state)
            said.append(state.said)
        return self.logits(torch.stack(said, 1))

    def loss(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy (nats a token) of `target` (B, T): the start token, the text, the end.

        Only what is learnt from is smoothed; what is held out is measured as it is.
        """
        return forced(self(source, target[:, :-1]), target, self.smoothing if self.training else 0.0)

    def embedded(self, ids: Tensor) -> Tensor:
        """Return (…, d) for tokens `ids` (…): rows of E, which are short, made as long as a state."""
        x = self.tokens(ids) * math.sqrt(self.tokens.embedding_dim)
        whole = F.dropout(torch.ones_like(ids, dtype=x.dtype), self.words, self.training)
        return F.dropout(x * whole[..., None], self.dropout, self.training)  # (…, d)

    @torch.inference_mode()
    def begin(self, sources: Sequence[Sequence[int]], start: int) -> tuple[LstmDecoding, NDArray[np.float32]]:
        """Return what goes on writing, and the logits (B, V) of the first token after `start`."""
        memory, state = self.read(padded(sources).to(self.tokens.weight.device))
        writing = LstmDecoding(self, memory, state)
        return writing, writing.step([start] * len(sources))


class LstmDecoding:
    """Texts that are being written, a row each."""

    def __init__(self, model: Seq2Seq, memory: Memory, state: DecoderState) -> None:
        self.model, self.memory, self.state = model, memory, state

    @torch.inference_mode()
    def step(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits (B, V) after one more token of each text."""
        model = self.model
        x = model.embedded(torch.tensor(tokens, device=model.tokens.weight.device))
        self.state = model.advance(x, self.memory, self.state)
        logits: NDArray[np.float32] = model.logits(self.state.said).float().numpy(force=True)
        return logits

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts."""
        rows = list(rows)
        self.memory = Memory(*(x[rows] for x in self.memory))
        self.state = DecoderState(*(x[rows] for x in self.state))


def forced(logits: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross-entropy (nats a token) of what logits (B, T, V) say of `target` (B, T + 1).

    They are of what follows each of its tokens but the last. Padding does not count.
    """
    return F.cross_entropy(
        logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD, label_smoothing=smoothing
    )


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return token rows as one tensor (B, T), padded at their ends."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])
