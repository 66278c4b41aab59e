"""What is one number in several parts, as one: 2.5 million, 2 hours 30 minutes, 5시간 반, 24 cm², 5 ± 0.2.

Two units are read in the bigger: 2 hours 30 minutes are 2.5, 3년 6개월 is 3.5.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import partial

_EXACT = Context(prec=17)
_DIGITS = r"(?<![0-9.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_SI = (
    r"(?:[kMGcmnμu]?(?:m|g|J|W|N|V|A|s|K|Pa|mol|eV|Hz|L|l|bar|cal)|°[CFK]|ft|in|hr|h|sec|min|yd|lbm?|lbf"
    r"|Btu|atm|dm)"
)
_TEXT_FORMS = (
    # 5.81 W/m^2 K, 13,000 g mol^{-1}: exponents of units are none of the number's.
    (
        re.compile(
            rf"(?<=[0-9]) ((?:{_SI}[ /·]{{1,2}}){{0,3}}(?:{_SI}|(?<=V/)c)) ?\^ ?[({{]?-?[0-9][)}}]?(?![0-9(])"
        ),
        r" \1",
    ),
    # 24 cm^2 is 24: the exponent is the unit's.
    (
        re.compile(
            r"(?<=[0-9} ])(\{? ?(?:mm|cm|km|m|in|ft|yd|mi|inch(?:es)?|feet|met(?:er|re)s?|units?"
            r"|(?:m|cm|km|ft|feet|mi|in)/(?:s|sec|min|hr?|hour)) ?\}?) ?"
            r"\^ ?\{?[23]\}?"
        ),
        r"\1",
    ),
    # August 8, 1940 is a day of 1940, December 25th one of no year.
    (
        re.compile(
            r"\b((?:January|February|March|April|May|June|July|August|September|October|November|December)) "
            r"[0-9]{1,2}(?:st|nd|rd|th)?\b(?![,.]?[0-9]),?"
        ),
        r"\1",
    ),
    (re.compile(r"(?<=[0-9%] )(?:±|\\pm|\+/-) ?[0-9.,]+%?"), ""),
    (re.compile(r"(?<=[$£€][0-9]) ?[kK]\b"), " thousand"),
)
_SCALED = re.compile(rf"({_DIGITS}) ?(thousand|million|billion|trillion)\b(?! and )", re.I)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
# The bigger unit, the smaller, how many of it make one.
_COMPOSITE = (
    ("시간|hours?|hrs?", "분|min(?:ute)?s?", 60),
    ("분|min(?:ute)?s?", "초|sec(?:ond)?s?", 60),
    ("년|years?", "개월|months?", 12),
    ("dollars?|달러", "cents?|센트", 100),
    ("feet|foot|ft|피트", "inch(?:es)?|in|인치", 12),
)
_TOGETHER = [
    (re.compile(rf"(?<![0-9.])([0-9]+) ?({big}),? ?(?:and )?([0-9]+) ?(?:{small})(?![a-z])", re.I), parts)
    for big, small, parts in _COMPOSITE
]
_HALF = re.compile(
    r"(?<![0-9.])([0-9]+)(?: and a half\b"
    r"| ?(시간|개월|년|달|분|개|배) 반(?=[이은을의 .,]|입니다|정도|$))"
)


def in_full(line: str) -> str:
    """Return a folded line with what is one number in two parts as one, in digits."""
    for pattern, instead in _TEXT_FORMS:
        line = pattern.sub(instead, line)
    line = _SCALED.sub(_scaled, line)
    for pattern, parts in _TOGETHER:
        line = pattern.sub(partial(_mixed, parts), line)
    return _HALF.sub(lambda match: f"{match[1]}.5{f' {match[2]}' if match[2] else ''}", line)


def _scaled(match: re.Match[str]) -> str:
    return _digits(Decimal(match[1].replace(",", "")) * _SCALES[match[2].lower()])


def _mixed(parts: int, match: re.Match[str]) -> str:
    if int(match[3]) >= parts:
        return match[0]
    return f"{_digits(_EXACT.divide(int(match[1]) * parts + int(match[3]), parts))} {match[2]}"


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"
