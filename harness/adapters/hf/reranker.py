"""What a retriever finds first, put in order by a cross-encoder, which reads query and passage together.

Nogueira and Cho, "Passage Re-ranking with BERT" (2019). The first `depth` passages of another backend are
scored by a head of one number; the others keep their order behind them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.batching import WINDOWS, windows
from harness.adapters.fields import field_text
from harness.adapters.hf.adapter import HuggingFace
from harness.adapters.hybrid import made_retriever, retriever_identity
from harness.backends import backend as backends
from harness.errors import BadInput, Unavailable
from harness.models.ranked import ranked
from harness.schema import Corpus, Example, Failure, Option, Parts, Profile, Request, Response, Scored, Timing

DEPTH = 50  # passages that are read again
OWN = ("retriever", "depth")


class Reranker(Adapter):
    """Answers `retrieve` with another backend's passages in the order of a cross-encoder."""

    def __init__(self, profile: Profile) -> None:
        """Make the retriever and the cross-encoder; nothing is loaded yet.

        Settings: `retriever`, the name of a backend that finds passages; `depth`, how many of them are read
        again. Knobs: `device`, `batch_size`.

        Raises:
            BadInput: no retriever is named, it finds no passages, or `depth` is less than 1.
            Unavailable: the retriever cannot work here.
        """
        name = profile.settings.get("retriever") or "bm25"
        self.name, self.depth = profile.name, int(profile.settings.get("depth", DEPTH))
        if self.depth < 1:
            raise BadInput(f"{profile.name}: 'depth' should be 1 or more")
        self.backend = backends.load(str(name)).asked("retrieve")
        if "retrieve" not in self.backend.entry.asks or self.backend.file.adapter == profile.adapter:
            raise BadInput(f"{profile.name}: {name} finds no passages that could be put in order")
        self.first = made_retriever(self.backend, profile)
        settings = {key: value for key, value in profile.settings.items() if key not in OWN}
        self.reader = HuggingFace(replace(profile, ask="rank", settings=settings))
        self.texts: dict[str, str] = {}

    def identity(self) -> Mapping[str, Any]:
        """Return what the cross-encoder's and the retriever's answers depend on."""
        return {**self.reader.identity(), "retriever": retriever_identity(self.backend, self.first)}

    def prepare(self) -> None:
        """Load the retriever and the cross-encoder.

        Raises:
            Unavailable: either cannot be loaded, or the model has no head of one number.
        """
        self.first.prepare()
        if self.reader.head is None:
            raise Unavailable(
                f"{self.reader.profile.model} is no cross-encoder: it has no head of one number"
            )

    def loaded(self) -> Mapping[str, Any]:
        """Return the cross-encoder's device and dtype."""
        return self.reader.loaded()

    def index(self, corpus: Corpus) -> None:
        """Give the retriever the passages, and keep their texts."""
        self.first.index(corpus)
        self.texts = dict(zip(corpus.ids, corpus.texts, strict=True))

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order; where either half failed, it is that failure."""
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            found = {response.key: response for response in self.first.answer(iter(window))}
            told = [self._ordered(request, found.get(request.key)) for request in window]
            seconds = time.perf_counter() - began
            for response in told:
                response.timing = Timing(e2e=seconds)
                yield response

    def close(self) -> None:
        """Let go of both halves."""
        self.first.close()
        self.reader.close()

    def _ordered(self, request: Request, found: Response | None) -> Response:
        if found is None or found.ranking is None:
            lost = found.error if found and found.error else None
            why = lost or Failure("lost", f"{self.backend.name} ended without answering")
            return Response(request.key, error=why)
        order = ranked(found.ranking)
        near, far = order[: self.depth], order[self.depth :]
        read = self._read(field_text(request.example, "query"), near)
        if isinstance(read, Failure):
            return Response(request.key, error=read)
        lowest = min(read, default=0.0)
        behind = [(name, lowest - place) for place, name in enumerate(far, 1)]
        ranking: list[Scored] = [*zip(near, read, strict=True), *behind]
        return Response(request.key, ranking=ranking, finish="stop")

    def _read(self, query: str, names: Sequence[str]) -> Sequence[float] | Failure:
        """Return the cross-encoder's score of each passage."""
        if not names:
            return []
        options = tuple(Option(name, self.texts[name]) for name in names)
        pair = Request(Example("", {"query": query}), lambda: Parts(query=query), ask="rank", options=options)
        (said,) = self.reader.answer([pair])
        if said.option_scores is None:
            return said.error or Failure("lost", f"{self.name} ended without answering")
        return said.option_scores
