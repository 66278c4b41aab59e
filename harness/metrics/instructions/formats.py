"""Formats: lists, highlights, sections, titles, JSON, and answers that may only be one of three."""

from __future__ import annotations

import json
import re

_BULLETS = re.compile(r"^\s*\*[^*].*$|^\s*-.*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*[^\n*]*\*\*")
_TITLE = re.compile(r"<<[^\n]+>>")
_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_KOREAN_ANSWERS = ("제 대답은 예입니다.", "제 대답은 아니요입니다.", "제 대답은 글쎄요입니다.")
_FENCES = ("```json", "```Json", "```JSON", "```")


def number_bullet_lists(reply: str, num_bullets: int) -> bool:
    """Return whether exactly so many lines are points of a list, * or - before them."""
    starred = re.findall(r"^\s*\*[^*].*$", reply, re.MULTILINE)
    return len(starred) + len(re.findall(r"^\s*-.*$", reply, re.MULTILINE)) == num_bullets


def constrained_response(reply: str) -> bool:
    """Return whether one of the three answers that were allowed is in the reply."""
    return any(answer in reply.strip() for answer in _ANSWERS)


def number_highlighted_sections(reply: str, num_highlights: int) -> bool:
    """Return whether at least so many parts stand *between stars*; **two** count as one more."""
    single = sum(bool(part.strip("*").strip()) for part in _HIGHLIGHT.findall(reply))
    double = sum(bool(part[2:-2].strip()) for part in _DOUBLE_HIGHLIGHT.findall(reply))
    return single + double >= num_highlights


def multiple_sections(reply: str, section_spliter: str, num_sections: int) -> bool:
    """Return whether there are at least so many headings `SECTION 1`."""
    return len(re.findall(rf"\s?{section_spliter.strip()}\s?\d+\s?", reply)) >= num_sections


def json_format(reply: str) -> bool:
    """Return whether the reply is JSON, in a fence or not."""
    bare = reply.strip()
    for fence in _FENCES:
        bare = bare.removeprefix(fence)
    try:
        json.loads(bare.removesuffix("```").strip())
    except ValueError:
        return False
    return True


def title(reply: str) -> bool:
    """Return whether a title stands <<between double angles>>."""
    return any(found.lstrip("<").rstrip(">").strip() for found in _TITLE.findall(reply))


def korean_constrained_response(reply: str) -> bool:
    """Return whether one of the three answers that were allowed is in the reply."""
    return any(answer in reply.strip() for answer in _KOREAN_ANSWERS)


def korean_sections(reply: str, section_spliter: str, num_sections: int) -> bool:
    """Return whether there are at least so many headings, `제1장`, `1장` or `장 1`."""
    name = re.escape(section_spliter)
    return len(re.findall(rf"\d+\s?{name}|{name}\s?\d+", reply)) >= num_sections
