"""Networks that read a text and write another, fitted on the train split: LSTMs, a transformer.

They read the bare input, not a prompt, and learn the answer as a shot would say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from harness.adapters.batching import windows
from harness.adapters.fields import bare_text
from harness.adapters.lm.generation import MAX_TOKENS, GeneratingNetwork, Prompt
from harness.adapters.networks.base import NetworkAdapter
from harness.errors import BadInput
from harness.schema import Example, FitTask, Request, Response

LONGEST = 400  # tokens that are read or learnt of a text
LONGER = 50  # tokens that a reply may have more than what was read: Vaswani et al. 2017, 6.1


class Translator(NetworkAdapter):
    """Answers `generate` with an encoder and a decoder that share one vocabulary.

    A reply is at most 50 tokens longer than what was read: one that finds no end is cut there.

    Settings: `width`, `vocabulary`, `tokeniser`, `smoothing`, `length_penalty` of beams, and those of
    training; of the LSTMs also `words`, of the transformer `layers` and `heads`. Knobs: `device`,
    `batch_size`.
    """

    SIZES: ClassVar[Mapping[str, Any]]  # the network's shape beside its vocabulary, where nothing else is set

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn to write each example's answer after its input.

        Raises:
            BadInput: there are no examples.
        """
        from harness.models import tokenizers as tokenisers

        pairs = [(bare_text(example), task.answer(example)) for example in train]
        if not pairs:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        texts = [text for pair in pairs for text in pair]
        shape = self.chosen(**self.SIZES)
        kind = self.settings.get("tokeniser", "bpe")
        self.tokeniser = tokenisers.train(kind, texts, size=self.chosen(vocabulary=2000)["vocabulary"])
        sources, targets = (
            [ids[:LONGEST] for ids in self.whole([pair[side] for pair in pairs])] for side in (0, 1)
        )
        lessons = [[tokenisers.BOS, *target, tokenisers.EOS] for target in targets]
        lengths = [max(map(len, pair)) for pair in zip(sources, lessons, strict=True)]
        self.start({"vocabulary": len(self.tokeniser), "d": shape.pop("width"), **shape})
        self.train(
            lambda rows: self._loss([sources[row] for row in rows], [lessons[row] for row in rows]), lengths
        )

    def whole(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text; an empty one is its end alone."""
        from harness.models.tokenizers import EOS

        assert self.tokeniser is not None
        return [ids or [EOS] for ids in self.tokeniser.encode(texts)]

    def _loss(self, sources: Sequence[list[int]], lessons: Sequence[list[int]]) -> tuple[Any, int]:
        from harness.models.seq2seq import padded

        count = sum(len(lesson) - 1 for lesson in lessons)
        mean = self.network.loss(padded(sources).to(self.device), padded(lessons).to(self.device))
        return mean * count, count

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, a batch at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: both beams and a temperature are asked for.
        """
        from harness.models.tokenizers import BOS, EOS

        self.ready()
        assert self.tokeniser is not None
        penalty = self.settings.get("length_penalty", 1.0)
        writer = GeneratingNetwork(
            lambda ids: self.network.begin(ids, BOS), self.tokeniser.decode, EOS, penalty
        )
        for window in windows(requests, self.batch_size):
            sources = self.whole([bare_text(request.example) for request in window])
            alike: dict[Any, list[Prompt]] = {}
            for request, source in zip(window, sources, strict=True):
                new = min(request.decoding.max_tokens or MAX_TOKENS, len(source) + LONGER, LONGEST)
                prompt = Prompt(request, source[:LONGEST], new, truncated=len(source) > LONGEST)
                alike.setdefault(request.decoding, []).append(prompt)
            for prompts in alike.values():
                yield from writer.replies(prompts)


class Seq2SeqAdapter(Translator):
    """An LSTM encoder and decoder with attention."""

    RECIPE: ClassVar[Mapping[str, Any]] = {  # for thousands of short pairs: many passes, much dropout
        **{"epochs": 60, "learning_rate": 1e-3, "batch_rows": 32, "held_out": 0.05, "patience": 6},
        **{"warmup": 0.05, "weight_decay": 0.0},
    }
    SIZES: ClassVar[Mapping[str, Any]] = {"width": 256, "dropout": 0.4, "words": 0.15, "smoothing": 0.1}

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a network of random weights."""
        from harness.models.seq2seq import Seq2Seq

        return Seq2Seq(**shape)


class TransformerSeq2SeqAdapter(Translator):
    """The transformer, encoder and decoder."""

    RECIPE: ClassVar[Mapping[str, Any]] = {  # the paper's: warm-up, then the inverse square root
        **{"epochs": 40, "learning_rate": 1e-3, "batch_rows": 32, "held_out": 0.05, "patience": 5},
        **{"warmup": 0.1, "schedule": "inverse_sqrt"},
    }
    SIZES: ClassVar[Mapping[str, Any]] = {
        **{"width": 192, "layers": 3, "heads": 4},
        **{"dropout": 0.3, "smoothing": 0.1},
    }

    def build(self, shape: Mapping[str, Any]) -> Any:
        """Return a network of random weights."""
        from harness.models.transformer_seq2seq import TransformerSeq2Seq

        return TransformerSeq2Seq(**shape)
