"""How much what stands around a mention of an option says: named, asserted, touched, conceded, turned down.

The strongest mentions decide; where they are of two options, nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from harness.extraction.mentions import NAMED_BEFORE, OPEN, SHUT, Mention

# How much a mention says: 정답은 긍정 · 긍정이 맞다 · 긍정이다 · 긍정을 · 긍정이지만 · 긍정이 아니다.
NAMED, JUDGED, ASSERTED, TOUCHED, CONCEDED, NOTHING = 5, 4, 3, 2, 1, 0

_NAMED_AFTER = re.compile(
    rf"{SHUT}[이가만]? ?(?:is |was |seems )?(?:the |most |더 |가장 |바로 )*"
    r"(?:correct|right|answer|best|정답|답|맞|옳|적절|타당|알맞)"
    rf"|{SHUT}(?:을|를|으?로)? ?(?:고르|골|선택|택하|하겠|정하|뽑)",
    re.I,
)
_SENTENCE_ENDS = re.compile(rf"{SHUT}\s*(?:[.!\n;(]|$)")
_TURNED_DOWN_BEFORE = re.compile(
    r"(?:\bnot|n't|\bneither|\bnor|\bnever|\brather than|\binstead of|\bexcept|\bthan)"
    rf"(?: an?| the| option| be)*\s*{OPEN}*$",
    re.I,
)
_TURNED_DOWN_AFTER = re.compile(
    r"[^,.!?;\n]{0,30}?(?:아니|아닌|아닙|아님|않|틀[리렸린립]|오답|제외|대신|없|어렵|어려|힘들|못하|거짓이)"
    rf"|{SHUT}:? ?(?:is|was|are|seems)?(?: not|n't| wrong| incorrect| false| out\b)"
    r"|: ?(?:wrong|incorrect|false)",
    re.I,
)
_CANNOT_BUT = re.compile(r"[^.!?\n]{0,8}(?:아닐 수|아니라고 (?:할|볼|말할) 수|않을 수)[가는]? 없")
# Ends the clause of the mention: what is turned down behind it is something else.
_NEXT_CLAUSE = re.compile(r"[^,.!?;\n]{0,25}(?:지만|으나|므로|니까|때문|는데|은데)")
_CONCEDED_BEFORE = re.compile(r"(?:\bwhile|\balthough|\bthough|\bif|만약|만일) [^,.\n]{0,20}$", re.I)
_CONCEDED_AFTER = re.compile(
    r"[^.!?\n]{0,40}?(?:지만|으나|[하보이]나|는데|은데|ㄴ데|더라도|줄 알|같아 보|,? but\b|, yet\b)"
)
_ASKED = re.compile(r"[^.!?\n]{0,60}\?")
_BETWEEN = re.compile(
    rf"{SHUT}\s*(?:[,/~]|,? ?(?:및|또는|혹은|아니면|그리고|이나|and/or|and|or|vs\.?))\s*{OPEN}*", re.I
)
_BLANK = re.compile(rf"{SHUT}\s*{OPEN}*")
_ITEM = re.compile(r"[.)\]:] ?[^.!?\n:]*")


def decided(said: str, mentions: Sequence[Mention], *, least: int = TOUCHED) -> int | None:
    """Return the option that the strongest mentions agree on, of several named as the answer the last.

    Mentions that say less than `least` decide nothing. Where several are judged right (A는 맞고, C도 맞다),
    the options were gone through one by one, and none is the answer.
    """
    weights = _weights(said, mentions)
    top = max(weights, default=NOTHING)
    strongest = [mention.option for mention, weight in zip(mentions, weights, strict=True) if weight == top]
    if top < max(least, CONCEDED) or (top != NAMED and len(set(strongest)) > 1):
        return None
    return strongest[-1]


def judged(said: str, mentions: Sequence[Mention]) -> int | None:
    """Return the one option that what follows a mention of it calls the right one; None if it is several."""
    weights = _weights(said, mentions)
    right = {mention.option for mention, weight in zip(mentions, weights, strict=True) if weight == JUDGED}
    return right.pop() if len(right) == 1 else None


def _weights(said: str, mentions: Sequence[Mention]) -> list[int]:
    listed = _listed(said, mentions)
    ends = [*(mention.start for mention in mentions[1:]), len(said)]
    return [
        NOTHING if number in listed else _weight(said, mention, ends[number])
        for number, mention in enumerate(mentions)
    ]


def _listed(said: str, mentions: Sequence[Mention]) -> set[int]:
    """Return the numbers of the mentions in a list with another option: A와 B, or A. 서울 B. 부산 C. 대구."""
    options = [mention.option for mention in mentions]
    gaps = [said[one.word_stop : other.start] for one, other in pairwise(mentions)]
    if len(options) > 2 and options == [*range(len(options))] and all(map(_ITEM.fullmatch, gaps)):
        return set(range(len(options)))
    found: set[int] = set()
    for number, (one, other) in enumerate(pairwise(mentions)):
        gap = said[one.stop : other.start]
        joined = _BETWEEN.fullmatch(gap) or (one.kind in ("joins", "adds") and _BLANK.fullmatch(gap))
        if joined and one.option != other.option:
            found |= {number, number + 1}
    return found


def _weight(said: str, mention: Mention, end: int) -> int:
    """Return how much a mention says; what follows it is read up to `end`, where the next one starts."""
    before, after = said[max(0, mention.start - 40) : mention.start], said[mention.stop : end]
    if _turned_down(before, after, mention.kind):
        return NOTHING
    if mention.kind == "concedes" or _CONCEDED_BEFORE.search(before):
        return CONCEDED
    if mention.kind != "states" and _CONCEDED_AFTER.match(after):
        return CONCEDED
    if NAMED_BEFORE.search(before):
        return NAMED
    if _NAMED_AFTER.match(said[mention.word_stop : end]):
        return JUDGED
    return ASSERTED if mention.kind == "states" or _SENTENCE_ENDS.match(after) else TOUCHED


def _turned_down(before: str, after: str, kind: str) -> bool:
    """Return whether a mention is denied, supposed, asked about or in a list: with what may be no option."""
    if (
        kind in ("asks", "supposes", "rejects", "joins")
        or _ASKED.match(after)
        or _TURNED_DOWN_BEFORE.search(before)
    ):
        return True
    if kind == "states" or _CANNOT_BUT.match(after):
        return False
    match = _TURNED_DOWN_AFTER.match(after)
    return bool(match and not _NEXT_CLAUSE.match(match[0]))
