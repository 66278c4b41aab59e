"""Sentences that a service turns into vectors, many in a call; and the cosines of pairs of them."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence

from harness.adapters.fields import SENTENCES, field_text
from harness.adapters.remote.replies import estimated_tokens
from harness.schema import Request, Response, Usage

Vector = Sequence[float]


def sentences(requests: Sequence[Request]) -> list[str]:
    """Return the sentences of pairs, each once; empty ones are left out, as services refuse them."""
    texts = (field_text(request.example, name) for request in requests for name in SENTENCES)
    return list(dict.fromkeys(text for text in texts if text.strip()))


def compared(
    requests: Sequence[Request], vectors: Mapping[str, Vector], tokens: int | None, served: str | None
) -> list[Response]:
    """Return each pair's cosine; an empty sentence is like nothing: 0.

    A call counts the tokens of all its sentences together. Each pair gets its share, by length, and the
    shares add up to what was counted.
    """
    weights = [
        sum(estimated_tokens(field_text(request.example, name)) for name in SENTENCES) for request in requests
    ]
    shares = _shares(sum(weights) if tokens is None else tokens, weights)
    return [
        Response(
            request.key,
            value=_cosine(*(vectors.get(field_text(request.example, name), ()) for name in SENTENCES)),
            finish="stop",
            usage=Usage(prompt_tokens=share, estimated=tokens is None),
            served=served,
        )
        for request, share in zip(requests, shares, strict=True)
    ]


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
