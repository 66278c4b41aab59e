"""What networks that read text share: ids in batches, a fit in one or two trainings, probabilities, vectors.

A network is an `nn.Module` on a page of its own. Here its texts are tokenised by a tokeniser that was trained
on them, it is pre-trained on the bare texts if that is asked for, then trained to tell the classes apart; and
one number makes its probabilities honest (`models.scaling`), set on rows that it did not learn from.
"""

# ruff: noqa: N806 - B, T and their kin are upper case, as on paper

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.errors import BadInput
from harness.models import LEAST
from harness.models import tokenizers as tokenisers
from harness.models.losses import cross_entropy
from harness.models.temperature_scaling import best_scale
from harness.models.tokenizers import PAD, SEP, UNK, Tokeniser
from harness.models.training import Recipe, Trained, batches, pick_device, seeded, train
from harness.models.word_arithmetic import summed, terms
from harness.schema import TrainingContext, TrainingStats

EMBEDDING_STD = 0.05  # of embeddings when they begin: at torch's 1 a network learns for epochs to forget them

Parts = tuple[str, ...]  # what an example says, a field each


class Batch(NamedTuple):
    """B texts of up to T tokens: `ids` (B, T), PAD after the end; `lengths` (B,), 0 for an empty one.

    `segments` (B, T) counts the parts of a text: 0 for the first sentence, 1 for the second.
    """

    ids: Tensor
    lengths: Tensor
    segments: Tensor

    @property
    def mask(self) -> Tensor:
        """Return (B, T), True where there is a token."""
        places = torch.arange(self.ids.shape[1], device=self.ids.device)
        return places[None, :] < self.lengths[:, None]


