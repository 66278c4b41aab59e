"""A model with two towers, one for pictures and one for texts, that meet in one space.

What differs between transformers and open_clip, and between CLIP and SigLIP, ends here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.adapters.hf import loading
from harness.adapters.lm import model_files as places
from harness.adapters.lm.errors import one_line
from harness.adapters.lm.weight_hashes import sha256_of
from harness.errors import BadInput, Unavailable
from harness.schema import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

OPEN_CLIP = "open_clip"
_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


class Towers(Protocol):
    """Two towers. A cosine times `scale`, plus `bias`, is a logit.

    `bias` is None for a model that was trained to choose among texts (CLIP: softmax), a number for one
    that was trained to say of each text whether it fits (SigLIP: sigmoid).
    """

    scale: float
    bias: float | None

    def prepared(self, picture: Any) -> Mapping[str, Any]:
        """Return a PIL picture as what the tower reads, tensors with a first axis of 1."""

    def pictures(self, prepared: Sequence[Mapping[str, Any]]) -> Vectors:
        """Return the pictures' embeddings (N, D), not normalised."""

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return the texts' embeddings (N, D), not normalised."""

    def is_cut(self, text: str) -> bool:
        """Return whether a text is longer than the tower reads."""


def load(profile: Profile, commit: str | None) -> Towers:
    """Return the profile's model, by the library that it names.

    Raises:
        Unavailable: it cannot be loaded, lacks weights, or has no two towers.
    """
    if profile.settings.get("library") == OPEN_CLIP:
        return OpenClip(profile)
    return Transformers(profile, commit)


def identity(profile: Profile) -> dict[str, str]:
    """Return the hub's `revision`, or the `sha256` of the files; nothing for a tag of open_clip.

    Such a tag (`laion2b_s34b_b79k`) is a setting, and names one set of weights for ever.

    Raises:
        BadInput: no model is named.
        Unavailable: there is no such model, or it cannot be known from here.
    """
    if profile.settings.get("library") != OPEN_CLIP:
        return places.identity(profile)
    weights = Path(profile.settings.get("pretrained") or "")
    if not weights.is_file():
        return {}
    return {"sha256": sha256_of(weights)}


def image_processor(profile: Profile, commit: str | None) -> Any:
    """Return what resizes and normalises a picture as the model's directory says.

    Raises:
        Unavailable: the directory has none.
    """
    where, options = places.source(profile, commit)
    _, transformers = loading.engine_libraries()
    with places.explained(profile):  # by Pillow: torchvision is not needed for it
        return transformers.AutoImageProcessor.from_pretrained(where, backend="pil", **options)


