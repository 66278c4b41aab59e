"""Punctuation: a reply without a comma."""

from __future__ import annotations


def no_comma(reply: str) -> bool:
    """Return whether there is no comma."""
    return "," not in reply


def korean_no_comma(reply: str) -> bool:
    """Return whether there is no comma, none of the full width either."""
    return not any(comma in reply for comma in ",，、")
