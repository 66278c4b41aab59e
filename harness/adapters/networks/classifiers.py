"""Networks that are trained from scratch on the train split, and answer from the bare text.

    lstm, transformer                         `rate`: a number by the squared error (lstm: `embed` too)
    lstm, transformer                         `tag`: spans, character by character (`networks.tagging`)
    lstm, cnn_text, transformer, word2vec     `choose`: an example's fields are read as the parts of one text
    transformer, word2vec                     `embed`: the cosine of the vectors of two sentences

Settings of all: `tokeniser`, `vocabulary` (tokens that it knows), `max_tokens` (of a text), `epochs`,
`learning_rate`, `batch_rows`, `batch_tokens`, `weight_decay`, `held_out` (the share of the train split that
decides when to stop and how sure to be), `patience` (epochs). Knob: `device`.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import Adapter
from harness.adapters.batching import WINDOWS, windows
from harness.adapters.fields import SENTENCES, field_text, field_texts
from harness.adapters.fitted_classifier import Classical
from harness.errors import BadInput, Unavailable
from harness.schema import (
    Example,
    FitTask,
    Profile,
    Request,
    Response,
    Timing,
    TrainingContext,
    TrainingStats,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.models.networks import Network, NetworkClassifier
    from harness.models.training import Recipe


# A few thousand rows say too little in the epochs that suit hundreds of thousands.
LEAST_ROWS = 100_000
# 400 rows gone through ten times are 20 batches of 200, of which networks learn nothing; of 250 they do.
LEAST_STEPS = 250


class Scratch(Classical):
    """An adapter around a network; a subclass says which one.

    `recipe` and `pretraining` are what suits the network better than the training's own defaults; settings
    go before them.
    """

    file = "model.pt"
    recipe: ClassVar[Mapping[str, Any]] = {}
    pretraining: ClassVar[Mapping[str, Any]] = {}
    model: NetworkClassifier

    @abstractmethod
    def network(self, settings: Mapping[str, Any]) -> Callable[[int, int], Network]:
        """Return what makes a network of (vocabulary, classes)."""

    def build(self, settings: Mapping[str, Any], seed: int) -> NetworkClassifier:
        """Return a model that knows nothing yet."""
        from harness.models.networks import NetworkClassifier, TextEncoding
        from harness.models.training import Recipe

        known = {name: value for name, value in settings.items() if value is not None}
        often = {} if "epochs" in known else {"least_rows": LEAST_ROWS}
        small = {} if known.keys() & {"epochs", "batch_rows"} else {"least_steps": LEAST_STEPS}
        recipe = Recipe(**{**self.recipe, **often, **small, **_only(Recipe, known)}, seed=seed)
        return NetworkClassifier(
            self.network(known),
            TextEncoding(**_only(TextEncoding, known)),
            recipe,
            self.pretrained(known, recipe),
            device=known.get("device"),
        )

    def pretrained(self, settings: Mapping[str, Any], recipe: Recipe) -> Recipe | None:
        """Return how the network is pre-trained on the bare texts, None where it is not."""
        rows = 0 if "pretraining_epochs" in settings else LEAST_ROWS
        own = {"least_rows": rows, "least_steps": 0, **self.pretraining}
        for name in ("epochs", "learning_rate"):
            if f"pretraining_{name}" in settings:
                own[name] = settings[f"pretraining_{name}"]
        return replace(recipe, **own) if own.get("epochs") else None

    def read(self, path: Path) -> NetworkClassifier:
        """Return the model that was saved at `path`."""
        self.model.load(path)
        return self.model

    def said(self, example: Example) -> tuple[str, ...]:
        """Return what the model reads of an example: its fields, those that are None left out."""
        return field_texts(example)

    def judged(self, texts: Sequence[Any]) -> tuple[NDArray[np.float64], Sequence[bool]]:
        """Return the texts' log-probabilities (N, C), and for each whether it has more than `max_tokens`."""
        rows = self.model.rows(texts)
        return self.model.log_probabilities_of(rows), rows.cut

    def equip(self, training_context: TrainingContext) -> None:
        """Take what to work with."""
        self.model.training_context = training_context

    def took(self) -> TrainingStats:
        """Return what the fit took."""
        return self.model.took()

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`.

        Raises:
            Unavailable: nothing was fitted or loaded, and the tokeniser is learnt with the network.
        """
        if not self.model.ready:
            raise Unavailable(f"{self.name} must be fitted before it can count tokens")
        return self.model.tokeniser.count(text)


class Embeds(Scratch):
    """Answers `embed` with the cosine of two sentences' vectors.

    They are learnt from the train split's sentences; the scores are not looked at. An empty sentence is like
    nothing: 0.
    """

    fitted = False

    def pretrained(self, settings: Mapping[str, Any], recipe: Recipe) -> Recipe | None:
        """Return how the network learns its vectors, which no other training would.

        Raises:
            BadInput: the settings leave it out.
        """
        found = super().pretrained({"pretraining_epochs": 5, **settings}, recipe)
        if found is None:
            raise BadInput(
                f"{self.name} learns its vectors in pre-training: pretraining_epochs must be above 0"
            )
        return found

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from all sentences of the train split, which is read once.

        Raises:
            BadInput: there are no examples, or one has not two sentences.
        """
        self.model.fit_vectors([(field_text(example, name),) for example in train for name in SENTENCES])
        self.fitted = True

    def load(self, folder: Path) -> None:
        """Read the network.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        super().load(folder)
        self.fitted = True

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: an example has not two sentences.
        """
        if not self.fitted:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self._cosines(requests)

    def _cosines(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        import numpy as np

        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            rows = [self.model.rows([(field_text(r.example, name),) for r in window]) for name in SENTENCES]
            both = [self.model.vectors_of(side) for side in rows]
            lengths = [np.linalg.norm(vectors, axis=1) for vectors in both]
            dots = (both[0] * both[1]).sum(axis=1)  # (N, D) · (N, D) → (N,)
            cosines = (dots / np.maximum(lengths[0] * lengths[1], 1e-12)).tolist()
            seconds = time.perf_counter() - began
            cut = map(any, zip(*(side.cut for side in rows), strict=True))
            for request, cosine, less in zip(window, cosines, cut, strict=True):
                timing = Timing(e2e=seconds)
                yield Response(request.key, value=cosine, finish="stop", timing=timing, truncated=less)


class Rates(Scratch):
    """Answers `rate` with a number learnt from the train split's; for `embed` it is how alike two are."""

    fitted = False

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split, which is read once.

        Raises:
            BadInput: there are no examples, or a target is no number.
        """
        texts, numbers = [], []
        for example in train:
            try:
                numbers.append(float(str(example.target)))
            except ValueError:
                raise BadInput(
                    f"example {example.id!r}: the target {example.target!r} is no number"
                ) from None
            texts.append(self.said(example))
        self.model.fit_numbers(texts, numbers)
        self.fitted = True

    def load(self, folder: Path) -> None:
        """Read the network.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        super().load(folder)
        self.fitted = True

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if not self.fitted:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self._numbers(requests)

    def _numbers(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            rows = self.model.rows([self.said(request.example) for request in window])
            found = self.model.numbers_of(rows).tolist()
            seconds = time.perf_counter() - began
            for request, number, less in zip(window, found, rows.cut, strict=True):
                timing = Timing(e2e=seconds)
                yield Response(request.key, value=number, finish="stop", timing=timing, truncated=less)


class Lstm(Scratch):
    """Embedding and a recurrent network, there and back.

    Settings: `cell` (lstm, gru, or the plain rnn), `dim`, `hidden` (of a direction),
    `layers`, `bidirectional`, `dropout`.
    """

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 2, "learning_rate": 2e-3}

    def network(self, settings: Mapping[str, Any]) -> Callable[[int, int], Network]:
        """Return what makes a network of (vocabulary, classes)."""
        from harness.models.lstm import LstmClassifier

        return partial(LstmClassifier, **_given(settings, "cell dim hidden layers bidirectional dropout"))


class CnnTextAdapter(Scratch):
    """Embedding and convolutions. Settings: `dim`, `filters` (of a width), `widths` (tokens), `dropout`."""

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 2.5, "learning_rate": 1e-3}

    def network(self, settings: Mapping[str, Any]) -> Callable[[int, int], Network]:
        """Return what makes a network of (vocabulary, classes).

        Raises:
            BadInput: a width is no number of tokens.
        """
        from harness.models.cnn_text import CnnText as Network

        given = _given(settings, "dim filters widths dropout")
        if not all(isinstance(width, int) and width > 0 for width in given.get("widths", ())):
            raise BadInput(f"widths {given['widths']}: should be numbers of tokens, such as [2,3,4]")
        return partial(Network, **given)


class Transformer(Scratch):
    """A transformer encoder, which may first be pre-trained on the train texts: a small BERT.

    Settings: `dim`, `layers`, `heads`, `feed_forward`, `dropout`, `pretraining_epochs` (0 is none),
    `pretraining_learning_rate`, `next_sentence` (learn next-sentence prediction too).
    """

    recipe: ClassVar[Mapping[str, Any]] = {"learning_rate": 1e-3}

    def network(self, settings: Mapping[str, Any]) -> Callable[[int, int], Network]:
        """Return what makes a network of (vocabulary, classes).

        Raises:
            BadInput: the heads do not divide the channels.
        """
        from harness.models.networks import TextEncoding
        from harness.models.transformer import TransformerClassifier

        given = _given(settings, "dim layers heads feed_forward dropout next_sentence")
        dim, heads = given.get("dim", 128), given.get("heads", 4)
        if heads < 1 or dim % heads:
            raise BadInput(f"heads {heads}: should divide dim {dim}")
        places = settings.get("max_tokens", TextEncoding().max_tokens)
        return partial(TransformerClassifier, **given, places=places)

    def pretrained(self, settings: Mapping[str, Any], recipe: Recipe) -> Recipe | None:
        """Return how the network is pre-trained on the bare texts, None where it is not.

        Raises:
            BadInput: next-sentence prediction is asked of one that is not.
        """
        found = super().pretrained(settings, recipe)
        if settings.get("next_sentence") and found is None:
            raise BadInput("next_sentence is part of the pre-training: pretraining_epochs must be above 0")
        return found


class Word2vecAdapter(Scratch):
    """The mean of the vectors of a text's words, and a linear layer over it.

    Settings: `method` (skip-gram, cbow), `dim`, `window` (tokens), `negatives`, `pretraining_epochs`,
    `pretraining_learning_rate`; `epochs` and `learning_rate` are those of the linear layer.
    """

    recipe: ClassVar[Mapping[str, Any]] = {"epochs": 5, "learning_rate": 1e-2, "weight_decay": 0.0}
    pretraining: ClassVar[Mapping[str, Any]] = {"epochs": 5, "learning_rate": 2e-2}

    def network(self, settings: Mapping[str, Any]) -> Callable[[int, int], Network]:
        """Return what makes a network of (vocabulary, classes)."""
        from harness.models.word2vec import Word2vec as Network

        return partial(Network, **_given(settings, "method dim window negatives"))

    def nearest(self, text: str, count: int) -> list[tuple[str, float]]:
        """Return the `count` tokens nearest to the mean of the text's own, each with its cosine.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if not self.model.ready:
            raise Unavailable(f"{self.name} must be fitted before it knows what is near")
        return self.model.nearest(text, count)


class TransformerVectors(Embeds, Transformer):
    """The mean of what each token means where it stands."""


class Word2vecVectors(Embeds, Word2vecAdapter):
    """The mean of the vectors of the words."""


class LstmRates(Rates, Lstm):
    """A number out of the recurrent network."""


class TransformerRates(Rates, Transformer):
    """A number out of the encoder."""


def lstm(profile: Profile) -> Adapter:
    """Return what answers from a recurrent network: a classifier, spans, or a number of a text or of two."""
    if profile.ask == "tag":
        from harness.adapters.networks.tagging import LstmTags

        return LstmTags(profile)
    return Lstm(profile) if profile.ask == "choose" else LstmRates(profile)


def transformer(profile: Profile) -> Adapter:
    """Return what answers from a transformer: for `embed` its vectors, a number, spans, else a classifier."""
    if profile.ask == "tag":
        from harness.adapters.networks.tagging import TransformerTags

        return TransformerTags(profile)
    kinds = {"embed": TransformerVectors, "rate": TransformerRates}
    return kinds.get(profile.ask, Transformer)(profile)


def word2vec(profile: Profile) -> Adapter:
    """Return what answers from word2vec: for `embed` its vectors, else a classifier over them."""
    return Word2vecVectors(profile) if profile.ask == "embed" else Word2vecAdapter(profile)


def _given(settings: Mapping[str, Any], names: str) -> dict[str, Any]:
    """Return those settings that are named and given.

    Raises:
        BadInput: a size is not above 0, or a share not from 0 to below 1.
    """
    found = {name: settings[name] for name in names.split() if name in settings}
    for name, value in found.items():
        if name == "dropout" and not 0 <= value < 1:
            raise BadInput(f"dropout {value}: should be from 0 to below 1")
        if type(value) is int and value < 1:
            raise BadInput(f"{name} {value}: must be at least 1")
    return found


def _only(kind: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings that are fields of a dataclass."""
    return {field.name: settings[field.name] for field in fields(kind) if field.name in settings}
