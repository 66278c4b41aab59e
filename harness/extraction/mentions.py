"""Where a reply names one of the known options: by its word, its label, or its place.

A word counts with an ending that goes with it (`endings`). A word of one sign (A, 2, 가, ㄱ, 배), and yes
and no, are words of the language too, so they have to stand as an answer does: alone in a line, in
brackets, behind "정답은".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.extraction.korean_endings import ending
from harness.extraction.own_words import BRACKETED
from harness.text.normalize import bare

OPEN = r"(?:\\boxed ?\{|\\text ?\{|[(\[<\"'{])"
SHUT = r"[)\]>\"'}]*"

_ANSWER = (
    "정답|답|답변|대답|해답|결론|결과|판정|판단|분류|감정|감성|선택|주제|점수|평점|관계"
    "|answer|choice|label|sentiment|result|conclusion|category"
)
NAMED_BEFORE = re.compile(
    rf"(?:(?:{_ANSWER})(?: ?번호)?\]?[\"']?(?:은|는|이|가|으로|으로는)?\s*(?:[:=>]|->|→|=>|is|was)*"
    r"\s*(?:바로|the|option|choice|보기)?|(?<!\S)(?:중|가운데)(?:에서는?|에는?)?|따라서|그러므로|결국|종합하면|결론적으로|therefore|hence|thus|so)"
    rf"[\s,]*{OPEN}*\s*$|\\boxed ?\{{{OPEN}*\s*$",
    re.I,
)

# A yes and a no that mean the same, and 아니오, which is written for 아니요.
_SAME_WORDS = {
    "예": ("네", "넵", "넹"),
    "네": ("예", "넵", "넹"),
    "아니요": ("아니오", "아뇨"),
    "아니오": ("아니요", "아뇨"),
}
_YES_NO = ("yes", "no")

_SHUT_IN_WORD = re.compile(r"[)\]>\"'}.!?]+(?=[가-힣])")
_INSIDE_NUMBER = re.compile(r"[0-9][.,][0-9]|[0-9]%")
_LABEL = r"(?:[A-J]|[가나다라마]|[ㄱ-ㅎ]|[0-9]{1,2})"
_LISTED_AFTER = re.compile(
    rf"{SHUT}\s*(?:,\s*(?:and|or)\b|[,/·]|및|또는|and\b|or\b)\s*{OPEN}?{_LABEL}(?![0-9A-Za-z가-힣ㄱ-ㅎ])"
)
_LISTED_BEFORE = re.compile(
    rf"(?<![0-9A-Za-z가-힣ㄱ-ㅎ]){_LABEL}{SHUT}\s*(?:,\s*(?:and|or)\b|[,/·]|및|또는|and\b|or\b)\s*{OPEN}?$"
)
_LETTERS_BEFORE = re.compile(r"(?:^|[\s:(])[A-J] $")  # A B C D
_SMILE = re.compile(r"(?<=\s)[:;=]$")
_LINE_STARTS = re.compile(r"(?:^|\n)[(\[<\"'{ ]*$")
_LINE_ENDS = re.compile(rf"{SHUT}[.:)!]*\s*(?:\n|$)")
_CLAUSE_ENDS = re.compile(rf"{SHUT}\s*(?:[.,!?;:]+(?=\s|$)|[\n)(]|$)")
_LEADS = re.compile(r"[.):,]\s")
_BRACKET_OPENS = re.compile(r"[(\[\"'{<]\s*$")
_BRACKET_SHUTS = re.compile(r"\s*[)\]\"'}>]")
# 3번 is a number and three times: 3번이나, 3번 봤다.
_TIMES = r"번(?!째|이나 | ?(?:이상|밖에|정도|씩|더)| (?!보기|이|답)[가-힣]+(?:봤|보)| ?[봤본])"
_COUNTED = re.compile(rf"{SHUT}(?:점|{_TIMES})")
_JUDGED = re.compile(r" ?(?:정답|답이|맞|아니|아닌|아님|고르|골|선택|택)")
_ARTICLE = re.compile(r" (?!(?:because|since|as|for)\b)[a-z]")
_LETTER_AFTER = re.compile(
    rf"{SHUT}\s*(?:[,/]|또는|혹은|및|아니면|and\b|or\b)| (?:is|was|are|seems|looks|fails)\b| [가-힣]"
)
_LETTER_BEFORE = re.compile(r"(?:option|choice|choose|pick|select|with|not|is) $", re.I)
_REPLIES = re.compile(r"(?:^|[\n.,:;!]\s*|is )$")

_ORDINALS = ("첫|한", "두|둘", "세|셋", "네|넷", "다섯", "여섯", "일곱", "여덟", "아홉", "열")
_ORDINAL = re.compile(
    "(?<![가-힣])(?:"
    + "|".join(f"(?P<n{number}>(?:{word}) ?(?:번째|째))" for number, word in enumerate(_ORDINALS))
    + r")(?= ?(?:보기|선택지|선지|항목|것|거|답)|입니다|이다|이에요|예요|[.!\s]*$| ?[이가] (?:정답|답|맞))"
    + r"|(?<![가-힣])(?P<last>마지막)(?= ?(?:보기|선택지|선지|항목|것))"
)
_NUMBERED = re.compile(
    r"(?:보기|선택지|옵션|option|choice) ?\(?(?P<named>\d{1,2}|[A-J])\)?(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z가-힣.,])\(?(?P<counted>\d{1,2}|[A-J])\)?" + _TIMES,
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Option number `option`, named at `start`: its word ends at `word_stop`, its ending at `stop`.

    `kind` is the ending's, one of `endings.KINDS` or `none`.
    """

    option: int
    start: int
    word_stop: int
    stop: int
    kind: str


