r"""Where a reply marks its answer: \boxed{}, ####, 정답:, "the answer is", a conclusion, bold, the last line.

Every reader looks here first: what is marked goes before running text, and of two marks of a kind the later.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """Kinds of marks, the weaker first."""

    LAST_LINE = 1
    BOLD = 2
    CONCLUDED = 3
    DECLARED = 4
    BOXED = 5


class Mark(NamedTuple):
    """What stands behind a mark, up to the end of its line or sentence, which is at `stop` in the text.

    `whole` says that more follows: it is not what a reply was cut in.
    """

    kind: Kind
    start: int
    said: str
    stop: int
    whole: bool


# Nothing that is looked at behind a mark is longer; every pattern here is bounded, so hostile text costs
# no more than its length.
_REACH = 300
_MOST = 32  # marks of a kind that are looked at, the last ones
_BOXES = 8
_BOX = re.compile(r"\\(?:boxed|fbox) ?\{")
_HASHES = re.compile(
    r"####[ \t]{0,3}(?![0-9]{1,2}[.)][ \t]+\S)(?=[-+−–—(\"'$€£₩￦\\*]{0,3}[0-9.]"
    r"|[-+−–—] [0-9]|[(]?[A-Ja-j가-힣ㄱ-ㅎ①-⑩][).]?[ \t]*(?:\n|$))"
)
_IS = r"(?:\bis\b|\bare\b|\bwas\b|\b(?:would|should|must|will|might|could) be\b|[:：=]|->|→|=>)"
_FITTING = (
    r"(?:closest|nearest|best|correct|right|most [a-z]{3,14}|final|appropriate|matching|suitable|likely)"
)
_DECLARED = re.compile(
    rf"\b(?:{_FITTING} ){{0,2}}answers?(?: (?:choice|option))?(?: (?:to|for|of|among|in) [^.:\n]{{0,80}}?)?"
    rf"[\s*_\"'\])]{{0,4}}{_IS}"
    rf"|\b{_FITTING} (?:given |available )?(?:option|choice|one|match|response|label|category"
    rf"|sentiment)\b[^.:\n]{{0,60}}?{_IS}"
    rf"|\b(?:closest|nearest)(?: (?:to|of|among) [^.:\n]{{0,40}}?)? {_IS}"
    r"|\b(?:corresponds? to|matches|choose|select|pick|go with|opt for) (?=\(?(?:the )?(?:option"
    r"|choice|answer)|\([A-Ja-j]\))"
    r"|(?:정답|(?<![가-힣])답|답변|해답|결론|종합|총평|최종 ?(?:판정|판단|분류)|答案"
    r"|正解)(?: ?번호)?[\s*_\"'\])]{0,4}"
    r"(?:은|는|이|[:：=]|->|→|=>|是|为)"
    r"|(?:가장 )?(?:가까운|적절한|알맞은|올바른|옳은|맞는|어색한|적합한|정확한) (?:선택지|보기|답|값"
    r"|것|선지|문장|옵션)[은는]",
    re.I,
)
_HEADING = re.compile(
    r"(?:^|\n)[#*_\s>\[]{0,8}(?:(?:final|the|correct|최종|나의) ?)?(?:answer|conclusion|정답|답변"
    r"|답안|답|결론|해답|선택)[*_\s:：\]]{0,6}(?=\n)",
    re.I,
)
# What is said to be right, or the only one: a conclusion, though of what is not said.
_FITS = re.compile(
    rf"\b(?:the )?(?:{_FITTING}|only|incorrect|wrong|false)\b [^.:\n]{{1,60}}? (?:is"
    rf"|are|would be)(?= \(?(?:option|choice|\())",
    re.I,
)
_CONCLUDED = re.compile(
    r"(?:^|[.!?。\n:)]|\*\*)[\s*>-]{0,16}(?:따라서|그러므로|그래서|결국|결론적으로|결과적으로|종합하면|즉|고로|요컨대"
    r"|therefore|thus|hence|so|in conclusion|overall|in summary|consequently)\b[,:\s*]|[∴⇒]\s?",
    re.I,
)
_BOLD = re.compile(r"(?:\*\*|__)([^*_\n]{1,80})(?:\*\*|__)")
_SENTENCE_ENDS = re.compile(
    r"(?:(?<=[^\s.A-Ja-j0-9])|(?<=[A-Za-z]{3}[a-j]))[.!?。](?=\s|$|[가-힣*<])"
    r"|(?<=[가-힣)][0-9])[.](?=\s|$)|(?<=[0-9])\.(?=\s+[A-Z가-힣]|\s*$)"
)
_FOLLOWS = re.compile(
    r"\s*(?:다음과|아래와) 같(?:습니다|다|아요)[.:]?\s*$|\s*as follows[.:]?\s*$"
    r"|[\s*_\"':：\])]*$"
)
_LEAD = re.compile(r"[\s*_:：]*(?:\bthe\b )?")


def marks(text: str) -> list[Mark]:
    """Return the marks of a reply's own text, the strongest kind first and of a kind the last first."""
    found = [*_boxed(text), *_lines_behind(text, Kind.BOXED, _HASHES), *_declared(text)]
    found += [*_concluded(text), *_bold(text), *_last_line(text)]
    return sorted(found, key=lambda mark: (-mark.kind, -mark.start))


