"""Which of the known options a free-form answer states, in Korean, English or by a label.

Each mention of an option is judged by what stands around it: named as the answer, asserted, touched,
conceded, or turned down. The strongest mentions decide; where they are of two options, nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from harness.extraction.mentions import (
    NAMED_BEFORE,
    OPEN,
    SHUT,
    Forms,
    Mention,
    by_place,
    by_word,
    forms,
    own_lines,
)
from harness.text.normalize import bare

# How much a mention says: 정답은 긍정 · 긍정이다 · 긍정을 · 긍정이지만 · 긍정이 아니다.
NAMED, ASSERTED, TOUCHED, CONCEDED, NOTHING = 4, 3, 2, 1, 0

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


def stated(text: str, options: Sequence[str], *, places: bool = True) -> int | None:
    """Return the index of the option that `text` states, None if it states none or leaves it open.

    `options` are the texts as the task writes them. Places count from 1 (3번 and 셋째 are the third)
    and are looked at after the words, unless `places` is off.
    """
    said, known = own_lines(text), forms(tuple(options))
    found = _decided(said, by_word(said, known.words))
    if found is None and places and known.places:
        found = _decided(said, by_place(said, len(options)))
    if found is None and known.phrases:
        close = said.replace(" ", "")
        found = _decided(close, by_word(close, known.phrases))
    return _begun(said, known) if found is None else found


def _decided(said: str, mentions: Sequence[Mention]) -> int | None:
    """Return the option that the strongest mentions agree on; of several named as the answer, the last."""
    weights = _weights(said, mentions)
    top = max(weights, default=NOTHING)
    strongest = [mention.option for mention, weight in zip(mentions, weights, strict=True) if weight == top]
    if top == NOTHING or (top < NAMED and len(set(strongest)) > 1):
        return None
    return strongest[-1]


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
    if NAMED_BEFORE.search(before) or _NAMED_AFTER.match(said[mention.word_stop : end]):
        return NAMED
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


def _begun(said: str, known: Forms) -> int | None:
    """Return the option that the reply is but for blanks, or, cut short, the beginning of (four signs)."""
    start = bare(said).lower().replace(" ", "")
    words = [(word.replace(" ", ""), option) for word, option in known.words if len(word) > 1]
    found = {option for word, option in words if word == start}
    if not found and len(start) > 3 and "\n" not in said:
        found = {option for word, option in words if word.startswith(start)}
    return found.pop() if len(found) == 1 else None
