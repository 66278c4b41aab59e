"""Yes or no, in the many words that mean one: 맞습니다, 그렇지 않습니다, 참, 다른 의미, false.

Only where the options are a yes and a no: a denial of one is then the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from harness.extraction.marks import first_sentence
from harness.text.normalize import bare

_YES = frozenset(
    [
        "예",
        "네",
        "넵",
        "참",
        "맞다",
        "맞음",
        "맞아요",
        "맞습니다",
        "옳다",
        "그렇다",
        "사실",
        "같다",
        "같음",
        "동일",
        "동일하다",
        "일치",
        "yes",
        "true",
        "correct",
        "o",
    ]
)
_NO = frozenset(
    [
        "아니요",
        "아니오",
        "아뇨",
        "거짓",
        "틀리다",
        "틀림",
        "틀렸다",
        "틀렸습니다",
        "그르다",
        "아니다",
        "다르다",
        "다름",
        "불일치",
        "no",
        "false",
        "incorrect",
        "x",
    ]
)

_SIGNS = {"o": True, "x": False, "true": True, "false": False}  # alone, beside Korean options too
_SAID_ALONE = {
    True: r"(?:네|넵|넹|예|응|맞(?:습니다|다|아요|음|네요|아)|그렇(?:습니다|다|죠|네요)|그래요"
    r"|옳(?:습니다|다|음)|참|사실)",
    False: r"(?:아니(?:요|오|에요|다|예요|죠|야)|아뇨|아닙니다|그렇지 ?않(?:습니다|다|아요|음)"
    r"|맞지 ?않(?:습니다|다|아요|음)"
    r"|옳지 ?않(?:습니다|다|음)|틀(?:렸습니다|립니다|렸다|리다|림|렸음|려요|렸어요)|거짓)",
}
_COPULA = r"(?:입니다|이다|이에요|예요|임)?"
# What is judged, so that a verdict at the end of the sentence is one on it: 소재는 아니다 is none.
_JUDGED = r"(?:문장|진술|설명|내용|주장|서술|명제|답|이는|이것은|그것은|이건|그건|질문)[^.!?]{0,30}?"
_SAME, _OTHER = r"(?:같은|동일한) (?:의미|뜻|개념)", r"(?:의미|뜻)[이가는은도]? ?(?:서로 |완전히 |전혀 )?"
_DENIED = (
    re.compile(rf"{_SAID_ALONE[False]}{_COPULA}(?:[,!]|\.(?!\.)|$)"),
    re.compile(
        rf"{_JUDGED}(?:틀[렸린립려리]|거짓(?!말)|(?:사실|참|정답)[이은가는]? ?아[니닙]|(?:맞"
        rf"|옳)지 ?않|사실과 다르|잘못)[^.!?]{{0,8}}$"
        rf"|^(?:틀린|잘못된|거짓인|그른) {_JUDGED}$|^(?:사실|참|정답)[이은]? ?아[니닙][^.!?]{{0,6}}$"
        rf"|(?<![가-힣])다른 (?:의미|뜻|개념)"
        rf"|{_SAME}[^.!?]{{0,16}}?(?:않|아니|아닙|아닌)|{_OTHER}(?:다[르릅른]|같지 ?않|일치하지 ?않)"
    ),
)
_AFFIRMED = (
    re.compile(rf"{_SAID_ALONE[True]}{_COPULA}(?:[,!]|\.(?!\.)|$)"),
    re.compile(
        rf"{_JUDGED}(?:맞(?:습|다|아|음)|옳(?:습|다|음)|참(?:입|이다|임|$)|사실(?:입|이다|임|$))[^.!?]{{0,6}}$"
        rf"|^(?:맞는|옳은|올바른|참인) {_JUDGED}$|{_SAME}|{_OTHER}(?:같|동일|일치)"
    ),
)
_TWICE_DENIED = re.compile(
    r"틀리지 ?않|거짓이 ?아[니닙]|다르지 ?않|다른 (?:의미|뜻)[가이는은]? ?아[니닙]"
    r"|not (?:false|wrong|incorrect|different)",
    re.I,
)
_DENIED_IN_ENGLISH = re.compile(
    r"(?:^|[:;,] ?)(?:no|nope)(?=[,.!;]|$)|\bis (?:false|incorrect|wrong)\b|^(?:false|incorrect|wrong)\b"
    r"|\bnot (?:true|correct|the same|accurate)\b|\bdifferent (?:meaning|sense)s?\b",
    re.I,
)
_AFFIRMED_IN_ENGLISH = re.compile(
    r"(?:^|[:;,] ?)(?:yes|yep|yeah)(?=[,.!;]|$)|\bis (?:true|correct)\b|^(?:true|correct)\b"
    r"|\bsame (?:meaning|sense)\b",
    re.I,
)
_UNSURE = re.compile(
    r"수(?:는|가)? ?없|[가-힣]도 [^.]{0,20}도 |수도|모르|알 수 없|어렵|어려|판단할 수|또는|혹은"
    r"|or no\b|/|\?|지만"
    r"|문제를|예를|\bif\b|인지",
    re.I,
)


@lru_cache(maxsize=1024)
def poles(options: tuple[str, ...]) -> tuple[int, int] | None:
    """Return which of two options is the yes and which the no; None where they are not that."""
    words = [bare(option).lower() for option in options]
    if len(words) != 2:
        return None
    for yes, no in ((0, 1), (1, 0)):
        if words[yes] in _YES and words[no] in _NO:
            return yes, no
    return None


def denied(said: str, options: Sequence[str]) -> int | None:
    """Return the other of two options where folded lines deny one as a quality: 긍정적이지 않습니다.

    긍정이 아닙니다 leaves a middle open, and so does 긍정적이지도 부정적이지도 않습니다.
    """
    if len(options) != 2 or not all(re.fullmatch("[가-힣]{2,}", option) for option in options):
        return None
    stems = [re.escape(option.removesuffix("적")) for option in options]
    found = [bool(re.search(f"(?<![가-힣]){stem}적(?:이지|이진|이지는) ?(?:않|못)", said)) for stem in stems]
    if found.count(True) != 1 or stems[found.index(False)] in said:
        return None
    return found.index(False)


def pole(said: str, options: Sequence[str]) -> int | None:
    """Return the option that a yes or a no in folded lines is; None where the options are no such pair."""
    pair = poles(tuple(options))
    if pair is None:
        return None
    found = _said_yes(said, english=options[pair[0]].isascii())
    return None if found is None else pair[0 if found else 1]


def _said_yes(said: str, *, english: bool) -> bool | None:
    """Return whether folded lines say yes, by their first sentence, else by the last; else None."""
    if bare(said).lower() in _SIGNS:
        return _SIGNS[bare(said).lower()]
    lines = said.split("\n")
    for sentence in (first_sentence(lines[0]), re.split(r"(?<=[.!])\s", lines[-1])[-1]):
        found = _polarity(sentence, english=english)
        if found is not None:
            return found
    return None


def _polarity(sentence: str, *, english: bool) -> bool | None:
    if _UNSURE.search(sentence):
        return None
    if english:
        denied = bool(_DENIED_IN_ENGLISH.search(sentence)) and not _TWICE_DENIED.search(sentence)
        affirmed = bool(_AFFIRMED_IN_ENGLISH.search(sentence))
    else:
        no, yes = bool(_DENIED[0].match(sentence)), bool(_AFFIRMED[0].match(sentence))
        twice = not no and not yes and bool(_TWICE_DENIED.search(sentence))
        denied = no or (not yes and not twice and bool(_DENIED[1].search(sentence)))
        affirmed = yes or twice or bool(_AFFIRMED[1].search(sentence))
    return False if denied else True if affirmed else None