@dataclass(frozen=True, slots=True)
class Forms:
    """The options' words, the longer first, with the index of each.

    `phrases` are those of several words, written without blanks; `places` says whether 3번 is a place
    and not the option 3.
    """

    words: tuple[tuple[str, int], ...]
    phrases: tuple[tuple[str, int], ...] = ()
    places: bool = False


@lru_cache(maxsize=4096)
def forms(options: tuple[str, ...]) -> Forms:
    """Return the words of `options`; a word of several options is the first's."""
    words: dict[str, int] = {}
    for index, option in enumerate(options):
        word = bare(option.translate(BRACKETED))
        for form in (word, word.replace(" ", ""), *_SAME_WORDS.get(word, ())):
            if form:
                words.setdefault(form if len(form) == 1 else form.lower(), index)
    longest_first = tuple(sorted(words.items(), key=lambda item: -len(item[0])))
    phrases = tuple((word.replace(" ", ""), option) for word, option in longest_first if word.count(" ") > 1)
    places = all(word == str(option + 1) for word, option in words.items() if word.isdecimal())
    return Forms(longest_first, phrases, places)


def by_word(said: str, words: Iterable[tuple[str, int]]) -> list[Mention]:
    """Return where `words`, the longer first, are named, in order; of two at one place the longer one."""
    lower = said.lower()
    if len(lower) != len(said):
        lower = said
    taken = bytearray(len(said))
    found = []
    for word, option in words:
        # One letter keeps its case: `a` is an article before it is option A.
        within = said if len(word) == 1 else lower
        start = within.find(word)
        while start >= 0:
            mention = None if any(taken[start : start + len(word)]) else _mention(said, word, option, start)
            if mention:
                found.append(mention)
                taken[start : mention.word_stop] = b"\1" * len(word)
            start = within.find(word, start + 1)
    return sorted(found, key=lambda mention: mention.start)


def by_place(said: str, count: int, *, bare_numbers: bool = True) -> list[Mention]:
    """Return where options are named by place: 3번, 보기 3, 셋째; and, of three or more, (C) and 3.

    Without `bare_numbers` these last are left out: where letters are the labels, 3 is a number.
    """
    found = [*_ordinals(said, count), *_numbered(said)]
    if count > 2 and bare_numbers:
        found += [
            m for m in by_word(said, _place_labels(count)) if said[m.word_stop : m.word_stop + 1] != "점"
        ]
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda mention: mention.start):
        if 0 <= mention.option < count and (not kept or mention.start >= kept[-1].stop):
            kept.append(mention)
    return kept


