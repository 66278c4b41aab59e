"""Models that put pictures and texts into one space: CLIP, SigLIP and their kin; and image classifiers.

`choose` compares the picture of the field `image` with each option's captions (Radford et al. 2021,
"Learning Transferable Visual Models From Natural Language Supervision", 3.1.4): a picture and a caption
are a unit vector each; an option with several captions, an ensemble, is the unit vector along the mean of
theirs; their cosine, times the model's own scale, is the option's logit. What its score is, in nats,
depends on what the model was trained to say:

    CLIP     log-softmax of the logits over the options
    SigLIP   log-sigmoid of logit + bias: whether this text fits, whatever the other options are
             (Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training")

`embed` is the cosine of two texts, `sentence1` and `sentence2`, or of a picture and a text, `image` and
`text`.

A model whose architecture ends in `ForImageClassification` (ViT, DeiT, ConvNeXt, ResNet) has no texts:
`choose` is what its head says of the picture (`clip.image_classifier`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.adapters.base import Adapter
from harness.adapters.batching import windows
from harness.adapters.clip import image_classifier, towers
from harness.adapters.clip.batches import forwarded
from harness.adapters.clip.image_classifier import ImageClassifier
from harness.adapters.gpu import free_gpu
from harness.adapters.images import PictureError, opened
from harness.errors import BadInput
from harness.schema import IMAGE, Failure, Profile, Request, Response, Timing

BATCH_SIZE = 32
KEPT = 64  # sets of captions whose embeddings are kept; most tasks have one for all examples

Captions = tuple[tuple[str, ...], ...]
Vector = NDArray[np.float64]  # a unit vector (D,)

_NAN = Failure("nan", "the model's embedding is no direction (NaN, infinite or zero)")


class Side(NamedTuple):
    """One of two things that are compared: a picture or a text."""

    is_picture: bool
    content: str


class OptionVectors(NamedTuple):
    """The options of an example as unit vectors (O, D); `cut` says that a caption was too long."""

    vectors: Vector
    cut: bool


class Clip(Adapter):
    """Answers `choose` and `embed` with one model of pictures and texts, loaded on first use."""

    def __init__(self, profile: Profile) -> None:
        """Settings `library`, `pretrained` (of open_clip), `labels` (of a head's classes), `dtype`.

        Knobs `device`, `batch_size`.
        """
        self.profile = profile
        self.batch_size = max(1, int(profile.settings.get("batch_size") or BATCH_SIZE))
        self._commit: str | None = None
        self._towers: towers.Towers | None = None
        self._classifier: ImageClassifier | None = None
        self._routed = False
        self._options: dict[Captions, OptionVectors] = {}

    @property
    def towers(self) -> towers.Towers:
        """Return the loaded model, loading it on the first read."""
        if self._towers is None:
            self._towers = towers.load(self.profile, self._commit)
        return self._towers

    @property
    def classifier(self) -> ImageClassifier | None:
        """Return the loaded image classifier, None where the model is none; looked at once."""
        if not self._routed:
            self._classifier = image_classifier.load(self.profile, self._commit)
            self._routed = True
        return self._classifier

    def prepare(self) -> None:
        """Load the model."""
        if self.classifier is None:
            _ = self.towers

    def identity(self) -> Mapping[str, str]:
        """Return the hub's `revision`, which is then what is loaded, or the weights' `sha256`."""
        known = towers.identity(self.profile)
        self._commit = known.get("revision")
        return known

    def close(self) -> None:
        """Let go of the model and of the memory it held."""
        self._towers = self._classifier = None
        self._routed = False
        self._options.clear()
        free_gpu()

    def another(self, profile: Profile) -> Adapter | None:
        """Return an adapter with this one's model; captions that it has read stay read."""
        if _model(profile) != _model(self.profile):
            return None
        made = Clip(profile)
        made._towers, made._options = self._towers, self._options
        made._classifier, made._routed = self._classifier, self._routed
        return made

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, batch after batch; its E2E is its batch's.

        A picture that cannot be looked at fails its own request, not the batch.

        Raises:
            BadInput: the task has no picture, or no texts, to compare, or options that are no classes.
            Unavailable: the model cannot be loaded, or is no model for what is asked.
        """
        classifier = self.classifier
        for batch in windows(requests, self.batch_size):
            began = time.perf_counter()
            responses = list(self._answered(batch) if classifier is None else classifier.answered(batch))
            taken = time.perf_counter() - began
            for response in responses:
                response.timing = Timing(e2e=taken)
                yield response

    def _answered(self, batch: Sequence[Request]) -> Iterator[Response]:
        sides = [_sides(request) for request in batch]
        vectors = self._vectors(side for pair in sides for side in pair)
        for request, pair in zip(batch, sides, strict=True):
            found: list[Any] = [vectors[side] for side in pair]
            if request.ask == "choose":
                found.append(self._captioned(request.captions))
            failure = next((one for one in found if isinstance(one, Failure)), None)
            if failure is not None:
                yield Response(request.key, error=failure)
            elif request.ask == "choose":
                yield self._choice(request, *found)
            else:
                yield self._cosine(request, pair, *found)

    def _choice(self, request: Request, picture: Vector, options: OptionVectors) -> Response:
        cosines = options.vectors @ picture  # (O,)
        return Response(
            request.key,
            option_scores=self._log_probabilities(cosines).tolist(),
            similarities=cosines.tolist(),
            truncated=options.cut,
        )

    def _log_probabilities(self, cosines: Vector) -> Vector:
        """Return the options' scores (O,) in nats."""
        scale, bias = self.towers.scale, self.towers.bias
        logits = scale * cosines + (bias or 0.0)
        if bias is None:
            return np.asarray(logits - np.logaddexp.reduce(logits))
        scores: Vector = -np.logaddexp(0.0, -logits)  # log-sigmoid
        return scores

    def _cosine(self, request: Request, pair: Sequence[Side], first: Vector, second: Vector) -> Response:
        cut = any(self.towers.is_cut(side.content) for side in pair if not side.is_picture)
        return Response(request.key, value=float(first @ second), truncated=cut)

    # ---- embeddings -------------------------------------------------------------------------------

    def _captioned(self, captions: Captions) -> OptionVectors | Failure:
        """Return the options that the captions describe; those of one set are embedded once."""
        known = self._options.get(captions)
        if known is not None:
            return known
        embedded = self._vectors(Side(False, text) for texts in captions for text in texts)
        vectors: dict[str, Vector] = {}
        for side, vector in embedded.items():
            if isinstance(vector, Failure):
                return vector
            vectors[side.content] = vector
        means = [np.mean([vectors[text] for text in texts], axis=0) for texts in captions]
        units = [unit for unit in map(_unit, means) if unit is not None]
        if len(units) < len(means):
            return _NAN
        options = OptionVectors(np.stack(units), any(map(self.towers.is_cut, vectors)))
        if len(self._options) >= KEPT:
            del self._options[next(iter(self._options))]
        self._options[captions] = options
        return options

    def _vectors(self, sides: Iterable[Side]) -> dict[Side, Vector | Failure]:
        """Return the unit vector of each picture and text, or why there is none."""
        found: dict[Side, Vector | Failure] = {}
        pictures: list[tuple[Side, Any]] = []
        texts: list[tuple[Side, Any]] = []
        for side in dict.fromkeys(sides):
            if not side.is_picture:
                texts.append((side, side.content))
                continue
            try:
                pictures.append((side, self.towers.prepared(opened(side.content))))
            except PictureError as error:
                found[side] = Failure("picture", str(error))
        for tower, given in ((self.towers.pictures, pictures), (self.towers.texts, texts)):
            for start in range(0, len(given), self.batch_size):
                batch = given[start : start + self.batch_size]
                embedded = _embedded(tower, [content for _, content in batch])
                found |= zip((side for side, _ in batch), embedded, strict=True)
        return found


def _model(profile: Profile) -> tuple[object, ...]:
    """Return what of a profile decides which model is loaded, and how."""
    settings = repr(sorted(profile.settings.items()))
    return (profile.model, profile.revision, profile.trust_remote_code, profile.offline, settings)


def _sides(request: Request) -> tuple[Side, ...]:
    """Return what a request compares: its picture, or two things.

    Raises:
        BadInput: the task has no such fields.
    """
    fields = request.example.fields
    if request.ask == "choose":
        wanted: tuple[str, ...] = (IMAGE,)
    else:
        wanted = (IMAGE, "text") if IMAGE in fields else ("sentence1", "sentence2")
    for name in wanted:
        if name not in fields:
            raise BadInput(f"models of pictures and texts look for a field {name!r}, which the task has not")
    return tuple(Side(name == IMAGE, "" if fields[name] is None else str(fields[name])) for name in wanted)


def _embedded(tower: Callable[[Sequence[Any]], Any], given: Sequence[Any]) -> list[Vector | Failure]:
    """Return the unit vectors of a batch, and a Failure for each whose is none."""
    found: list[Vector | Failure] = []
    for row in forwarded(tower, given):
        unit = row if isinstance(row, Failure) else _unit(row)
        found.append(_NAN if unit is None else unit)
    return found


def _unit(row: NDArray[Any]) -> Vector | None:
    """Return the vector of length 1 in the direction of `row`; None if it has none."""
    vector = row.astype(np.float64)
    length = float(np.linalg.norm(vector))
    return vector / length if length and math.isfinite(length) else None
