"""Start and end: quotation marks around all of it, and the phrase that it ends with."""

from __future__ import annotations


def end_checker(reply: str, end_phrase: str) -> bool:
    """Return whether the reply ends with the phrase, quotation marks and case left aside."""
    return reply.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def quotation(reply: str) -> bool:
    """Return whether the whole reply stands between double quotation marks."""
    bare = reply.strip()
    return len(bare) > 1 and bare[0] == '"' == bare[-1]


def korean_quotation(reply: str) -> bool:
    """Return whether the whole reply stands between double quotation marks, straight or curved."""
    bare = reply.strip()
    return len(bare) > 1 and (bare[0], bare[-1]) in (('"', '"'), ("“", "”"), ("「", "」"), ("『", "』"))
