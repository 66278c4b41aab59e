"""Texts that a service turns into vectors, many in a call: the cosines of pairs, and the passages of a query.

A corpus is embedded before the first query, through the same calls in flight, limits and tries as anything
else that is asked; its passages are searched here, exactly.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.adapters.fields import SENTENCES, field_text
from harness.adapters.remote.replies import estimated_tokens
from harness.errors import Unavailable
from harness.schema import Corpus, Example, Parts, Profile, Request, Response, Usage

Vector = Sequence[float]
Answer = Callable[[Iterable[Request]], Iterator[Response]]

PASSAGE = "passage"  # the field of a request that is a passage of the corpus


class Embeddings:
    """What is made of the vectors of a service, for one profile.

    `query_prefix` stands before sentences and queries, `passage_prefix` before passages.
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the prefixes; there is no corpus yet."""
        self.name = profile.name
        self.query, self.passage = (
            str(profile.settings.get(f"{side}_prefix") or "") for side in ("query", "passage")
        )
        self.corpus: Corpus | None = None
        self.tokens: int | None = None  # that the passages took, None where nobody counted
        self._taken: dict[str, Vector] = {}
        self._matrix: Any = None

    def texts(self, requests: Iterable[Request]) -> list[str]:
        """Return what is to be embedded, each text once; empty ones are left out, as services refuse them."""
        texts = (text for request in requests for text in self._of(request))
        return list(dict.fromkeys(text for text in texts if text.strip()))

    def responses(
        self,
        requests: Sequence[Request],
        vectors: Mapping[str, Vector],
        tokens: int | None,
        served: str | None,
    ) -> list[Response]:
        """Return each pair's cosine, or the passages of each query.

        An empty sentence is like nothing, 0, and an empty query finds nothing. A call counts the tokens of
        all its texts together. Each request gets its share, by length, and the shares add up to what was
        counted.
        """
        weights = [sum(map(estimated_tokens, self._of(request))) for request in requests]
        shares = _shares(sum(weights) if tokens is None else tokens, weights)
        told = []
        for request, share in zip(requests, shares, strict=True):
            answer = Response(
                request.key,
                finish="stop",
                usage=Usage(prompt_tokens=share, estimated=tokens is None),
                served=served,
            )
            self._tell(answer, request, [vectors.get(text, ()) for text in self._of(request)])
            told.append(answer)
        return told

    def index(self, corpus: Corpus, answer: Answer) -> None:
        """Embed the passages of a corpus, asked by `answer`.

        Raises:
            Unavailable: the service did not embed one of them.
        """
        import numpy as np

        asked = (
            Request(Example(name, {PASSAGE: self.passage + text}), _unread, ask="embed")
            for name, text in zip(corpus.ids, corpus.texts, strict=True)
        )
        usages: list[Usage | None] = []
        self._taken = {}
        for response in answer(asked):
            if response.error is not None:
                raise Unavailable(f"{self.name} cannot embed a passage: {response.error.message}")
            usages.append(response.usage)
        told = [one.prompt_tokens or 0 for one in usages if one is not None and not one.estimated]
        self.tokens = sum(told) if len(told) == len(usages) else None
        width = max(map(len, self._taken.values()), default=0)
        rows = (_unit(self._taken.get(name, ()), width) for name in corpus.ids)
        self._matrix = np.stack(list(rows)) if len(corpus) else np.zeros((0, width), np.float32)
        self.corpus, self._taken = corpus, {}

    def _of(self, request: Request) -> list[str]:
        """Return the texts of a request."""
        if PASSAGE in request.example.fields:
            return [field_text(request.example, PASSAGE)]
        names = ("query",) if request.ask == "retrieve" else SENTENCES
        texts = (field_text(request.example, name) for name in names)
        return [self.query + text if text.strip() else "" for text in texts]

    def _tell(self, answer: Response, request: Request, vectors: Sequence[Vector]) -> None:
        """Put into an answer what its texts' vectors come to."""
        if PASSAGE in request.example.fields:
            (self._taken[request.example.id],) = vectors
        elif request.ask == "retrieve":
            answer.ranking = self._found(*vectors)
        else:
            answer.value = _cosine(*vectors)

    def _found(self, vector: Vector) -> list[Any]:
        from harness.models.ranked import searched

        if self.corpus is None:
            raise Unavailable(f"{self.name} has no passages to look through")
        if not vector or not len(self.corpus):
            return []
        row = _unit(vector, self._matrix.shape[1])[None]
        (ranking,) = searched(row, self._matrix.T, self.corpus.ids, self.corpus.depth)
        return ranking


def _unread() -> Parts:
    return Parts(query="")


def _unit(vector: Vector, width: int) -> Any:
    """Return a vector of length 1 in float32; nothing is a vector of zeros."""
    import numpy as np

    found = np.zeros(width, np.float32)
    if len(vector):
        given = np.asarray(vector, np.float64)
        found[:] = given / (np.linalg.norm(given) or 1.0)
    return found


def _cosine(left: Vector, right: Vector) -> float:
    lengths = math.hypot(*left) * math.hypot(*right)
    return math.fsum(map(operator.mul, left, right)) / lengths if lengths else 0.0


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """Return whole shares of `total` by `weights`; they add up to it."""
    whole, seen, given, shares = sum(weights) or 1, 0, 0, []
    for weight in weights:
        seen += weight
        share = total * seen // whole - given
        shares.append(share)
        given += share
    return shares
