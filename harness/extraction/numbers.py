r"""Numbers as people and models write them: digits, Korean units, fractions, powers of ten, LaTeX, any minus.

| written | read as |
|---|---|
| 1,234.5 · １，２３４ · 70{,}000 · 12\,500 | thousands are parted by commas or thin blanks, in LaTeX too |
| 2천5백만 · 1억 2천만 · 3조 · 5만 원 | a small unit counts before a big one; 만 alone only before a unit |
| 7/15 · \frac{7}{15} · 9 3/5 · 3½ | fractions, mixed ones too, as a decimal |
| 6.02e23 · 1.3 × 10^28 · 4 \times 10^{-3} | powers of ten |
| 2.5 million · $3k | in full: 2500000, 3000 |
| 2 hours 30 minutes · 5시간 반 · 3년 6개월 · 5 feet 6 inches | in the bigger unit: 2.5, 5.5, 3.5, 5.5 |
| -5 · −5 · –5 · —5 · 마이너스 5 · -$5 · $-5 | every dash where nothing is subtracted from |
| 46.7% · $18 · 18개 · 24 cm² · 90^\\circ · 5 ± 0.2 | the number without its unit; per cent stay per cent |
| 4 × 5 · 3^98 · 23/√630 · 10! | parts of what is still to be worked out: no number is stated |
| (3, 2, 0) · [1, 4) · 3:2 | a point, a range or a ratio: no number is stated |

Names keep their number: GPT-4 is 4. Of a range (10-20, 3~5, 6 to 8) neither end is stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Context, Decimal
from typing import NamedTuple

from harness.extraction.quantities import in_full
from harness.text.normalize import folded

# No number that is meant is longer: a model that writes noughts without end states none.
_LONGEST = 60
_DIGITS = r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|(?<![0-9])\.[0-9]+)"
_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
# 만 is also "only": 5만 is 50,000 before a unit, more digits or a particle that 만 cannot take.
_AFTER_MAN = r"(?= ?(?:[0-9]|[원명개㎞톤번년달권장대건회주평]|km|달러|유로|엔|여|정도|가량|이상|이하))"
# 제3조 and 3조 1항 are articles of a law.
_UNIT = (
    rf"(?:[십백천]{{0,3}}(?:만{_AFTER_MAN}|[억경]|조(?! ?[0-9]+ ?항|의[0-9]| ?항))"
    r"|[십백천]{1,3}만|[십백천]{1,3})"
)
_KOREAN = re.compile(
    rf"(?<![0-9.,제])(?:[0-9][0-9,]{{0,20}}(?:\.[0-9]{{1,9}})? ?{_UNIT} ?)+(?:[0-9][0-9,]{{0,20}})?"
)
_KOREAN_PART = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)? ?([십백천만억조경]+|(?<=[0-9])(?![십백천만억조경]))")
_POWER_OF_TEN = r"(?:[eE][-+]?[0-9]{1,4}|[0-9]? ?[×*x] ?10 ?\^ ?[({]?[-+]?[0-9]{1,4}[)}]?)"
_ONE = re.compile(
    rf"(?P<whole>[0-9]+) (?P<over>[0-9]+)/(?P<under>[1-9][0-9]*)(?![0-9/.])"
    rf"|(?<![/0-9.])(?<!/ )(?P<top>{_DIGITS}) ?/ ?(?P<bottom>{_DIGITS})(?! ?/)(?![0-9])"
    rf"|10 ?\^ ?[({{]?(?P<power>[-+]?[0-9]{{1,4}})(?![0-9])[)}}]?"
    rf"|(?P<digits>{_DIGITS})(?P<ten>{_POWER_OF_TEN})?"
)
# A minus is a sign where nothing stands before it that it could be taken from: not in 10-20, GPT-4 or 5 - 3.
_SIGN = re.compile(
    r"(?:(?<![0-9)\]}%] )(?<![0-9A-Za-z)\]}%])-|마이너스 ?|\b(?:minus|negative) )[$€£¥₩￦]? ?$"
)
_APART = re.compile(r"(?:^|[=:]) ?- ?[$€£¥₩￦]? ?$")
_OPERATOR_BEFORE = re.compile(
    r"(?:[0-9A-Za-z)\]}!%가-힣] ?[+*×·÷]|[0-9)] ?[xX]|[√^!]|[0-9)] ?/|[0-9A-Za-z)\]}%] -"
    r"|[0-9] ?[A-Za-z]{1,4} [/×]|[√/*×·÷^][ ({]{1,3}|[0-9][CP]|\+ (?:[a-z가-힣]{1,10} ){1,3}"
    r"|\b(?:sqrt|log|ln|sin|cos|tan|floor|exp|C|P|f)[({])[ $€£₩]*$"
)
_OPERATOR_AFTER = re.compile(
    r" ?(?:[+*×÷·√^!](?!\*)|π|\\?pi(?![a-z])|파이|[xX] ?[0-9(]| ?[a-z가-힣]{1,12} \+ "
    r"|/ ?(?:[0-9(√\\]|sqrt))|-[0-9(√]| [A-Za-z]{1,4} [/×] [0-9]"
    r"|[CP][0-9]| - [0-9A-Za-z(]|[a-zA-Z]\^"
    r"|(?: [a-z/]{1,10}){0,2} (?:divided by|multiplied by|plus|minus|times (?:the\b|[0-9]))"
    r"| ?(?:제곱|거듭|승(?![가-힣]|은|의))|의 ?[0-9]{1,6} ?(?:제곱|거듭|승)"
)
_TUPLE = re.compile(
    r"[(\[](?![0-9]{1,3}(?:,[0-9]{3})+[)\]])(?: ?-?[0-9.]{1,20} ?,){1,16} ?-?[0-9.]{1,20} ?[)\]]"
)
_LATEX = (
    (re.compile(r"\\[dtc]?frac ?([0-9]) ?([0-9])(?![0-9])"), r" \1/\2"),
    (re.compile(r"\^ ?(?:\{ ?\\circ ?\}|\\circ|°)"), "°"),
    (re.compile(r"\\[dtc]?frac ?\{ ?(-?[0-9.,]{1,20}) ?\} ?\{ ?([0-9.,]{1,20}) ?\}"), r" \1/\2"),
    (re.compile(r"\\[dt]?binom ?\{ ?([0-9]{1,6}) ?\} ?\{ ?([0-9]{1,6}) ?\}"), r"\1C\2"),
    (re.compile(r"\\[dtc]?frac"), "√"),  # not of two numbers: still to be worked out
    (re.compile(r"(?<=[0-9])(?:\{,\}|\\,|\\!|[\u00a0\u2009\u202f])(?=[0-9]{3}(?![0-9]))"), ","),
    (re.compile(r"\\(?:times|cdot|ast)\b|\\\*"), "×"),
    (re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox|boldsymbol|boxed|left|right|displaystyle)\b ?"), ""),
    (re.compile(r"\\(?:approx|simeq|equiv)\b|[≈≒≃]"), "="),
    (re.compile(r"\\sqrt"), "√"),
    (re.compile(r"\\[()\[\]]"), " "),
    (re.compile(r"\\([%$#,;! ])"), r"\1"),
)
_CURRENCY_GROUPS = re.compile(r"(?<=[$€£₩])([0-9]{1,3})((?: [0-9]{3})+)(?![0-9])")
_RATIO = re.compile(r"(?<![0-9])[0-9]{1,9}(?::[0-9]{1,9}){1,4}(?![0-9])")
_BEGINS = re.compile(r"[0-9.]")
_INDEX = re.compile(r"[A-Za-z]_\{?$")  # Z_11, v_{0}: a name
_GROUPS = re.compile("[0-9,]*")
_POWER = re.compile("[⁰¹²³⁴-⁹⁻]+")
_EXACT = Context(prec=17)


class Number(NamedTuple):
    """A number at `start` to `stop` of a plain line, `text` as `float` reads it.

    `open` says that it is a part of something still to be worked out: the 3 of 3^98.
    """

    text: str
    start: int
    stop: int
    open: bool


def plain(line: str) -> str:
    """Return a line in one form for each sign, its LaTeX written out: what `numbers` reads."""
    for pattern, instead in _LATEX:
        line = pattern.sub(instead, line)
    line = _POWER.sub(lambda match: f"^{match[0]}", line)
    line = folded(line).replace("{,}", ",")
    line = in_full(line)
    return _CURRENCY_GROUPS.sub(lambda match: match[0].replace(" ", ","), line)


def numbers(line: str, *, leads: bool = False) -> list[Number]:
    """Return the numbers of a plain line, in order.

    `leads` says that the line is what stands behind a mark, where `- 5` is negative and no item of a list.
    """
    return [*_found(line, leads)]


def _found(line: str, leads: bool) -> Iterator[Number]:
    koreans = {match.start(): match for match in _KOREAN.finditer(line)}
    tuples = [match.span() for match in _TUPLE.finditer(line)] if "," in line else []
    tuples += [(match.start() - 1, match.end()) for match in _RATIO.finditer(line)] if ":" in line else []
    stop = 0
    for sign in _BEGINS.finditer(line):
        start = sign.start()
        match = (koreans.get(start) or _ONE.match(line, start)) if start >= stop else None
        if match is None:
            continue
        if _INDEX.search(line, max(0, start - 3), start):
            stop = match.end()
            continue
        if len(match[0]) > _LONGEST:
            stop = _GROUPS.match(line, match.end()).end()  # type: ignore[union-attr]
            continue
        said = _korean(match[0]) if match.re is _KOREAN else _said(match)
        stop = start + len(match[0].rstrip())
        before = line[max(0, start - 24) : start]
        minus = bool(_SIGN.search(before) or (leads and _APART.search(line[:start])))
        left = _SIGN.sub("", before) if minus else before
        opened = bool(_OPERATOR_BEFORE.search(left) or _OPERATOR_AFTER.match(line, stop))
        opened |= any(begin < start < end for begin, end in tuples)
        yield Number(f"-{said}" if minus else said, start, stop, opened)


def _said(match: re.Match[str]) -> str:
    """Return a number in digits: as it is written without commas, a fraction worked out."""
    if match["under"]:
        under = Decimal(match["under"])
        return _written(_EXACT.divide(int(match["whole"]) * under + Decimal(match["over"]), under))
    if match["bottom"]:
        top, bottom = (Decimal(match[part].replace(",", "")) for part in ("top", "bottom"))
        return _written(_EXACT.divide(top, bottom) if bottom else top)
    if match["power"]:
        return f"1e{int(match['power'])}"
    digits = match["digits"].replace(",", "")
    if not match["ten"]:
        return digits
    exponent = re.search(r"[-+]?[0-9]+(?=[)}]?$)", match["ten"])
    return f"{digits}e{int(exponent[0])}" if exponent else digits


def _written(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _korean(text: str) -> str:
    """Return a number with Korean units in digits: small units add up until a big one multiplies them."""
    total = section = Decimal(0)
    for digits, units in _KOREAN_PART.findall(text):
        if digits:
            section += Decimal(digits.replace(",", "")) * _product(units)
        for big in (sign for sign in units if sign in _BIG):
            total, section = total + section * _BIG[big], Decimal(0)
    return _written(total + section)


def _product(units: str) -> int:
    product = 1
    for sign in units:
        product *= _SMALL.get(sign, 1)
    return product
