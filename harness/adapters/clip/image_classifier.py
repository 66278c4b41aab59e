"""Image classifiers: a vision transformer or a convolutional network with a head of classes.

They read the picture of the field `image` and nothing else. An option is a class of the model or several
(`hf.class_options`); its score is its log-probability (nats) among all classes, from float32 logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.adapters.clip.batches import forwarded
from harness.adapters.clip.towers import OPEN_CLIP, image_processor
from harness.adapters.hf import loading
from harness.adapters.hf.class_options import class_options, option_log_probabilities
from harness.adapters.images import PictureError, opened
from harness.adapters.lm.errors import BROKEN
from harness.errors import BadInput, Unavailable
from harness.schema import IMAGE, Failure, Option, Profile, Request, Response

HEAD = "ForImageClassification"


class ImageClassifier:
    """A model of transformers with an image-classification head, and its image processor."""

    def __init__(self, profile: Profile, commit: str | None) -> None:
        """Load both.

        Raises:
            Unavailable: one of them cannot be loaded, or some weights of the head are missing.
        """
        self.profile = profile
        self._torch, transformers = loading.engine_libraries()
        self._processor = image_processor(profile, commit)
        auto = transformers.AutoModelForImageClassification
        self.model: Any = loading.load_model(profile, auto, "an image classifier", commit)

    def answered(self, batch: Sequence[Request]) -> Iterator[Response]:
        """Yield one Response a request; a picture that cannot be looked at fails its own alone.

        Raises:
            BadInput: the task has no picture, or an option is no class of the model.
            Unavailable: something else than a choice is asked.
        """
        names: Mapping[int, str] = self.model.config.id2label
        classes = [class_options(self.profile, self._choice(request), names) for request in batch]
        pixels: dict[int, Any] = {}
        failed: dict[int, Failure] = {}
        for n, request in enumerate(batch):
            try:
                picture = opened(request.example.fields[IMAGE])
            except PictureError as error:
                failed[n] = Failure("picture", str(error))
            else:
                pixels[n] = self._processor(images=picture, return_tensors="pt")["pixel_values"]
        logits = dict(zip(pixels, forwarded(self._logits, list(pixels.values())), strict=True))
        for n, request in enumerate(batch):
            said = failed[n] if n in failed else logits[n]
            if isinstance(said, Failure):
                yield Response(request.key, error=said)
            elif said.isnan().any():
                yield Response(request.key, error=BROKEN)
            else:
                scores = option_log_probabilities(said, request.options, classes[n])
                yield Response(request.key, option_scores=scores)

    def _choice(self, request: Request) -> Sequence[Option]:
        """Return the options of a request that asks for a choice by a picture."""
        if request.ask != "choose":
            what = type(self.model).__name__
            raise Unavailable(f"{self.profile.model} is a {what}, which compares no pictures with texts")
        if IMAGE not in request.example.fields:
            raise BadInput(f"an image classifier looks for a field {IMAGE!r}, which the task has not")
        return request.options

    def _logits(self, pixels: Sequence[Any]) -> Any:
        """Return the classes' logits (N, C) in float32 on the CPU."""
        inputs = self._torch.cat(list(pixels)).to(self.model.device, self.model.dtype)
        with self._torch.inference_mode():
            return self.model(pixel_values=inputs).logits.float().cpu()


def load(profile: Profile, commit: str | None) -> ImageClassifier | None:
    """Return the profile's model if its architecture is one with a head of classes, else None.

    Raises:
        Unavailable: the model cannot be loaded.
    """
    if profile.settings.get("library") == OPEN_CLIP:
        return None
    architectures = loading.config(profile, commit).architectures or ()
    if not any(name.endswith(HEAD) for name in architectures):
        return None
    return ImageClassifier(profile, commit)
