"""Several rankings of the same passages as one.

rrf      reciprocal rank fusion: a passage's sum of weight / (60 + rank). Cormack, Clarke and Büttcher (2009)
zscore   the sum of weighted z-scores: each ranking's scores less their mean, over their standard deviation; a
         passage that a ranking lacks has that ranking's lowest
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev
from typing import Literal

from harness.models.ranked import ranked
from harness.schema import Scored

Fuse = Literal["rrf", "zscore"]
RANK_CONSTANT = 60


def fused(rankings: Sequence[Sequence[Scored]], weights: Sequence[float], fuse: Fuse, k: int) -> list[Scored]:
    """Return the best `k` passages of all rankings with their joint scores, the best first, ties by id."""
    told = [_WAYS[fuse](ranking) for ranking in rankings]
    names = dict.fromkeys(name for ranking in rankings for name, _ in ranking)
    scores = {
        name: sum(
            weight * points.get(name, least) for weight, (points, least) in zip(weights, told, strict=True)
        )
        for name in names
    }
    return [(name, scores[name]) for name in ranked(list(scores.items()))[:k]]


Points = tuple[dict[str, float], float]  # what each passage of a ranking gets, and what any other does


def _by_rank(ranking: Sequence[Scored]) -> Points:
    return {name: 1 / (RANK_CONSTANT + rank) for rank, name in enumerate(ranked(ranking), 1)}, 0.0


def _by_score(ranking: Sequence[Scored]) -> Points:
    if not ranking:
        return {}, 0.0
    scores = [score for _, score in ranking]
    mean, spread = fmean(scores), pstdev(scores) or 1.0
    points = {name: (score - mean) / spread for name, score in ranking}
    return points, min(points.values())


_WAYS: dict[Fuse, Callable[[Sequence[Scored]], Points]] = {"rrf": _by_rank, "zscore": _by_score}
