"""Numbers that a sentence names by the way: measures for others, operands, bounds, ends of a range."""

from __future__ import annotations

import re

from harness.extraction.numbers import Number

# the 1970s and 1970년대 are ten years, none of them;
# 크기가 1인 벡터, 3D 공간, 0이 되는 값 describe what the sum is about; 5인 것으로 보입니다 states 5.
_MEASURE = re.compile(
    r"[%점]?(?:에 (?:가까|근접|수렴)|[과와에]서? ?[-+]?[0-9.]{1,9} ?(?:사이|까지)"
    r"|(?:의)? ?사이|까지|부터|보다|[을를] (?:곱[하한]|더[하한]|[빼뺀]|만족)"
    r"|으?로 나[누눈]| ?(?:이상|이하|미만|초과)(?:의|인|이면|일)|[이가] 되는 (?!것|거|셈))"
    r"|인 (?!것|거|걸|게|셈|듯)[가-힣]|D\b| ?차원|'?s\b|년대"
)
# multiplied by 100, less than 15%: an operand, a bound.
_OPERAND = re.compile(
    r"\b(?:(?:multipl(?:y|ied|ying)|divid(?:e|ed|ing)|times|adding|add)(?: it| this| that)? (?:by )?"
    r"|(?:less|more|fewer|greater|higher|lower) than |at (?:least|most) |a (?:minimum|maximum) of "
    r"|which is (?:[a-z]{1,9} )?(?:close to|near|nearly|almost) )[$]?$",
    re.I,
)
# The upper end of 5-10, 3~5 or 6 to 8: a range states neither of its ends.
_RANGED = re.compile(r"(?<![0-9./-])[0-9][0-9.,]{0,20}[%a-z가-힣]{0,3} ?(?:[~∼〜–-]|to) ?[$]?$")
_BETWEEN = 12
_FROM = re.compile(r"\bfrom [$]?[0-9][^ ]{0,20} to [$]?$")
# There are 14 ways to fill a 3x4 table: what size a thing is.
_SIZE_AFTER, _SIZE_BEFORE = re.compile(r"[xX×][0-9]{1,6} [a-z]{3}"), re.compile(r"[0-9][xX×]$")
_NOUN = re.compile(" [a-z]{3}")
# x^2 + 6x = 0: an equation that is not solved.
_UNSOLVED = re.compile(
    r"(?:(?<![A-Za-z])[0-9]{0,4}[xyz]\^|[0-9][xyz]\b|\b[xyz] ?[-+]|[-+] ?[xyz]\b)(?:[^=A-Za-z]|[xyz])*= ?$"
)
_REACH = 40


def by_the_way(line: str, number: Number) -> bool:
    """Return whether a number of a plain line is a measure for others, an operand or a bound: no answer."""
    before = line[max(0, number.start - _REACH) : number.start]
    sized = _SIZE_AFTER.match(line, number.stop) or (
        _SIZE_BEFORE.search(before) and _NOUN.match(line, number.stop)
    )
    measures = _MEASURE.match(line, number.stop) or _OPERAND.search(before) or _UNSOLVED.search(before)
    return bool(sized or measures)


def in_a_range(line: str, number: Number, found: list[Number]) -> bool:
    """Return whether a number of a plain line is an end of a range."""
    after = [one for one in found if 0 <= one.start - number.stop < _BETWEEN]
    return _ends_a_range(line, number) or any(_ends_a_range(line, one) for one in after)


def _ends_a_range(line: str, number: Number) -> bool:
    before = line[max(0, number.start - _REACH) : number.start]
    return bool(_RANGED.search(before)) and not _FROM.search(before)
