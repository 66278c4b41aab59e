"""The number that a reply states: the one it marks as its answer, else the last that is worked out."""

from __future__ import annotations

import re

from harness.extraction.answered_first import answered_first
from harness.extraction.by_the_way import by_the_way, in_a_range
from harness.extraction.loops import loop
from harness.extraction.main_clause import is_korean, stated_in
from harness.extraction.marks import Kind, Mark, first_sentence, marks
from harness.extraction.number_words import in_digits
from harness.extraction.numbers import Number, numbers, plain
from harness.extraction.own_words import own_text, without_code
from harness.extraction.unfinished import ends_midway
from harness.extraction.unsettled import given_up, is_plan, made_up, unknowable, worked_on

# GSM8K's models write `A: 18` as their last line; where letters are options that names one.
_GSM8K = re.compile(r"(?:^|\n)A ?: ?(?=[-−–$]{0,2} ?[0-9.])")
# 5만 is also "only 5"; alone behind a mark it is 50,000.
_MYRIADS = re.compile(r"\s*([0-9][0-9,.]{0,12})\s?만\s*$")
_BEFORE = " $€£¥₩￦-~=약(*:\"'"
# 0이 아닙니다, and 1에 가까울수록, -1과 1 사이: numbers that others are measured by.
_DENIED = re.compile(r"[이가은는]? ?(?:아니|아닌|아닙|될 수(?:는|가)? 없|일 수(?:는|가)? 없)")
# What is asked said again, no answer to it: 3의 98제곱은, 98제곱의 자리수를.
_SUBJECT = re.compile(
    r"(?:의 ?[0-9]{1,6})? ?(?:제곱|거듭제곱|승|팩토리얼|!)(?:은|는|의|을|를|이|가)(?![가-힣])"
)
_NO_DIFFERENCE = re.compile(
    r"\bthere (?:is|are|was|were|will be|would be) (?:no|zero) "
    r"(?!information|answer|mention|way|need|number|data)"
    r"|\b(?:has|have|had|with) (?:no|nothing)\b[^.\n]{0,40}\bleft\b"
    r"|\b(?:nothing|none) (?:is |are |was |were )?(?:left|remains?)\b"
    r"|(?:차이|변화|나머지|거스름돈)[가는이은도]? ?(?:전혀 )?없(?:다|습니다|어요|음)"
    r"|(?:가지고 있|남아 ?있)지 않(?:습니다|아요|다)|(?:하나|[한1] ?[개벌명장권])도 (?:없|남지 않)",
    re.I,
)
_BOUND = re.compile(r"(?<=[0-9])[가-힣 ]{0,8}(?:미만|이상|이하|초과)")
# Two amounts of one unit, one beside the other: 연필 3자루와 볼펜 2자루. Which is asked for is not known.
_BESIDE = re.compile(
    r"(?P<unit>[가-힣]{1,2})(?:의 [가-힣 ]{1,16})?(?:[과와,+]|이고|이며|그리고|및|,? 그리고"
    r"|[을를이가] [가-힣]{1,4}고 있(?:고|으며)|[을를이가] (?:남고|남으며|있고|있으며)){1,2},?"
    r" ?[가-힣 ]{0,20}$"
)
# 90%, 92% and 88%; 유사도는 0.8, 각도는 30: which of them is asked for is not known.
_SERIES = re.compile(
    r"(?:[%개원점](?:,|,? and|[과와])|,? and|, [가-힣]{1,8}[은는](?: 약)?|(?:,|,? and|,? or) [a-z] ?=)"
    r" ?[-$₩]?"
)
# Bold and underscored words, not 2**3.
_EMPHASIS = re.compile(r"(?<![0-9)])\*\*|\*\*(?![0-9(])|__")
_BOX_BEFORE = re.compile(r"\\boxed ?\{[^{}]{1,30}\}[^.!?…\n\\]{1,40}$")
_WITHOUT_END = re.compile(r"[0-9][0-9,.]{60,}[^\n]{0,3}\s*$")
_GROUP = 3  # 5,2 is two numbers, 1,2345 a thousand put wrongly
_NONE = Number("", 0, 0, True)
_ASIDE = 160  # what is longer in brackets is no aside
# between 7 and 8, from 10 to 20: an estimate that names no number.
_FROM_TO = re.compile(
    r"\b(?:between|(?:anywhere |ranges? )?from) [$]?[0-9][0-9.,]{0,20}%?(?: [a-z]{1,12})? (?:to|and)"
    r" [$]?[0-9]",
    re.I,
)

