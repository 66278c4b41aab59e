"""The base of what finds passages: it takes a corpus once, and ranks its passages for texts.

A subclass has two methods. `learn(texts)` is given the passages' texts in their order; `search(queries, k)`
yields the best k for each query, as pairs of id and score. Whoever needs passages for a prompt calls `index`
and `search`, with no request and no run around them.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from harness.adapters.base import Adapter
from harness.adapters.batching import WINDOWS, windows
from harness.adapters.fields import field_text
from harness.errors import Unavailable
from harness.schema import Corpus, Profile, Request, Response, Scored, Timing


class Retriever(Adapter):
    """Answers `retrieve` from the corpus that it was given last."""

    corpus: Corpus | None = None

    def __init__(self, profile: Profile) -> None:
        """Remember what the backend is called."""
        self.name = profile.name

    def index(self, corpus: Corpus) -> None:
        """Learn from the passages what is needed to find them."""
        self.learn(corpus.texts)
        self.corpus = corpus

    @abstractmethod
    def learn(self, texts: Sequence[str]) -> None:
        """Take the texts that will be looked through."""

    @abstractmethod
    def search(self, queries: Sequence[str], k: int) -> Iterator[list[Scored]]:
        """Yield for each query at most `k` passages as (id, score), the best first, ties as in trec_eval.

        Raises:
            Unavailable: there is no corpus yet.
        """

    @property
    def ids(self) -> Sequence[str]:
        """Return the passages' ids.

        Raises:
            Unavailable: there is no corpus yet.
        """
        if self.corpus is None:
            raise Unavailable(f"{self.name} has no passages to look through")
        return self.corpus.ids

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order, a window at a time.

        Raises:
            BadInput: an example has no `query`.
            Unavailable: there is no corpus yet.
        """
        depth = self.corpus.depth if self.corpus else 0
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            found = list(self.search([field_text(one.example, "query") for one in window], depth))
            seconds = time.perf_counter() - began
            for request, ranking in zip(window, found, strict=True):
                yield Response(request.key, ranking=ranking, finish="stop", timing=Timing(e2e=seconds))
