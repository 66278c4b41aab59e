"""A Kneser-Ney n-gram language model over the task's own texts: the GPT of the nineties, and as quick to ask.

It learns what `gpt` learns, each train prompt with its answer, but its context is a few tokens. So a query's
last words decide what it says of an option; what stands further back it cannot see.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter
from harness.adapters.batching import windows
from harness.adapters.fields import field_text
from harness.adapters.lm.generation import MAX_TOKENS, GeneratingNetwork, Prompt
from harness.adapters.lm.prefix_tree import common_length
from harness.errors import BadInput, Unavailable
from harness.schema import Example, FitTask, Profile, Request, Response, Timing
from harness.tables.torn import TORN_ZIP

if TYPE_CHECKING:
    from harness.models.kneser_ney import KneserNey
    from harness.models.tokenizers import Tokeniser

COUNTS, TOKENISER = "counts.npz", "tokeniser.json"
WINDOWS = (1, 64)  # requests answered at a time


class NgramLm(Adapter):
    """Answers `choose`, `generate` and `score`.

    Settings: `order` (tokens of the longest n-gram), `tokeniser` (syllable, or subwords with the extra
    `torch`), `vocabulary` (tokens that are known), `length_penalty` of beams.
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the settings."""
        self.profile, self.name, self.settings = profile, profile.name, profile.settings
        self.model: KneserNey | None = None
        self.tokeniser: Tokeniser | None = None

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Count the n-grams of each train prompt with its answer; for `score`, of each text.

        Raises:
            BadInput: there are no examples, or a setting is out of range.
        """
        from harness.models import kneser_ney
        from harness.models import tokenizers as tokenisers

        texts = [self._lesson(example, task) for example in train]
        if not texts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        kind, size = self.settings.get("tokeniser", "syllable"), int(self.settings.get("vocabulary", 16_000))
        self.tokeniser = tokenisers.train(kind, texts, size=size)
        order, ends = int(self.settings.get("order", 6)), {"bos": tokenisers.BOS, "eos": tokenisers.EOS}
        self.model = kneser_ney.KneserNey(len(self.tokeniser), order=order, **ends)
        self.model.fit(self.tokeniser.encode(texts))

    def _lesson(self, example: Example, task: FitTask) -> str:
        if self.profile.ask == "score":
            return field_text(example, "text")
        parts = task.request(example).parts
        return parts.prompt + parts.delimiter + task.answer(example)

    def save(self, folder: Path) -> None:
        """Write the counts and the tokeniser; nothing of it is code."""
        model, tokeniser = self._ready()
        tokeniser.save(folder / TOKENISER)
        model.save(folder / COUNTS)

    def load(self, folder: Path) -> None:
        """Read the counts and the tokeniser.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        from harness.models import kneser_ney
        from harness.models import tokenizers as tokenisers

        try:
            self.tokeniser = tokenisers.load(folder / TOKENISER)
            self.model = kneser_ney.KneserNey.load(folder / COUNTS)
        except (KeyError, ValueError, *TORN_ZIP) as error:
            raise Unavailable(f"{self.name}: the fit in {folder} is damaged: {error}") from error

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return self._ready()[1].count(text)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: both beams and a temperature are asked for.
        """
        self._ready()
        ways = {"choose": self._choose, "score": self._score}
        answer = ways.get(self.profile.ask)
        for window in windows(requests, *WINDOWS):
            if answer is None:
                yield from self._generate(window)
                continue
            for request in window:
                began = time.perf_counter()
                response = answer(request)
                response.finish, response.timing = "stop", Timing(e2e=time.perf_counter() - began)
                yield response

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""

    def _choose(self, request: Request) -> Response:
        """Return the sum of log-probabilities (nats) of each option after the prompt and the delimiter."""
        model, tokeniser = self._ready()
        parts = request.parts
        said = [parts.delimiter + option.text for option in request.options]
        before, *wholes = tokeniser.encode([parts.prompt, *(parts.prompt + text for text in said)])
        place = min(
            (common_length(before, ids) for ids in wholes), default=0
        )  # one may merge into the prompt
        scores = [float(model.log_probabilities(ids, place).sum()) for ids in wholes]
        return Response(request.key, option_scores=scores)

    def _score(self, request: Request) -> Response:
        """Return the log-likelihood (nats) of the text."""
        model, tokeniser = self._ready()
        (ids,) = tokeniser.encode([field_text(request.example, "text")])
        return Response(request.key, value=float(model.log_probabilities(ids).sum()), tokens=len(ids))

    def _generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        from harness.models.tokenizers import EOS

        model, tokeniser = self._ready()
        encoded = tokeniser.encode([request.prompt for request in requests])
        writer = GeneratingNetwork(
            model.begin, tokeniser.decode, EOS, self.settings.get("length_penalty", 1.0)
        )
        alike: dict[Any, list[Prompt]] = {}
        for request, ids in zip(requests, encoded, strict=True):
            new = request.decoding.max_tokens or MAX_TOKENS
            alike.setdefault(request.decoding, []).append(Prompt(request, ids, new, seen=ids))
        for prompts in alike.values():
            yield from writer.replies(prompts)

    def _ready(self) -> tuple[KneserNey, Tokeniser]:
        if self.model is None or self.tokeniser is None:
            raise Unavailable(f"{self.name} must be fitted before it answers")
        return self.model, self.tokeniser
