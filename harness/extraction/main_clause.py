"""Which number an English sentence states: the one of its main clause, not what clauses and adjuncts add.

| sentence | states |
|---|---|
| When the sale ends, she will have $23 left when she is 22. | 23: clauses before and behind go |
| He paid $40 for 20 hours, with 3 in the first week. | 40: what it was for, and what it consists of, go |
| So the speed is 60 m divided by 4 s, or 15 m/s. | 15: what was worked out stands last |
| A person blinks 380 million times in a 72-year life. | 380000000: the other belongs to a noun |
"""

from __future__ import annotations

import re

from harness.extraction.by_the_way import by_the_way
from harness.extraction.numbers import Number

_VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be|equals?|gets?|has|have|costs?|needs?|took|takes?|makes?|pays?|paid|earns?"
    r"|earned|spends?|spent|saves?|sold|sells?|gives?|buys?|bought"
    r"|(?:will|would|can|could|may|might|must) [a-z]{2,12}"
    r"|(?:resulting in|leaving|leaves|yielding|yields|totall?ing)(?: a total of)?"
    r"|(?:equates?|amounts?|comes?|adds? up|works? out) to)\b|=)\s*"
)
# 60 m divided by 4 s, or 15 m/s: what was worked out stands last.
_COMES_TO = re.compile(r"[^0-9\s(]\w*, or (?:about |approximately |roughly )?[-−–]?[$]?$")
_CLAUSE = re.compile(
    r"\b(?:when|because|since|after|before|while|if|assuming|given|although|(?:so|such) that"
    r"|that (?:can|could|are|is|have|has|will|would))\b.*$"
    r"|, (?:with|including|of which|consisting of)\b.*$"
)
_LEADING = re.compile(
    r"\W{0,4}(?:when|if|since|after|because|as|given|assuming|although)\b[^,]{1,120},", re.I
)
_ADJUNCT = re.compile(
    r"\b(?:(?:for|in|during|within|per|every|at) (?:an? |the |about |only |just )?|an? )$", re.I
)
_BEFORE_A_NOUN = re.compile(r"-(?!digits?\b)[a-z]{2,10}\b")
_WORDS = re.compile("[가-힣]+|[A-Za-z]{2,}")
_UNIT = re.compile(r" [a-z]{2,14} ")
_REACH = 24


def is_korean(line: str) -> bool:
    """Return whether a sentence is Korean: at least half of its words are, so that names count for little."""
    words = _WORDS.findall(line)
    hangul = sum(1 for word in words if word >= "가")
    return 0 < len(words) <= 2 * hangul


def stated_in(line: str, found: list[Number]) -> Number:
    """Return the number that an English sentence states, of those found in it: at least one."""
    first = _LEADING.match(line)
    start = first.end() if first and any(n.start >= first.end() for n in found) else 0
    clause = _CLAUSE.search(line, start)
    stop = clause.start() if clause else len(line)
    if not any(start <= n.start < stop for n in found):
        start, stop = start if start < len(line) else 0, len(line)
    found = [n for n in found if start <= n.start < stop] or found
    found = [n for n in found if not n.open and not by_the_way(line, n)] or found
    found = [n for n in found if not _belongs(line, n)] or found
    if _COMES_TO.search(line, start, found[-1].start):
        return found[-1]
    behind = [*_VERB.finditer(line, start, stop)]
    told = next((n for m in reversed(behind) for n in found if n.start >= m.end()), found[-1])
    return next((n for n in reversed(found) if _adds_up(line, told, n)), told)


def _adds_up(line: str, told: Number, number: Number) -> bool:
    """Return whether a later number counts the same over longer: 12 times a day and 84 times a week."""
    unit = _UNIT.match(line, told.stop)
    between = line[told.stop : max(told.stop, number.start)]
    return unit is not None and " and " in between and line.startswith(unit[0], number.stop)


def _belongs(line: str, number: Number) -> bool:
    """Return whether a number tells how long, how often or of what size: in 4 weeks, a 72-year life."""
    before = line[max(0, number.start - _REACH) : number.start]
    return bool(_ADJUNCT.search(before) or _BEFORE_A_NOUN.match(line, number.stop))
