"""How alike two sentences are, by the character n-grams that they share: a cosine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.batching import WINDOWS, windows
from harness.adapters.classical.tfidf_weights import Weighed
from harness.adapters.fields import SENTENCES, field_text
from harness.schema import Example, FitTask, Profile, Request, Response, Timing


def ngram_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return of what and how long n-grams are: characters up to 4, words and morphemes up to 2.

    Raises:
        BadInput: the analyser knows no stop words.
        Unavailable: it needs a package that is not installed.
    """
    from harness.models.analysers import Analyser

    name = settings.get("analyser", "char")
    longest = settings.get("ngram_max", 4 if name == "char" else 2)
    analyser = Analyser(name, stop_words=settings.get("stop_words", False))
    return {"ngrams": (settings.get("ngram_min", 1), longest), "analyser": analyser}


class NgramCosine(Adapter):
    """Answers `embed` with nothing learnt: every n-gram tells as much as any other.

    Settings: `analyser` (char, word, morpheme), `stop_words` (of morphemes: true leaves them out),
    `ngram_min`, `ngram_max`. An empty sentence is like nothing: 0.
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the settings.

        Raises:
            BadInput: a setting is out of range.
        """
        from harness.models.ngrams import NgramRows

        settings = profile.settings
        self.name = profile.name
        self.rows = NgramRows(**ngram_settings(settings), min_df=settings.get("min_df", 1))

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            BadInput: an example has not two sentences.
        """
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            left, right = ([field_text(r.example, name) for r in window] for name in SENTENCES)
            cosines = self.rows.cosines(left, right).tolist()
            seconds = time.perf_counter() - began
            for request, cosine in zip(window, cosines, strict=True):
                yield Response(request.key, value=cosine, finish="stop", timing=Timing(e2e=seconds))

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""


class TfidfCosine(Weighed, NgramCosine):
    """Answers `embed` with n-grams weighed by tf-idf: how telling one is, the train split's sentences say.

    Their scores are not looked at. Settings: as above, and `min_df`, the texts an n-gram must be in.
    """

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Count in how many sentences each n-gram is.

        Raises:
            BadInput: there are no examples, or one has not two sentences.
        """
        self.know([field_text(example, name) for example in train for name in SENTENCES], task)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, computed a window at a time.

        Raises:
            Unavailable: nothing was fitted or loaded.
            BadInput: an example has not two sentences.
        """
        self.ready()
        return super().answer(requests)
