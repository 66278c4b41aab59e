"""Content: placeholders to be filled in, and a postscript."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"\[.*?\]")
# How a postscript's mark may be written, blanks or none between its letters.
_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}


def number_placeholders(reply: str, num_placeholders: int) -> bool:
    """Return whether there are at least so many [placeholders] in square brackets."""
    return len(_PLACEHOLDER.findall(reply)) >= num_placeholders


def postscript(reply: str, postscript_marker: str) -> bool:
    """Return whether the mark of a postscript is there."""
    mark = _POSTSCRIPTS.get(postscript_marker.strip(), postscript_marker.lower())
    return re.search(mark, reply.lower()) is not None


def korean_postscript(reply: str, postscript_marker: str) -> bool:
    """Return whether a line begins with the mark of a postscript: 추신, 덧붙임."""
    return re.search(rf"^\W*{re.escape(postscript_marker)}", reply, re.MULTILINE) is not None