class Transformers:
    """CLIP, SigLIP and their kin, as transformers' AutoModel loads them."""

    def __init__(self, profile: Profile, commit: str | None) -> None:
        """Load model, tokenizer and image processor.

        Raises:
            Unavailable: one of them cannot be loaded, or the model has no two towers.
        """
        self._torch, transformers = loading.engine_libraries()
        self._tokenizer = loading.load_tokenizer(profile, commit)
        self._processor = image_processor(profile, commit)
        kind = "a model of pictures and texts"
        self._model: Any = loading.load_model(profile, transformers.AutoModel, kind, commit)
        for name in ("get_image_features", "get_text_features", "logit_scale"):
            if not hasattr(self._model, name):
                what = type(self._model).__name__
                raise Unavailable(f"{profile.model} is a {what}, which compares no pictures with texts")
        self.scale, self.bias = _scale_and_bias(self._model)
        longest = loading.context_size(self._model.config)
        self._longest = min(longest or self._tokenizer.model_max_length, self._tokenizer.model_max_length)

    def prepared(self, picture: Any) -> Mapping[str, Any]:
        """Return the picture resized and normalised as the model's directory says."""
        found: Mapping[str, Any] = self._processor(images=picture, return_tensors="pt")
        return dict(found)

    def pictures(self, prepared: Sequence[Mapping[str, Any]]) -> Vectors:
        """Return the pictures' embeddings (N, D)."""
        stacked = {name: self._torch.cat([one[name] for one in prepared]) for name in prepared[0]}
        stacked["pixel_values"] = stacked["pixel_values"].to(self._model.dtype)
        return self._features(self._model.get_image_features, stacked)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return the texts' embeddings (N, D).

        SigLIP was trained on texts padded to the full length and reads the padding too; CLIP's mask
        hides it.
        """
        padding = "longest" if self.bias is None else "max_length"
        tokens = self._tokenizer(
            list(texts), padding=padding, truncation=True, max_length=self._longest, return_tensors="pt"
        )
        read = ("input_ids", "attention_mask") if self.bias is None else ("input_ids",)
        return self._features(self._model.get_text_features, {name: tokens[name] for name in read})

    def is_cut(self, text: str) -> bool:
        """Return whether a text has more tokens than the model has places."""
        return bool(len(self._tokenizer(text, verbose=False)["input_ids"]) > self._longest)

    def _features(self, tower: Any, inputs: Mapping[str, Any]) -> Vectors:
        with self._torch.inference_mode():
            found = tower(**{name: tensor.to(self._model.device) for name, tensor in inputs.items()})
        # transformers 5 returns an object; the features are what it calls the pooled output
        return _array(getattr(found, "pooler_output", found))


class OpenClip:
    """A model of open_clip: `model` is an architecture or `hf-hub:…`, `pretrained` a tag or a file."""

    def __init__(self, profile: Profile) -> None:
        """Load the model, its tokenizer and its preprocessing.

        Raises:
            BadInput: no model is named.
            Unavailable: open_clip is not installed, or has or finds no such weights.
        """
        if not profile.model:
            raise BadInput(f"backend {profile.name!r}: open_clip needs `model`, such as ViT-B-32")
        torch, _ = loading.engine_libraries()
        try:
            library = import_module(OPEN_CLIP)
        except Exception as error:  # a torchvision that does not fit torch raises a RuntimeError
            raise Unavailable(
                f"library: open_clip needs it installed ({one_line(error)}): pip install open_clip_torch"
            ) from error
        weights, settings = profile.settings.get("pretrained"), profile.settings
        if profile.offline and not (weights and Path(weights).is_file()):
            raise Unavailable("open_clip would download its weights; with --offline pretrained is a file")
        name = settings.get("dtype") or "auto"
        name = "float32" if name == "auto" else name  # what open_clip takes when nothing is said
        self._torch, self._dtype = torch, getattr(torch, name)
        self._device = loading.device(profile, torch)
        try:
            self._model, self._prepare = library.create_model_from_pretrained(
                profile.model,
                pretrained=weights,
                precision=_PRECISIONS[name],
                device=self._device,
            )
            self._tokenizer = library.get_tokenizer(profile.model)
        except Exception as error:
            raise Unavailable(f"{profile.model} cannot be loaded: {one_line(error)}") from error
        self._model.eval()
        self.scale, self.bias = _scale_and_bias(self._model)

    def prepared(self, picture: Any) -> Mapping[str, Any]:
        """Return the picture resized and normalised as the architecture's configuration says."""
        return {"image": self._prepare(picture)[None]}

    def pictures(self, prepared: Sequence[Mapping[str, Any]]) -> Vectors:
        """Return the pictures' embeddings (N, D)."""
        pixels = self._torch.cat([one["image"] for one in prepared])
        with self._torch.inference_mode():
            return _array(self._model.encode_image(pixels.to(self._device, self._dtype)))

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return the texts' embeddings (N, D); open_clip's tokenizers pad, and cut what is too long."""
        with self._torch.inference_mode():
            return _array(self._model.encode_text(self._tokenizer(list(texts)).to(self._device)))

    def is_cut(self, text: str) -> bool:
        """Return False: open_clip's tokenizers cut without a word."""
        return False


def _scale_and_bias(model: Any) -> tuple[float, float | None]:
    """Return what turns a cosine into a logit; both libraries keep the logarithm of the scale."""
    bias = getattr(model, "logit_bias", None)
    return math.exp(model.logit_scale.item()), None if bias is None else bias.item()


def _array(features: Any) -> Vectors:
    found: Vectors = features.float().cpu().numpy()
    return found