def boxes(text: str) -> Iterator[str]:
    r"""Yield what each `\boxed{}` of a text holds, the last first; one that never shuts holds nothing."""
    yield from (said for _start, said in _boxes(text))


def _boxes(text: str) -> Iterator[tuple[int, str]]:
    # The last few decide, and a thousand boxes that never close would take a thousand readings to the end.
    for match in [*_BOX.finditer(text)][: -_BOXES - 1 : -1]:
        said = _braced(text, match.end() - 1)
        if said is not None:
            yield match.start(), said


def _braced(text: str, opening: int) -> str | None:
    """Return what stands between the brace at `opening` and its partner; None if it has none."""
    depth = 0
    for brace in re.finditer(r"[{}]", text[opening:]):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return text[opening + 1 : opening + brace.start()]
    return None


def _boxed(text: str) -> Iterator[Mark]:
    for start, said in _boxes(text):
        if said.strip():
            yield Mark(Kind.BOXED, start, said[:_REACH], text.index(said, start) + len(said), True)


def _declared(text: str) -> Iterator[Mark]:
    yield from _lines_behind(text, Kind.DECLARED, _DECLARED)
    yield from _lines_behind(text, Kind.DECLARED, _HEADING)


def _lines_behind(text: str, kind: Kind, pattern: re.Pattern[str]) -> Iterator[Mark]:
    """Yield what stands behind each match: the rest of its line, or the next line where that is empty."""
    for match in _last_of(pattern, text):
        start = match.end()
        stop = _line_end(text, start)
        if _FOLLOWS.match(text[start:stop]):
            start = _next_line(text, stop)
            stop = _line_end(text, start)
        said = text[start : min(stop, start + _REACH)]
        if said.strip():
            yield Mark(kind, match.start(), said, stop, stop < len(text))


def _last_of(pattern: re.Pattern[str], text: str) -> deque[re.Match[str]]:
    return deque(pattern.finditer(text), maxlen=_MOST)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _next_line(text: str, stop: int) -> int:
    while stop < len(text) and text[stop].isspace():
        stop += 1
    return stop


def _concluded(text: str) -> Iterator[Mark]:
    for match in (*_last_of(_CONCLUDED, text), *_last_of(_FITS, text)):
        sentence = first_sentence(text[match.end() : match.end() + _REACH])
        stop = match.end() + len(sentence)
        yield Mark(Kind.CONCLUDED, match.start(), sentence, stop, stop < len(text))


def first_sentence(text: str) -> str:
    """Return the text up to the end of its first sentence or line: not the stop of 3.5, B. or Mr."""
    line = text.partition("\n")[0]
    ends = _SENTENCE_ENDS.search(line, 2)
    return line[: ends.start()] if ends else line


def _bold(text: str) -> Iterator[Mark]:
    for match in _last_of(_BOLD, text):
        yield Mark(Kind.BOLD, match.start(), match[1], match.end(), True)


def _last_line(text: str) -> Iterator[Mark]:
    line = text.rstrip().rpartition("\n")[2]
    if line.strip():
        stop = len(text.rstrip())
        yield Mark(Kind.LAST_LINE, stop - len(line), line[-_REACH:], stop, stop < len(text))
