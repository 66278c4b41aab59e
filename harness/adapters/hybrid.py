"""Several retrievers asked the same, their rankings fused into one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness import plugins
from harness.adapters.base import Adapter, Capability, as_adapter
from harness.adapters.batching import WINDOWS, windows
from harness.backends import backend as backends
from harness.errors import BadInput, Unavailable
from harness.schema import Corpus, Decoding, Failure, Profile, Request, Response, Timing


class Hybrid(Adapter):
    """Answers `retrieve` with what other backends find.

    Settings: `retrievers`, the names of their profiles; `fuse`, how rankings become one (rrf, zscore);
    `weights`, a number for each, 1 unless they are given.
    """

    def __init__(self, profile: Profile) -> None:
        """Make the retrievers.

        Raises:
            BadInput: there are fewer than two, one cannot retrieve, or the weights are not theirs.
            Unavailable: one cannot work here.
        """
        settings = profile.settings
        names = [str(name) for name in settings.get("retrievers") or ()]
        if len(names) < 2:
            raise BadInput(f"{profile.name}: 'retrievers' should name two backends or more")
        self.name, self.fuse = profile.name, settings.get("fuse", "rrf")
        self.weights = _weights(profile.name, settings.get("weights"), len(names))
        self.backends = [backends.load(name).asked("retrieve") for name in names]
        for one in self.backends:
            if "retrieve" not in one.entry.asks or one.file.adapter == profile.adapter:
                raise BadInput(f"{profile.name}: {one.name} finds no passages that could be fused")
        self.parts = [made_retriever(one, profile) for one in self.backends]
        self.depth = 0

    def identity(self) -> Mapping[str, Any]:
        """Return of each retriever what its answers depend on."""
        return {
            "retrievers": [
                retriever_identity(one, part) for one, part in zip(self.backends, self.parts, strict=True)
            ]
        }

    def prepare(self) -> None:
        """Load what each retriever needs."""
        for part in self.parts:
            part.prepare()

    def index(self, corpus: Corpus) -> None:
        """Give each retriever the passages."""
        self.depth = corpus.depth
        for part in self.parts:
            part.index(corpus)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in order; where one retriever failed, it is that failure."""
        for window in windows(requests, *WINDOWS):
            began = time.perf_counter()
            answers = [{answer.key: answer for answer in part.answer(iter(window))} for part in self.parts]
            told = [self._fused([answer.get(one.key) for answer in answers], one) for one in window]
            seconds = time.perf_counter() - began
            for response in told:
                response.timing = Timing(e2e=seconds)
                yield response

    def close(self) -> None:
        """Let go of every retriever."""
        for part in self.parts:
            part.close()

    def _fused(self, answers: list[Response | None], request: Request) -> Response:
        from harness.models.fusion import fused

        rankings = []
        for one, answer in zip(self.backends, answers, strict=True):
            if answer is None or answer.ranking is None:
                error = answer.error if answer else None
                lost = error or Failure("lost", f"{one.name} ended without answering")
                return Response(request.key, error=lost)
            rankings.append(answer.ranking)
        found = fused(rankings, self.weights, self.fuse, self.depth)
        return Response(request.key, ranking=found, finish="stop")


def _weights(name: str, given: Any, count: int) -> list[float]:
    if given is None:
        return [1.0] * count
    try:
        found = [float(one) for one in given]
    except (TypeError, ValueError):
        found = []
    if len(found) != count or not all(0 <= one < float("inf") for one in found):
        raise BadInput(f"{name}: 'weights' should be {count} numbers of 0 or more, one for each retriever")
    return found


def retriever_identity(backend: backends.Backend, part: Adapter) -> Mapping[str, Any]:
    """Return what the answers of one retriever depend on."""
    return {
        **{"adapter": backend.file.adapter, "model": backend.file.model, "revision": backend.file.revision},
        **{"settings": backend.hashed_settings, "identity": dict(part.identity())},
    }


def made_retriever(backend: backends.Backend, profile: Profile) -> Adapter:
    """Return the adapter of one retriever, which was named by a setting and not on the command line.

    Raises:
        BadInput: its key may not go where its profile sends it.
        Unavailable: it cannot work here, or takes no passages.
    """
    backend.require("retrieve", Decoding(), trust_remote_code=profile.trust_remote_code)
    told = backend.profile(
        seed=profile.seed,
        ask="retrieve",
        trust_remote_code=profile.trust_remote_code,
        offline=profile.offline,
        concurrency=profile.concurrency,
        task=profile.task,
    )
    made = as_adapter(plugins.load(backend.entry.target)(told))
    if not made.can(Capability.INDEX):
        raise Unavailable(f"{backend.name} takes no passages")
    return made
