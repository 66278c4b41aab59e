"""Tags of characters: B-TYPE, I-TYPE or O of each, by a linear layer over a network's state at it.

    p(tag | t) = softmax(W h_t + b),   the loss −Σ_t log p(tag_t)

Each tag is read where it is likeliest by itself; what begins an entity is B, or an I after another type.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from unicodedata import normalize

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pad_sequence

from harness.models.networks import Batch, Network, NetworkClassifier, TokenRows
from harness.models.training import train

Span = tuple[int, int, str]
NO_TAG = -100  # of padding: no loss


class TokenTagger(Network):
    """A network that says something of each token in place of the whole text."""

    def __init__(self, network: Network, tags: int) -> None:
        """`network` has states (B, T, `width`)."""
        super().__init__()
        self.network = network
        self.tags = nn.Linear(network.width, tags)

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, T, tags) logits."""
        logits: Tensor = self.tags(self.network.states(batch))
        return logits

    def pretraining_loss(self, batch: Batch) -> tuple[Tensor, int]:
        """Return what the network itself learns from bare texts."""
        return self.network.pretraining_loss(batch)


class NetworkTagger(NetworkClassifier):
    """A tokeniser of single characters and a network that tags each."""

    def fit_tags(self, texts: Sequence[str], tags: Sequence[Sequence[int]], classes: int) -> None:
        """Learn from `texts` and a tag of each character, in [0, classes).

        Raises:
            BadInput: there are no texts.
            Unavailable: the training came to nothing, or the device is not here.
        """
        rows = self._begin([(text,) for text in texts], classes)
        self.prior, self.scale = np.zeros(classes), 1.0
        wanted = [torch.tensor(one[:n]) for one, n in zip(tags, rows.lengths.tolist(), strict=True)]

        def loss(chosen: Sequence[int]) -> tuple[Tensor, int]:
            logits = self.network(rows.batch(chosen, self.device))  # (B, T, C)
            right = pad_sequence([wanted[i] for i in chosen], batch_first=True, padding_value=NO_TAG)
            right = F.pad(right, (0, logits.shape[1] - right.shape[1]), value=NO_TAG).long().to(self.device)
            summed = F.cross_entropy(logits.transpose(1, 2), right, ignore_index=NO_TAG, reduction="sum")
            return summed, max(1, int((right != NO_TAG).sum()))

        self._pretrain(rows)
        lengths = rows.lengths.tolist()
        found = train(self.network, loss, lengths, self.recipe, training_context=self.training_context)
        self.trainings.append(found)

    @torch.no_grad()
    def tags_of(self, rows: TokenRows) -> list[list[int]]:
        """Return the likeliest tag of each character that is read, a list a text."""
        found: list[list[int]] = [[] for _ in rows.lengths]
        for chosen, batch in self._batches(rows, range(len(found))):
            likeliest = self.network(batch).argmax(-1).tolist()
            for row, tags in zip(chosen, likeliest, strict=True):
                found[row] = tags[: rows.lengths[row]]
        return found


def tags_of_spans(text: str, spans: Iterable[Span], types: Sequence[str]) -> list[int]:
    """Return a tag of each composed character: 0 is O, 1 + 2t begins an entity of type t, 2 + 2t goes on."""
    ends = _ends(text)
    tags = [0] * ends[-1]
    for start, end, kind in spans:
        first = 1 + 2 * types.index(kind)
        for place in range(ends[start], ends[end]):
            tags[place] = first if place == ends[start] else first + 1
    return tags


def spans_of_tags(text: str, tags: Sequence[int], types: Sequence[str]) -> list[Span]:
    """Return the spans that tags say, in characters of the text as it is written."""
    ends = _ends(text)
    places = [bisect_right(ends, place) - 1 for place in range(ends[-1])] + [len(text)]
    found: list[Span] = []
    last = 0
    for place, tag in enumerate(tags):
        if tag:
            kind, begins = types[(tag - 1) // 2], tag % 2 == 1
            goes_on = last and not begins and types[(last - 1) // 2] == kind
            start = found.pop()[0] if goes_on else places[place]
            found.append((start, places[place + 1], kind))
        last = tag
    return found


def _ends(text: str) -> list[int]:
    """Return for each beginning of a text how many characters it has once it is composed."""
    if len(normalize("NFC", text)) == len(text):
        return list(range(len(text) + 1))
    return [len(normalize("NFC", text[:end])) for end in range(len(text) + 1)]
