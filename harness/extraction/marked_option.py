"""The option that a reply marks as its answer: by its label in any form, or by its text.

What stands behind a mark is short, so a label may be read there that running text would not allow: `b`,
`(c)`, `**D. 4 N/kg**`, `2번`, `②`, `option E`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.extraction.assertions import ASSERTED, TOUCHED, decided
from harness.extraction.choices import Choices
from harness.extraction.korean_endings import ending
from harness.extraction.labels import ends, enumerated, labels_apart, leading_label
from harness.extraction.marks import Kind, Mark, first_sentence
from harness.extraction.mentions import by_place, by_word
from harness.extraction.own_words import BRACKETED, own_lines
from harness.text.normalize import bare, folded, ko_v1

# What a mark says where it names several, or says that it decides for none: nothing behind it is looked at.
UNDECIDED = -1

_INLINE = re.compile(r"(?<![A-Za-z0-9])([A-J])[.):] ")
_UNCLOSED = re.compile(r"\s{0,3}\${1,2}[^$]{0,200}$")  # a formula that was cut
_ALONE = re.compile(r"번?(?:입니다|이다|예요|이에요|정답)?|번?[을를]? ?(?:선택|고르|골|택)[가-힣]*")
_PARTS = re.compile(r"[.:)\],]|\s?[-–—]\s|$")
_AND = re.compile(
    r"[\s*_)\]\"']{0,4}(?:,\s*(?:and|or)\b|[,/&]|\b(?:and|or)\b|및|또는|혹은|와|과"
    r"|이나|나|그리고)[\s*_(\[\"']{0,4}"
)
_TURNED_DOWN = re.compile(
    r"[\s*_)\]\"']{0,4}(?:(?:is|was|are|seems|would be)\s+)?(?:not\b|incorrect|wrong|false|partially"
    r"|only partially|ruled out)"
    r"|[\s*_)\]\"']{0,4}(?:번)?(?:[이가은는]?\s?(?:아니|아닌|아닙|틀[렸린립리]|오답))",
    re.I,
)
_NONE = re.compile(
    r"[\s*_\"'(]{0,4}(?:none|neither|nothing|n/a|unknown|unclear|모름|모르겠|알 수 없|없(?:음|다|습니다))"
    r"|.{0,30}?\b(?:not|cannot|isn't|can't)\b (?:be )?(?:\w+ )?(?:among|listed|given|provided|in the"
    r"|one of|available|clear|determined|possible|present|here)",
    re.I,
)


def marked(mark: Mark, known: Choices) -> int | None:
    """Return the option that a mark names, UNDECIDED where it names several; None where it says nothing."""
    said = folded(mark.said.split("\n", 1)[0].translate(BRACKETED))
    if mark.kind <= Kind.BOLD:
        return _whole(said, known)
    strict = mark.kind == Kind.CONCLUDED
    text = _text_lead(said, known, whole=strict and known.marked)
    if text is None and _NONE.match(said):
        return UNDECIDED
    label = _label_lead(said, known, strict=strict)
    if text is not None and (label is None or label == UNDECIDED or not _bracketed(said)):
        return text
    if label is not None and label != UNDECIDED:
        return label
    found = _mentioned(own_lines(first_sentence(said)), known, strict=strict)
    return label if found is None else found


def _mentioned(sentence: str, known: Choices, *, strict: bool) -> int | None:
    """Return the option that the words of a marked sentence decide for.

    In a conclusion of worked-out reasoning (`strict`, options with labels) letters and numbers are values.
    """
    strict = strict and known.marked
    words = [
        (word, index) for word, index in known.forms.words if not known.marked or _wordy(word, strict=strict)
    ]
    found = decided(sentence, by_word(sentence, words), least=ASSERTED if strict else TOUCHED)
    if found is None and known.marked:
        found = decided(sentence, labels_apart(sentence, known))
    if found is None and known.places:
        found = decided(
            sentence, by_place(sentence, known.count, bare_numbers=not known.marked), least=ASSERTED
        )
    return found


def _wordy(word: str, *, strict: bool) -> bool:
    """Return whether an option's text has words: a number or a formula is in a solution by chance."""
    return word.count(" ") > 1 if strict else bool(re.search("[a-zA-Z]{3}|[가-힣]{2}", word))


def last_sentence(said: str, known: Choices) -> int | None:
    """Return the one option whose label the last sentence sets apart, where the reply ends with it."""
    if not said or said[-1] not in ".!。)*" or enumerated(said.split("\n")[-12:], known):
        return None
    sentence = re.split(r"(?<=[^\s.A-J])[.!?](?:\s|$)|\n", said.rstrip(".!。 "))[-1]
    return decided(sentence, labels_apart(sentence, known))