def _mention(said: str, word: str, option: int, start: int) -> Mention | None:
    """Return the mention of a word, None where it is but a part of another word."""
    stop = start + len(word)
    before, after = said[start - 1 : start], said[stop : stop + 1]
    if _joined(before, word[0]) or (_joined(word[-1], after) and not "가" <= after <= "힣"):
        return None
    if word.isdecimal() and _INSIDE_NUMBER.search(said[max(0, start - 2) : stop + 2]):
        return None
    shut = _SHUT_IN_WORD.match(said, stop)
    bound = shut.end() if shut else stop
    found = ending(word, said, bound)
    if found is None and after and after in ".!?":
        found = ending(word, said, stop)  # a stop without a blank behind it: 서울.부산
    if found is None:
        return None
    mention = Mention(option, start, stop, stop if found.stop <= bound else found.stop, found.kind)
    ambiguous = len(word) == 1 or word.isdecimal() or word in _YES_NO
    return mention if not ambiguous or _stands(said, word, mention) else None


def _joined(one: str, other: str) -> bool:
    """Return whether two signs beside each other belong to one word."""
    return one.isalnum() and other.isalnum()


def _stands(said: str, word: str, mention: Mention) -> bool:
    """Return whether an ambiguous word stands as an answer does."""
    before, after = said[max(0, mention.start - 60) : mention.start], said[mention.stop : mention.stop + 60]
    if "A" <= word <= "J" and _LETTERS_BEFORE.search(before[-4:]):
        return False
    if _SMILE.search(before) or _LISTED_AFTER.match(after) or _LISTED_BEFORE.search(before[-12:]):
        return False
    if mention.kind in ("states", "concedes", "asks", "supposes") or after[:1] == "/" or before[-1:] == "/":
        return True
    beside = said[mention.word_stop : mention.word_stop + 60]
    return _set_apart(before, after, beside, mention) or _used(word, before, after, mention)


def _set_apart(before: str, after: str, beside: str, mention: Mention) -> bool:
    """Return whether a label has a line or brackets of its own, leads its line, or is counted: 3번."""
    if _LINE_STARTS.search(before) and (
        _LINE_ENDS.match(after) or (mention.kind == "none" and _LEADS.match(after))
    ):
        return True
    if _BRACKET_OPENS.search(before) and _BRACKET_SHUTS.match(beside):
        return True
    return mention.stop > mention.word_stop and bool(_COUNTED.match(beside))


def _used(word: str, before: str, after: str, mention: Mention) -> bool:
    """Return whether the words around a label use it as an answer, as its script asks for it."""
    ends, named = bool(_CLAUSE_ENDS.match(after)), bool(NAMED_BEFORE.search(before[-40:]))
    bound = mention.kind != "none"
    if "가" <= word <= "힣":
        judged = bound and (mention.kind == "rejects" or _JUDGED.match(after))
        return bool(judged) or (not bound and ends and named)
    if word.isdecimal():
        return named and (bound or not _joined(word, after[:1]))
    if word in _YES_NO:
        return named or bound or (ends and bool(_REPLIES.search(before)))
    if word.islower():
        return named and ends
    named = named and not (word in "AI" and _ARTICLE.match(after))
    return named or bound or ends or bool(_LETTER_AFTER.match(after) or _LETTER_BEFORE.search(before))


@lru_cache
def _place_labels(count: int) -> tuple[tuple[str, int], ...]:
    letters = [(chr(65 + place), place) for place in range(min(count, 26))]
    numbers = [(str(place + 1), place) for place in range(min(count, 99))]
    return (*reversed(numbers), *letters)


def _ordinals(said: str, count: int) -> Iterator[Mention]:
    for match in _ORDINAL.finditer(said):
        yield from _at_place(said, count - 1 if match["last"] else int(str(match.lastgroup)[1:]), match)


def _numbered(said: str) -> Iterator[Mention]:
    for match in _NUMBERED.finditer(said):
        label = match["named"] or match["counted"]
        yield from _at_place(said, int(label) - 1 if label.isdecimal() else ord(label.upper()) - 65, match)


def _at_place(said: str, place: int, match: re.Match[str]) -> Iterator[Mention]:
    found = ending("번", said, match.end())
    if found:
        yield Mention(place, match.start(), match.end(), found.stop, found.kind)
