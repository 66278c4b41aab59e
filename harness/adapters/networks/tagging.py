"""Networks trained from scratch that tag: a state of each character says whether an entity begins there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.batching import WINDOWS, windows
from harness.adapters.fields import field_text
from harness.adapters.networks.classifiers import Lstm, Scratch, Transformer
from harness.errors import BadInput, Unavailable
from harness.schema import Example, FitTask, Request, Response, Timing

if TYPE_CHECKING:
    from harness.models.networks import Network
    from harness.models.tagger import NetworkTagger

LONGEST = 256  # characters of a sentence that are read, unless `max_tokens` says otherwise


class Tags(Scratch):
    """Answers `tag` with the spans that it learnt to find, character by character."""

    model: NetworkTagger

    def build(self, settings: Mapping[str, Any], seed: int) -> NetworkTagger:
        """Return a model that knows nothing yet.

        Raises:
            BadInput: a setting is out of range, or a tokeniser that is not of characters.
        """
        from harness.models.tagger import NetworkTagger, TokenTagger

        if settings.get("tokeniser", "syllable") != "syllable":
            raise BadInput(f"tokeniser {settings['tokeniser']}: tags are of characters, which is syllable")
        made = super().build({"max_tokens": LONGEST, **settings, "tokeniser": "syllable"}, seed)
        network = made.build

        def tagger(vocabulary: int, tags: int) -> Network:
            return TokenTagger(network(vocabulary, tags), tags)

        return NetworkTagger(tagger, made.reading, made.recipe, made.pretraining, device=made.wanted_device)

    def read(self, path: Path) -> NetworkTagger:
        """Return the model that was saved at `path`."""
        self.model.load(path)
        return self.model

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split, which is read once.

        Raises:
            BadInput: there are no examples, or one has a span of no known type.
        """
        from harness.models.tagger import tags_of_spans

        texts, tags = [], []
        for example in train:
            spans: Any = example.target or ()
            if odd := next((span for span in spans if span[2] not in task.labels), None):
                raise BadInput(f"example {example.id!r}: {odd[2]!r} is none of {', '.join(task.labels)}")
            texts.append(field_text(example, "context"))
            tags.append(tags_of_spans(texts[-1], spans, task.labels))
        self.model.fit_tags(texts, tags, 1 + 2 * len(task.labels))
        self.labels = task.labels

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if not self.labels:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self._spans(requests)

    def _spans(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        from harness.models.tagger import spans_of_tags

        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            texts = [field_text(request.example, "context") for request in window]
            rows = self.model.rows([(text,) for text in texts])
            found = self.model.tags_of(rows)
            seconds = time.perf_counter() - began
            for request, text, tags, cut in zip(window, texts, found, rows.cut, strict=True):
                spans = spans_of_tags(text, tags, self.labels)
                timing = Timing(e2e=seconds)
                yield Response(request.key, spans=spans, finish="stop", timing=timing, truncated=cut)


class LstmTags(Tags, Lstm):
    """Spans out of the recurrent network."""


class TransformerTags(Tags, Transformer):
    """Spans out of the encoder."""
