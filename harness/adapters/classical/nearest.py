"""Answers copied from what is nearest: a train example's, or a sentence of the passage.

How near two texts are is the cosine of their character n-grams, weighed by tf-idf (`models.ngrams`). Every
system that learns to write, or to read, must beat these.
"""

from __future__ import annotations

import json
import re
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.adapters.base import Adapter
from harness.adapters.batching import windows
from harness.adapters.classical.tfidf_weights import Weighed
from harness.adapters.fields import bare_text, field_text
from harness.schema import Example, FitTask, Profile, Request, Response, Timing

ANSWERS = "answers.json"
WINDOWS = (1, 32)  # requests answered at a time
SENTENCE = re.compile(r"[^.!?。\n]+[.!?。]*(?:[\"'”’)\]]+)?")  # with the marks that end it


class Copies(Weighed, Adapter):
    """A learner of how telling each n-gram is, which copies its answers."""

    def __init__(self, profile: Profile) -> None:
        """Settings: `ngram_min`, `ngram_max` (characters), `min_df` (texts an n-gram must be in).

        Raises:
            BadInput: a setting is out of range.
        """
        from harness.models.ngrams import NgramRows

        settings = profile.settings
        self.name = profile.name
        ngrams = settings.get("ngram_min", 1), settings.get("ngram_max", 3)
        self.rows = NgramRows(ngrams=ngrams, min_df=settings.get("min_df", 1))

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        self.ready()
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            texts = self.texts(window)
            seconds = time.perf_counter() - began
            for request, text in zip(window, texts, strict=True):
                yield Response(request.key, text=text, finish="stop", timing=Timing(e2e=seconds))

    @abstractmethod
    def texts(self, requests: Sequence[Request]) -> list[str]:
        """Return what each request is answered with."""

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""


class Nearest(Copies):
    """Answers `generate` with the answer of the train example whose input is nearest, of equals the first."""

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Remember every example's input and answer.

        Raises:
            BadInput: there are no examples.
        """
        pairs = [(bare_text(example), task.answer(example)) for example in train]
        self.inputs, self.answers = [text for text, _ in pairs], [answer for _, answer in pairs]
        self.know(self.inputs, task)
        self.known = self.rows.rows(self.inputs)

    def save(self, folder: Path) -> None:
        """Write the weights and the examples."""
        super().save(folder)
        said = json.dumps([self.inputs, self.answers], ensure_ascii=False)
        (folder / ANSWERS).write_text(said, encoding="utf-8", errors="surrogatepass")

    def load(self, folder: Path) -> None:
        """Read the weights and the examples.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        super().load(folder)
        said = (folder / ANSWERS).read_text(encoding="utf-8", errors="surrogatepass")
        self.inputs, self.answers = json.loads(said)
        self.known = self.rows.rows(self.inputs)

    def texts(self, requests: Sequence[Request]) -> list[str]:
        """Return the nearest examples' answers."""
        asked = self.rows.rows([bare_text(request.example) for request in requests])
        cosines = (asked @ self.known.T).toarray()  # (n, N)
        return [self.answers[place] for place in cosines.argmax(axis=1).tolist()]


class SentenceTfidf(Copies):
    """Answers `extract` with the sentence of the passage that is nearest to the question.

    The train split says how telling an n-gram is; its answers are not looked at.
    """

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Count in how many sentences each n-gram is; a passage with several questions counts once.

        Raises:
            BadInput: there are no examples, or one has no context.
        """
        contexts = dict.fromkeys(field_text(example, "context") for example in train)
        self.know([sentence for context in contexts for sentence in sentences(context)], task)

    def texts(self, requests: Sequence[Request]) -> list[str]:
        """Return the nearest sentences."""
        return [self._nearest(request.example) for request in requests]

    def _nearest(self, example: Example) -> str:
        context = field_text(example, "context")
        found = sentences(context)
        if not found:
            return context
        rest = example._replace(fields={k: v for k, v in example.fields.items() if k != "context"})
        question = self.rows.rows([bare_text(rest)])
        cosines = (self.rows.rows(found) @ question.T).toarray()[:, 0]
        return found[int(cosines.argmax())]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text as they stand there, blanks around them left out."""
    return [said for match in SENTENCE.finditer(text) if (said := match[0].strip())]
