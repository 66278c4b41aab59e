"""The number that a reply states: the one it marks as its answer, else the last that is worked out."""

from __future__ import annotations

import re

from harness.extraction.marks import Kind, Mark, first_sentence, marks
from harness.extraction.numbers import Number, numbers, plain
from harness.extraction.own_words import own_text, without_code

# GSM8K's models write `A: 18` as their last line; where letters are options that names one.
_GSM8K = re.compile(r"(?:^|\n)A ?: ?(?=[-−–$]{0,2} ?[0-9.])")
# 5만 is also "only 5"; alone behind a mark it is 50,000.
_MYRIADS = re.compile(r"\s*([0-9][0-9,.]{0,12})\s?만\s*$")
_BEFORE = " $€£¥₩￦-~=약(*:\"'"
_BRACKETS = re.compile(r"\([^()]{0,120}\)")
# 0이 아닙니다, and 1에 가까울수록, -1과 1 사이: numbers that others are measured by.
_DENIED = re.compile(r"[이가은는]? ?(?:아니|아닌|아닙|될 수(?:는|가)? 없|일 수(?:는|가)? 없)")
# 크기가 1인 벡터 and 3D 공간 describe what the sum is about; 5인 것으로 보입니다 states 5.
_MEASURE = re.compile(
    r"[%점]?(?:에 (?:가까|근접|수렴)|[과와에]서? ?[-+]?[0-9.]{1,9} ?(?:사이|까지)"
    r"|(?:의)? ?사이|까지|보다)|인 (?!것|거|걸|게|셈|듯)[가-힣]|D\b| ?차원"
)
# What is asked said again, no answer to it: 3의 98제곱은, 98제곱의 자리수를.
_SUBJECT = re.compile(
    r"(?:의 ?[0-9]{1,6})? ?(?:제곱|거듭제곱|승|팩토리얼|!)(?:은|는|의|을|를|이|가)(?![가-힣])"
)
_NO_DIFFERENCE = re.compile(
    r"\bthere (?:is|are|was|were|will be|would be) (?:no|zero) "
    r"(?!information|answer|mention|way|need|number|data)"
    r"|\b(?:has|have|had|with) (?:no|nothing)\b[^.\n]{0,40}\bleft\b"
    r"|\b(?:nothing|none) (?:is |are |was |were )?(?:left|remains?)\b"
    r"|(?:차이|변화|나머지|거스름돈)[가는이은도]? ?(?:전혀 )?없(?:다|습니다|어요|음)",
    re.I,
)
_BOUND = re.compile(r"(?<=[0-9])[가-힣 ]{0,8}(?:미만|이상|이하|초과)")
# What a conclusion is followed by if it was one of a step only: another sum.
_WORKED_ON = re.compile(r"[0-9)}] ?(?:=|≈|\\approx) ?[^=\n]{0,40}[0-9]")
_WITHOUT_END = re.compile(r"[0-9][0-9,.]{60,}[^\n]{0,3}\s*$")
_NONE = Number("", 0, 0, True)
_LOOP, _TURNS = 80, 8
_VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be|equals?|gets?|has|have|costs?|needs?|took|takes?|makes?|pays?|earns?|spends?|spent"
    r"|saves?|sold|sells?|gives?|buys?|bought)\b|=)\s*"
)


def stated_number(text: str, *, cut: bool = False) -> str | None:
    """Return the number that a reply states, in digits as `float` reads them; None if it states none.

    Where the answer that it marks is still to be worked out (23/√630), what follows the mark may say it.
    Of a reply that was cut short, or that ends in saying one thing over and over, only a number that it
    marked as its answer before.
    """
    own = without_code(own_text(text))
    loop = _loop(own)
    cut = cut or loop is not None
    for mark in [*_gsm8k(own), *marks(own)]:
        in_the_loop = loop is not None and mark.start >= loop
        if cut and not in_the_loop and not _before_the_cut(mark):
            continue
        if mark.kind == Kind.CONCLUDED and _WORKED_ON.search(own[mark.stop :]):
            continue
        found = _marked(mark)
        if found is _NONE:
            return None
        if found is not None and found.open:
            return None if cut else _last(own[mark.stop :])
        if found is not None:
            return found.text
    return None if cut or _WITHOUT_END.search(own) else _last(own)