_HUGE = re.compile(
    r"\b(?:hundreds|thousands|millions|billions|trillions)\b|수(?:백|천|십)?(?:만|억|조)", re.I
)
# What is asked said again, or what another question would have: no answer to this one.
_RESTATED = re.compile(
    r"\b(?:given|told|know|says|states?|stated) (?:us )?that\b[^.\n]*$"
    r"|\bif (?:you|the question|it) (?:meant?|means|intended|asked|wanted?|asks)\b[^.\n]*$"
    r"|(?:의미|의도|질문)하(?:신|셨|는) ?(?:것이?)?(?:다면|라면|이라면)[^.\n]*$",
    re.I,
)
_OTHERWISE_MEANT = re.compile(r"[^.!?\n]{0,200}\bif you (?:meant?|intended|wanted|were asking)\b[^\n]*", re.I)
_ITEM = re.compile(r"\s*(?:[-*•]|[0-9]{1,2}[.)]|#)\s")
# 6. Considerations, **2단계: 값**: what a line is headed by counts nothing.
_HEADED = re.compile(r"^[\s*#>_]{0,8}[0-9]{1,2}[.)]\*{0,2} (?=\s*\D)")
# 예를 들어 합이 12라면 3이 되겠죠: a case that is made up is no answer.
_OTHER_CASE = re.compile(
    r"예를 들[^\n]{0,200}(?:라면|다면)"
    r"|^\W{0,4}if\b[^,]{1,80}, (?:you|the (?:total|number|amount|answer|result)) (?:would|could|might)\b",
    re.I,
)
_EQUIVALENT = re.compile(
    r"\W{0,4}(?:this|that) (?:is|would be|was) (?:roughly |about )?equivalent to\b", re.I
)
_NOW = re.compile(r"(?:있습니다|있다|있어요|있음|입니다|이다|됩니다|된다|남습니다|남는다)\s*$")
_THAT_IS = re.compile(r"[\s*>-]*즉")


def stated_number(text: str, *, cut: bool = False) -> str | None:
    """Return the number that a reply states, in digits as `float` reads them; None if it states none.

    Where the answer that it marks is still to be worked out (23/√630), what follows the mark may say it.
    Of a reply that was cut short, or that ends in saying one thing over and over, only a number that it
    marked as its answer before. What a reply says that it cannot know, it does not state.
    """
    own = _OTHERWISE_MEANT.sub("", without_code(own_text(text)))
    endless = loop(own)
    cut = cut or endless is not None or ends_midway(own)
    example = made_up(own)
    for marked in [*_gsm8k(own), *marks(own), *answered_first(own)]:
        mark = _carried_on(marked, own)
        in_the_loop = endless is not None and mark.start >= endless
        if cut and not in_the_loop and not _before_the_cut(mark):
            continue
        if mark.kind == Kind.CONCLUDED and (is_plan(mark.said) or worked_on(own[mark.stop :])):
            continue
        if (example and mark.kind <= Kind.CONCLUDED) or _restated(mark, own):
            continue
        if _two_amounts(mark, own):
            alone = _one_said_alone(mark, own)
            return alone if alone or cut else _last(own[mark.stop :])
        found = _NONE if _beside_a_box(mark, own) else _marked(mark)
        if found is _NONE:
            return None
        if found is not None and found.open:
            return None if cut else _last(own[mark.stop :])
        if found is not None:
            return found.text
    return None if cut or example or _WITHOUT_END.search(own) or given_up(own) else _last(own)


def _restated(mark: Mark, text: str) -> bool:
    """Return whether a mark stands in what is given, or in what another question would have."""
    return mark.kind == Kind.DECLARED and bool(_RESTATED.search(text[max(0, mark.start - 120) : mark.start]))


def _carried_on(mark: Mark, text: str) -> Mark:
    """Return a conclusion that ends in a colon with the line that it announces, unless that is a list."""
    if mark.kind != Kind.CONCLUDED or not mark.said.rstrip(" *").endswith((":", "：")):
        return mark
    rest = text[mark.stop :]
    line = rest.lstrip().partition("\n")[0]
    if _ITEM.match(line):
        return mark
    stop = mark.stop + len(rest) - len(rest.lstrip()) + len(line)
    return mark._replace(said=line, stop=stop, whole=stop < len(text))


def _two_amounts(mark: Mark, text: str) -> bool:
    """Return whether a conclusion comes to two amounts, and does not only say again what was concluded."""
    if mark.kind != Kind.CONCLUDED or _THAT_IS.match(text[mark.start : mark.start + 20].lstrip(".!?。\n:) ")):
        return False
    line = _plain(mark.said)
    return _beside(line, numbers(line))


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
    said = first_sentence(mark.said) if mark.kind == Kind.DECLARED else mark.said
    line = _plain(said)
    found = [n for n in numbers(line, leads=mark.kind >= Kind.DECLARED) if not _is_subject(line, n)]
    if mark.kind in (Kind.CONCLUDED, Kind.DECLARED):
        if _states_none(said, line, found):
            return _NONE
        return None if _beside(line, found) else _of_sentence(mark.kind, line, found)
    if mark.kind == Kind.BOLD:
        return found[0] if len(found) == 1 and _alone(line, found[0]) else None
    return _first(line, found) if mark.kind == Kind.BOXED and found else None


def _beside_a_box(mark: Mark, text: str) -> bool:
    """Return whether the sentence of a box holds one before it: 5 hours and 20 minutes, each in a box."""
    before = text[max(0, mark.start - 80) : mark.start]
    return mark.kind == Kind.BOXED and bool(_BOX_BEFORE.search(before))