def _whole(said: str, known: Choices) -> int | None:
    """Return the option that a line or bold words are and no more than that: `B`, `(B)`, `B. 서울`, 서울."""
    text = _text_lead(said, known, whole=True)
    if text is not None:
        return text
    lead = None if _UNCLOSED.match(said) else leading_label(said, known)
    if lead is None:
        return None
    index, stop = lead
    rest = ko_v1(said[stop:])
    if not rest or _ALONE.fullmatch(rest):
        return index
    own = ko_v1(known.texts[index]) if known.texts else ""
    return index if own and (rest == own or (len(rest) > 3 and own.startswith(rest))) else None


def _bracketed(said: str) -> bool:
    return said.lstrip(" *_\"'").startswith("(")


def _label_lead(said: str, known: Choices, *, strict: bool) -> int | None:
    """Return the option whose label leads what stands behind a mark; UNDECIDED where several are listed."""
    lead = leading_label(said, known)
    if lead is None:
        return None
    index, stop = lead
    others = _AND.match(said, stop)
    if others:
        other = leading_label(said[others.end() :], known)
        if other is not None and other[0] != index:
            return UNDECIDED
    elif re.match(r"\s+[A-J](?:\s|[.]?$)", said[stop:]):  # A B C D
        return UNDECIDED
    if _TURNED_DOWN.match(said, stop) or (strict and not ends(said[stop:])):
        return None
    return index


def _text_lead(said: str, known: Choices, *, whole: bool) -> int | None:
    """Return the option whose text stands first behind a mark, or is it `whole`; of several the longest."""
    lead = re.sub(r"^(?:the|an?|약|바로) ", "", bare(said).lower())
    best: tuple[int, int] | None = None
    for index, text in enumerate(known.texts):
        word = re.sub(r"^(?:the|an?) ", "", bare(text).lower())
        if len(word) and lead.startswith(word) and (best is None or len(word) > best[0]):
            rest = lead[len(word) :]
            if word.isdecimal() and rest[:1] == "번":
                bound = False  # 3번 is the third, whatever is 3
            elif "가" <= rest[:1] <= "힣":
                bound = (found := ending(word, lead, len(word))) is not None and found.kind in (
                    "states",
                    "none",
                )
            else:
                bound = not rest[:1].isalnum() and not re.match(r"[.,][0-9]|\s?[×x^/%]|-", rest)
            if bound and not (
                whole and (len(rest) > len("이었습니다") or not "가" <= rest[:1] <= "힣") and rest
            ):
                best = (len(word), index)
    return None if best is None else best[1]


def foreign(said: str, index: int, known: Choices) -> bool:
    """Return whether a label stands before a text that is none of the option's own: `C. 15 N` for a battery.

    A model that runs on answers questions that nobody asked.
    """
    lead = leading_label(folded(said), known)
    if lead is None or not known.texts or lead[0] != index:
        return False
    if folded(said)[lead[1] - 1] in ")]}":  # (B). The next sentence
        return False
    rest = re.match(r"\s*[.:]\s+(.{4,})", folded(said)[lead[1] :])
    if rest is None:
        return False
    own, told = _tokens(known.texts[index]), _tokens(rest[1])
    return bool(own and told) and not own & told


def _tokens(text: str) -> set[str]:
    return set(re.findall(r"[0-9]+|[a-z가-힣]{2,}", text.lower()))


def revolving(options: Sequence[int]) -> bool:
    """Return whether declared answers, the last first, go round and round: A, C, E, A, C."""
    turns = [one for one, other in zip(options, [None, *options], strict=False) if one != other]
    return len(turns) > 4 and len(turns) > len(set(turns)) + 1


def first_line(said: str, known: Choices) -> int | None:
    """Return the option whose label the first line begins with, unless other lines begin with others.

    `C: 25 60`, `D입니다. …`, `B` and an explanation below.
    """
    lines = said.split("\n")
    lead = leading_label(lines[0], known)
    if lead is None or enumerated(lines, known) or (lines[0][:1] == "I" and "II" in said):
        return None
    index, stop = lead
    inline = {match[1] for match in _INLINE.finditer(lines[0])}
    if len(inline) > 2 or {"A", "B"} <= inline:
        return None
    rest = lines[0][stop:]
    alone = _PARTS.match(rest) or rest.startswith("입니다") or ends(rest)
    listed = _AND.match(lines[0], stop) and leading_label(lines[0][_AND.match(lines[0], stop).end() :], known)  # type: ignore[union-attr]
    return index if alone and not listed and not _TURNED_DOWN.match(lines[0], stop) else None