def _loop(text: str) -> int | None:
    """Return where a reply begins to say one piece of up to 80 signs over and over to its end, or None."""
    text = text.rstrip()
    for period in range(2, _LOOP + 1):
        start = len(text) - period
        while start > 0 and text[start - 1] == text[start - 1 + period]:
            start -= 1
        if len(text) - start >= period * _TURNS:
            return start
    return None


def _before_the_cut(mark: Mark) -> bool:
    """Return whether a mark was whole before a reply was cut, and no step's conclusion."""
    return mark.kind >= Kind.DECLARED and (mark.whole or len(first_sentence(mark.said)) < len(mark.said))


def _gsm8k(text: str) -> list[Mark]:
    found = [*_GSM8K.finditer(text)][-1:]
    return [
        Mark(Kind.BOXED, m.start(), text[m.end() :].partition("\n")[0], m.end(), "\n" in text[m.end() :])
        for m in found
    ]


def _marked(mark: Mark) -> Number | None:
    """Return the number of a mark, which may be open; None if it has none, _NONE if it denies one."""
    alone = _MYRIADS.match(mark.said)
    if alone and mark.kind >= Kind.DECLARED:
        return next(iter(numbers(plain(f"{alone[1]}만 원"))), None)
    line = plain(first_sentence(mark.said) if mark.kind == Kind.DECLARED else mark.said)
    found = [n for n in numbers(line, leads=mark.kind >= Kind.DECLARED) if not _is_subject(line, n)]
    if mark.kind == Kind.BOLD:
        return found[0] if len(found) == 1 and _alone(line, found[0]) else None
    if mark.kind == Kind.LAST_LINE or not found:
        return None
    if mark.kind == Kind.BOXED:
        return _first(line, found)
    if _DENIED.match(line, found[-1].stop) or len(_BOUND.findall(line)) > 1:
        return _NONE
    leads = not re.search("[가-힣]", line) and not line[: found[0].start].strip(_BEFORE)
    return _first(line, found) if mark.kind == Kind.DECLARED and leads else _concluded(line, found)


def _is_subject(line: str, number: Number) -> bool:
    return number.open and bool(_SUBJECT.match(line, number.stop))


def _first(line: str, found: list[Number]) -> Number:
    """Return the first number, or the first behind the last sign of equality: 12 × 5 = 60 is 60."""
    equals = line.rfind("=")
    return next((number for number in found if number.start > equals), found[0])


def _concluded(line: str, found: list[Number]) -> Number:
    """Return the number that a sentence comes to: Korean's last, the first behind an English verb."""
    if re.search("[가-힣]", line):
        return ([n for n in _outside(line) if not _is_subject(line, n)] or found)[-1]
    behind = [*_VERB.finditer(line)]
    return next((n for m in reversed(behind) for n in found if n.start >= m.end()), found[-1])


def _alone(line: str, number: Number) -> bool:
    """Return whether a line is the number and its unit, and no heading such as `1.` or `Step 3`."""
    before, after = line[: number.start].strip(_BEFORE), line[number.stop :].strip()
    return not before and len(after) <= 12 and not re.match(r"[.):]", after)


def _last(text: str) -> str | None:
    """Return the last number of running text that is no measure for others; None where it is an open one."""
    for line in reversed(text.split("\n")):
        said = plain(line)
        if _NO_DIFFERENCE.search(said):
            return "0"
        found = [n for n in _outside(said) or numbers(said) if not _MEASURE.match(said, n.stop)]
        if found:
            return None if found[-1].open or _DENIED.match(said, found[-1].stop) else found[-1].text
    return None


def _outside(line: str) -> list[Number]:
    """Return the numbers outside brackets, which tell more about one: 3,500원 (부가세 350원 포함)."""
    return numbers(_BRACKETS.sub(lambda match: f"({' ' * (len(match[0]) - 2)})", line))