def _one_said_alone(mark: Mark, text: str) -> str | None:
    """Return the one of two amounts that a sentence before came to by itself, if not both did."""
    both = {number.text for number in numbers(_plain(mark.said))[-2:]}
    said: set[str] = set()
    for line in text[: mark.start].split("\n"):
        for sentence in map(_plain, _sentences(line)):
            found = {number.text for number in numbers(sentence) if not number.open}
            said |= found if len(found) == 1 and _NOW.search(sentence) else set()
    told = both & said
    return told.pop() if len(told) == 1 else None


def _states_none(said: str, line: str, found: list[Number]) -> bool:
    """Return whether a sentence says that there is no answer, denies the number or bounds it."""
    if unknowable(said):
        return True
    ranged = len(_BOUND.findall(line)) > 1 or (_FROM_TO.search(line) and not re.search("=|차이", line))
    return bool(found) and (bool(ranged) or bool(_DENIED.match(line, found[-1].stop)))


def _of_sentence(kind: Kind, line: str, found: list[Number]) -> Number | None:
    """Return the number that a sentence states: the first if it begins with it, else what it comes to."""
    if not found:
        return Number("0", 0, 0, False) if _NO_DIFFERENCE.search(line) else None
    leads = not is_korean(line) and not line[: found[0].start].strip(_BEFORE)
    told = _first(line, found) if kind == Kind.DECLARED and leads else _concluded(line, found)
    return _NONE if in_a_range(line, told, found) else told


def _plain(text: str) -> str:
    return plain(in_digits(_EMPHASIS.sub("", text)))


def _beside(line: str, found: list[Number]) -> bool:
    """Return whether a sentence comes to two amounts of one unit, or to a series."""
    if len(found) < 2:
        return False
    one, other = found[-2:]
    between = line[one.stop : other.start]
    if _SERIES.fullmatch(between) or (between == "," and max(len(one.text), len(other.text)) < _GROUP):
        return True
    told = _BESIDE.match(line[one.stop : other.start].strip("* "))
    return bool(told) and line[other.stop :].lstrip("* ").startswith(told["unit"])  # type: ignore[index]


def _is_subject(line: str, number: Number) -> bool:
    return number.open and bool(_SUBJECT.match(line, number.stop))


def _first(line: str, found: list[Number]) -> Number:
    """Return the first number, or the first behind the last sign of equality: 12 × 5 = 60 is 60."""
    equals = line.rfind("=")
    return next((number for number in found if number.start > equals), found[0])


def _concluded(line: str, found: list[Number]) -> Number:
    """Return the number that a sentence comes to: Korean's last, that of an English main clause."""
    if is_korean(line):
        return ([n for n in _outside(line) if not _is_subject(line, n)] or found)[-1]
    return stated_in(line, found)


def _alone(line: str, number: Number) -> bool:
    """Return whether a line is the number and its unit, and no heading such as `1.` or `Step 3`."""
    before, after = line[: number.start].strip(_BEFORE), line[number.stop :].strip()
    return not before and len(after) <= 12 and not re.match(r"[.):]|(?:단계|번째|차시|장)(?![가-힣])", after)


def _last(text: str) -> str | None:
    """Return the number of the last sentence of running text that has one; None where it is an open one."""
    for line in reversed(text.split("\n")):
        for sentence in reversed(_sentences(_HEADED.sub("", line))):
            said = _plain(sentence)
            if _NO_DIFFERENCE.search(said):
                return "0"
            if _HUGE.search(said) and not re.search("[0-9]", said):
                return None
            found = [n for n in _outside(said) or numbers(said) if not by_the_way(said, n)]
            if found and not _OTHER_CASE.search(said) and not _in_other_terms(said, text):
                return _settled(said, found)
    return None


def _in_other_terms(said: str, text: str) -> bool:
    """Return whether a sentence says in another unit what was said before: This is equivalent to 11 hours."""
    return bool(_EQUIVALENT.match(said)) and bool(re.search("[0-9]", text.partition(said[:20])[0]))


def _settled(said: str, found: list[Number]) -> str | None:
    """Return the number that a sentence states; None of two amounts, a range, and what is still open."""
    told = found[-1] if found[-1].open or is_korean(said) else stated_in(said, found)
    if told.open or _beside(said, found) or in_a_range(said, told, found) or _DENIED.match(said, told.stop):
        return None
    return told.text


def _sentences(line: str) -> list[str]:
    """Return the sentences of a line in order."""
    found = []
    while line.strip():
        first = first_sentence(line)
        found.append(first)
        line = line[len(first) + 1 :]
    return found


def _outside(line: str) -> list[Number]:
    """Return the numbers outside brackets, which tell more about one: 3,500원 (부가세 350원 포함)."""
    signs, opened = list(line), []
    for place, sign in enumerate(line):
        if sign == "(":
            opened.append(place)
        elif sign == ")" and opened:
            start = opened.pop()
            if place - start <= _ASIDE:
                signs[start + 1 : place] = " " * (place - start - 1)
    return numbers("".join(signs))
