"""The part of a long text that a prompt has room for."""

from __future__ import annotations


def most_alike(text: str, query: str, chars: int) -> str:
    """Return the stretch of `text`, at most `chars` long, that shares most with `query`.

    Stretches begin every quarter of their length. What they share is counted in distinct pairs of
    neighbouring characters: no word boundary is needed, which Korean particles would blur. Of equals it is
    the middle one, which has most around what they share; of stretches that share nothing, the first. A text
    that is short enough comes back whole.
    """
    if len(text) <= chars:
        return text
    wanted = _pairs(query)
    last = len(text) - chars
    starts = [*range(0, last, max(1, chars // 4)), last]
    shared = [len(wanted & _pairs(text[start : start + chars])) for start in starts]
    most = max(shared)
    equal = [start for start, share in zip(starts, shared, strict=True) if share == most]
    best = equal[len(equal) // 2] if most else 0
    return text[best : best + chars]


def _pairs(text: str) -> set[str]:
    return {
        text[place : place + 2] for place in range(len(text) - 1) if not text[place : place + 2].isspace()
    }