class Network(nn.Module):
    """A network that reads batches of text."""

    @abstractmethod
    def forward(self, batch: Batch) -> Tensor:
        """Return (B, C) logits."""

    def pretraining_loss(self, batch: Batch) -> tuple[Tensor, int]:
        """Return the summed loss (nats) of predicting the texts themselves, and how much it sums over."""
        raise NotImplementedError

    def meet(self, counts: Tensor) -> None:
        """Take notice of how often each token is in the texts, (V,), before anything is learnt."""

    def start_training(self, batches: Iterator[Batch]) -> None:
        """Get ready to tell classes apart, once the pre-training is over; `batches` hold every text once."""

    width = 0  # of a token's state, H; 0 where there are none

    def states(self, batch: Batch) -> Tensor:
        """Return (B, T, H), what each token means where it stands."""
        raise NotImplementedError

    def vectors(self, batch: Batch) -> Tensor:
        """Return (B, D), a vector a text."""
        raise NotImplementedError

    def nearest(self, vector: Tensor, count: int) -> list[tuple[int, float]]:
        """Return the `count` tokens whose vectors point most as `vector` (D,) does, each with its cosine."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """How texts become ids: the kind of tokeniser, how many tokens it knows, how many of a text are read."""

    tokeniser: str = "bpe"
    vocabulary: int = 16_000
    max_tokens: int = 128


class TokenRows:
    """Texts as ids, all in one array, from which batches are cut without a loop.

    `cut` (N,) says of which not all is read.
    """

    def __init__(self, tokeniser: Tokeniser, texts: Sequence[Parts], most: int) -> None:
        encoded = iter(tokeniser.encode(list(chain.from_iterable(texts))))
        rows = [_joined([next(encoded) for _ in parts], most) for parts in texts]
        self.cut = [cut for _, _, cut in rows]
        self.lengths = np.array([len(ids) for ids, _, _ in rows], np.int64)
        self.starts = np.append(0, self.lengths.cumsum())
        self.ids = np.fromiter(chain.from_iterable(ids for ids, _, _ in rows), np.int64, self.starts[-1])
        segments = chain.from_iterable(said for _, said, _ in rows)
        self.segments = np.fromiter(segments, np.int64, self.starts[-1])

    def batch(self, rows: Sequence[int], device: torch.device) -> Batch:
        """Return those rows; T is at least 1."""
        lengths = self.lengths[rows]
        T = max(1, int(lengths.max()))
        place = np.arange(T)
        inside = place < lengths[:, None]  # (B, T)
        where = (self.starts[rows][:, None] + place)[inside]
        ids, segments = np.full(inside.shape, PAD), np.zeros(inside.shape, np.int64)
        ids[inside], segments[inside] = self.ids[where], self.segments[where]
        return Batch(*(torch.from_numpy(one).to(device) for one in (ids, lengths, segments)))


def _joined(parts: list[list[int]], most: int) -> tuple[list[int], list[int], bool]:
    """Return the ids of a text's parts, SEP after each but the last, the part each is of, and if it was cut.

    What is longer than `most` loses the ends of its longest parts.
    """
    seams = len(parts) - 1
    cut = sum(map(len, parts)) + seams > most and any(parts)
    while sum(map(len, parts)) + seams > most and any(parts):
        longest = max(parts, key=len)
        second = max((len(part) for part in parts if part is not longest), default=0)
        over = sum(map(len, parts)) + seams - most
        del longest[-min(over, max(1, len(longest) - second)) :]
    ids, segments = [], []
    for number, part in enumerate(parts):
        said = part if number == seams else [*part, SEP]
        ids += said
        segments += [number] * len(said)
    return (ids, segments, cut) if any(parts) else ([], [], cut)


class NetworkClassifier:
    """A tokeniser and a network over its ids, which says how probable each class of a text is.

    `build(vocabulary, classes)` returns the network, its weights drawn from torch's generator.
    """

    def __init__(
        self,
        build: Callable[[int, int], Network],
        reading: TextEncoding,
        recipe: Recipe,
        pretraining: Recipe | None = None,
        *,
        device: str | None = None,
    ) -> None:
        """Remember how to read and to learn.

        Raises:
            BadInput: a setting is out of range.
        """
        recipe.check()
        if reading.max_tokens < 1:
            raise BadInput(f"max_tokens {reading.max_tokens}: must be at least 1")
        self.build, self.reading, self.recipe, self.pretraining = build, reading, recipe, pretraining
        self.wanted_device = device
        self.training_context: TrainingContext | None = None
        self.tokeniser: Tokeniser  # what is not there until something is fitted or loaded
        self.network: Network
        self.trainings: list[Trained] = []

    def fit(self, texts: Sequence[Parts], labels: Sequence[int], classes: int) -> None:
        """Learn from `texts` and their `labels`, each in [0, classes); a class may have no text.

        Raises:
            BadInput: there are no texts.
            Unavailable: the training came to nothing, or the device is not here.
        """
        rows = self._begin(texts, classes)
        y = np.asarray(labels, np.int64)
        of_class = np.bincount(y, minlength=classes)
        self.prior = np.log((of_class + 1) / (len(y) + classes))  # (C,)
        targets = torch.from_numpy(y).to(self.device)

        def loss(chosen: Sequence[int]) -> tuple[Tensor, int]:
            logits = self.network(rows.batch(chosen, self.device))
            return cross_entropy(logits, targets[list(chosen)]).sum(), len(chosen)

        self._pretrain(rows)
        self.network.start_training(batch for _, batch in self._batches(rows, range(len(texts))))
        found = train(
            self.network, loss, rows.lengths.tolist(), self.recipe, training_context=self.training_context
        )
        self.trainings.append(found)
        held = list(found.held_out)
        self.scale = best_scale(self._logits(rows, held), np.eye(classes)[y[held]])

    def fit_numbers(self, texts: Sequence[Parts], numbers: Sequence[float]) -> None:
        """Learn from `texts` and a number of each, by the squared error; a network of one class says it.

        Raises:
            BadInput: there are no texts.
            Unavailable: the training came to nothing, or the device is not here.
        """
        rows = self._begin(texts, 1)
        y = np.asarray(numbers, np.float64)
        self.prior, self.scale = y.mean(keepdims=True), float(y.std()) or 1.0
        targets = torch.from_numpy((y - self.prior) / self.scale).float().to(self.device)

        def loss(chosen: Sequence[int]) -> tuple[Tensor, int]:
            said = self.network(rows.batch(chosen, self.device)).squeeze(-1)
            return (said - targets[list(chosen)]).square().sum(), len(chosen)

        self._pretrain(rows)
        self.network.start_training(batch for _, batch in self._batches(rows, range(len(texts))))
        found = train(
            self.network, loss, rows.lengths.tolist(), self.recipe, training_context=self.training_context
        )
        self.trainings.append(found)

    def numbers_of(self, rows: TokenRows) -> NDArray[np.float64]:
        """Return (N,), the number of each text; the mean of what was learnt from where nothing is said."""
        said = self._logits(rows, range(len(rows.lengths)))[:, 0]
        found: NDArray[np.float64] = self.prior[0] + self.scale * said
        found[rows.lengths == 0] = self.prior[0]
        return found

    def fit_vectors(self, texts: Sequence[Parts]) -> None:
        """Learn from the texts alone, for `vectors`.

        Raises:
            BadInput: there are no texts.
            Unavailable: the training came to nothing, or the device is not here.
        """
        self._pretrain(self._begin(texts, 1))
        self.prior, self.scale = np.zeros(1), 1.0

    @property
    def ready(self) -> bool:
        """Return whether something was fitted or loaded."""
        return hasattr(self, "tokeniser")

    def took(self) -> TrainingStats:
        """Return what the fit took, over all its trainings."""
        steps, earlier = (sum(t.steps for t in self.trainings), sum(t.earlier for t in self.trainings))
        return TrainingStats(steps, str(self.device), earlier)

    def rows(self, texts: Sequence[Parts]) -> TokenRows:
        """Return the texts as the network reads them."""
        return TokenRows(self.tokeniser, texts, self.reading.max_tokens)

    def log_probabilities(self, texts: Sequence[Parts]) -> NDArray[np.float64]:
        """Return (N, C) log-probabilities (nats), none below LEAST; the class prior where nothing is said."""
        return self.log_probabilities_of(self.rows(texts))

    def log_probabilities_of(self, rows: TokenRows) -> NDArray[np.float64]:
        """Return those of texts that are rows already."""
        z = torch.from_numpy(self.scale * self._logits(rows, range(len(rows.lengths))))
        found: NDArray[np.float64] = z.log_softmax(dim=-1).clamp(min=LEAST).numpy()
        found[rows.lengths == 0] = self.prior
        return found

    def vectors(self, texts: Sequence[Parts]) -> NDArray[np.float64]:
        """Return (N, D), a vector a text, 0 where nothing is said."""
        found: NDArray[np.float64] = self.vectors_of(self.rows(texts))
        return found

    @torch.no_grad()
    def vectors_of(self, rows: TokenRows) -> NDArray[np.float64]:
        """Return those of texts that are rows already."""
        found = [np.empty((0, 0))] * len(rows.lengths)
        for chosen, batch in self._batches(rows, range(len(found))):
            for row, vector in zip(chosen, self.network.vectors(batch).double().cpu().numpy(), strict=True):
                found[row] = vector if rows.lengths[row] else np.zeros_like(vector)
        return np.stack(found)

    def nearest(self, text: str, count: int) -> list[tuple[str, float]]:
        """Return the `count` tokens nearest to `text`, none of its own, each with its cosine.

        A sum of words, `king - man + woman`, is where its vectors point together. Nothing where a word of it
        is not known.
        """
        parts = terms(text)
        encoded = [set(self.tokeniser.encode([part.word])[0]) for part in parts]
        for own in encoded:
            if not any(self.tokeniser.decode([i]).strip() for i in own - {UNK}):  # no word
                return []
        own = set().union(*encoded)
        vectors = self.vectors([(part.word,) for part in parts])
        vector = torch.from_numpy(summed(parts, np.asarray(vectors))).float().to(self.device)
        found = self.network.nearest(vector, count + len(own))
        kept = [(self.tokeniser.decode([i]).strip(), cosine) for i, cosine in found if i not in own]
        return kept[:count]

    def save(self, path: Path) -> None:
        """Write the network to `path`, and its tokeniser beside it; nothing of it is code."""
        self.tokeniser.save(path.with_suffix(".json"))
        about = {"scale": self.scale, "prior": torch.from_numpy(self.prior)}
        torch.save({**about, "network": self.network.state_dict()}, path)

    def load(self, path: Path) -> None:
        """Read what `save` wrote.

        Raises:
            ValueError, KeyError, RuntimeError: it is damaged.
        """
        self.tokeniser = tokenisers.load(path.with_suffix(".json"))
        self.device = pick_device(self.wanted_device)
        said: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        self.scale, self.prior = float(said["scale"]), said["prior"].numpy()
        self._make(len(self.prior))
        self.network.load_state_dict(said["network"])
        self.network.eval()

    def _begin(self, texts: Sequence[Parts], classes: int) -> TokenRows:
        """Return the texts as ids of a new tokeniser; the network is new too."""
        if not len(texts):
            raise BadInput("a network needs at least one example to learn from")
        self.trainings = []
        self.device = pick_device(self.wanted_device)
        how = self.reading
        said = chain.from_iterable(texts)
        self.tokeniser = tokenisers.train(how.tokeniser, said, size=how.vocabulary)
        self._make(classes)
        rows = self.rows(texts)
        counts = np.bincount(rows.ids, minlength=len(self.tokeniser))
        self.network.meet(torch.from_numpy(counts).float().to(self.device))
        return rows

    def _make(self, classes: int) -> None:
        with seeded(self.recipe.seed):
            self.network = self.build(len(self.tokeniser), classes).to(self.device)

    def _pretrain(self, rows: TokenRows) -> None:
        if self.pretraining is None:
            return

        def loss(chosen: Sequence[int]) -> tuple[Tensor, int]:
            return self.network.pretraining_loss(rows.batch(chosen, self.device))

        how: dict[str, Any] = {"training_context": self.training_context, "what": "pretraining"}
        self.trainings.append(train(self.network, loss, rows.lengths.tolist(), self.pretraining, **how))

    def _batches(self, rows: TokenRows, chosen: Sequence[int]) -> Iterator[tuple[list[int], Batch]]:
        """Yield the chosen rows in batches, with their places among the chosen."""
        lengths, recipe = rows.lengths[list(chosen)], self.recipe
        for places in batches(lengths, tokens=recipe.batch_tokens, rows=recipe.batch_rows):
            yield places, rows.batch([chosen[place] for place in places], self.device)

    @torch.no_grad()
    def _logits(self, rows: TokenRows, chosen: Sequence[int]) -> NDArray[np.float64]:
        """Return (N, C) logits of the chosen rows, in their order."""
        found = np.zeros((len(chosen), len(self.prior)))
        for places, batch in self._batches(rows, chosen):
            found[places] = self.network(batch).double().cpu().numpy()
        return found


def embedding(vocabulary: int, dim: int) -> nn.Embedding:
    """Return an embedding that begins small, PAD at 0."""
    made = nn.Embedding(vocabulary, dim, padding_idx=PAD)
    nn.init.normal_(made.weight, std=EMBEDDING_STD)
    with torch.no_grad():
        made.weight[PAD] = 0
    return made


def mean_over(x: Tensor, mask: Tensor) -> Tensor:
    """Return (B, D), the mean of x (B, T, D), each token as much as mask (B, T) says, 0 to 1; 0 of none."""
    some = mask.sum(dim=1, keepdim=True)
    some = torch.where(some > 0, some, 1)
    return (x * mask[:, :, None]).sum(dim=1) / some


def max_over(x: Tensor, mask: Tensor) -> Tensor:
    """Return (B, D), the largest of x (B, T, D) over the tokens that mask (B, T) has; 0 of none."""
    most = x.masked_fill(~mask[:, :, None], torch.finfo(x.dtype).min).amax(dim=1)
    return most * mask.any(dim=1, keepdim=True)
