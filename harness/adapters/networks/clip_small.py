"""A small CLIP fitted on the train split: each picture beside the caption of its option."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from harness.adapters.batching import windows
from harness.adapters.fields import known_target
from harness.adapters.images import PictureError, opened
from harness.adapters.networks.base import NetworkAdapter
from harness.errors import BadInput
from harness.schema import IMAGE, Example, Failure, FitTask, Request, Response, Timing


class ClipSmallAdapter(NetworkAdapter):
    """Answers `choose` by the cosine of the picture and each option's captions, as `clip` does.

    Settings: `width`, `channels`, `size` (pixels of a side), and those of training. Knobs: `device`,
    `batch_size`.
    """

    BATCH_SIZE = 64
    RECIPE: ClassVar[Mapping[str, Any]] = {  # for pictures by the hundred or thousand
        **{"epochs": 30, "learning_rate": 3e-3, "weight_decay": 0.05, "patience": 8},
        **{"batch_rows": 64, "batch_tokens": 64},
    }

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return towers of random weights."""
        from harness.models.clip_small import ClipSmall

        return ClipSmall(**shape)

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn which caption fits which picture; of an ensemble, the captions take turns.

        Raises:
            BadInput: there are no examples, one has no option as its target, or a picture cannot be read.
        """
        import torch

        from harness.models import tokenizers as tokenisers
        from harness.models.seq2seq import padded

        pictures, texts = [], []
        for number, example in enumerate(train):
            captions = task.request(example).captions[task.labels.index(known_target(example, task.labels))]
            texts.append(captions[number % len(captions)])
            try:
                pictures.append(self._pixels(example))
            except PictureError as error:
                raise BadInput(f"example {example.id!r}: {error}") from None
        if not texts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        self.tokeniser = tokenisers.train("word", texts)
        x, ids = torch.stack(pictures), padded(self.tokeniser.encode(texts))
        shape = self.chosen(width=64, channels=32, dropout=0.1)
        self.start({"vocabulary": len(self.tokeniser), "d": shape.pop("width"), **shape})

        def loss(rows: Sequence[int]) -> tuple[Any, int]:
            given = (side[list(rows)].to(self.device) for side in (x, ids))
            return self.network.loss(*given) * len(rows), len(rows)

        self.train(loss, [1] * len(texts))

    def _pixels(self, example: Example) -> Any:
        """Return the picture as (3, size, size), values −1 to 1.

        Raises:
            PictureError: it cannot be looked at.
        """
        import numpy as np
        import torch

        size = self.chosen(size=32)["size"]
        picture = opened(example.fields.get(IMAGE)).resize((size, size))
        return torch.from_numpy(np.asarray(picture, np.float32) / 127.5 - 1).permute(2, 0, 1)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, a batch at a time; a picture that cannot be read fails its own.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        self.ready()
        for window in windows(requests, self.batch_size):
            began = time.perf_counter()
            found = list(self._answered(window))
            for response in found:
                response.timing = Timing(e2e=time.perf_counter() - began)
                yield response

    def _answered(self, window: Sequence[Request]) -> Iterator[Response]:
        import torch

        pixels, readable = [], []
        for request in window:
            try:
                pixels.append(self._pixels(request.example))
                readable.append(request)
            except PictureError as error:
                yield Response(request.key, error=Failure("picture", str(error)))
        if not readable:
            return
        with torch.inference_mode():
            vectors = self.network.pictures(torch.stack(pixels).to(self.device))  # (B, d)
            scale = self.network.scale.exp().clamp(max=100)
            for request, vector in zip(readable, vectors, strict=True):
                cosines = self._captioned(request.captions) @ vector  # (O,)
                scores = (scale * cosines).log_softmax(-1)
                yield Response(
                    request.key, option_scores=scores.tolist(), similarities=cosines.tolist(), finish="stop"
                )

    def _captioned(self, captions: Sequence[Sequence[str]]) -> Any:
        """Return the unit vector of each option (O, d): of an ensemble, along the mean of its captions'."""
        import torch
        from torch.nn import functional

        from harness.models.seq2seq import padded

        assert self.tokeniser is not None
        encoded = [padded(self.tokeniser.encode(list(texts))).to(self.device) for texts in captions]
        means = torch.stack([self.network.captions(ids).mean(0) for ids in encoded])
        return functional.normalize(means, dim=-1)
