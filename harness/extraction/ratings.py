"""The rating that a reply gives, without the scale that it names."""

from __future__ import annotations

import re

from harness.text.normalize import folded

# 3~4, 0에서 5까지; 5점 만점에, /5, on a scale of 0 to 5; and the numbers of the two texts compared.
_RANGE = r"(?<![0-9])[0-9]{1,6}(?:\.[0-9]{1,6})? ?점? ?(?:에서|부터|to|and|[-~]) ?[0-9]+(?:\.[0-9]+)?"
_NO_RATING = re.compile(
    rf"(?:/|\bout of|\bscale of) ?(?:{_RANGE}|[0-9]+)|{_RANGE}|(?<![0-9])[0-9]{{1,6}} ?점 ?(?:만점|중|척도)"
    r"|(?:문장|글|sentence|text) ?[12](?![0-9]|\.[0-9])",
    re.I,
)
_RATING = r"(?<![0-9.,])[-+]?[0-9]+(?:\.[0-9]+)?(?![0-9]|[.,][0-9])"
_RATED = re.compile(
    rf"(?:유사도|점수|평점|정답|답|score|rat(?:e|ing)|similarity|answer)[^0-9\n]{{0,12}}?(?P<said>{_RATING})",
    re.I,
)


def stated_rating(text: str) -> str | None:
    """Return the number that a reply begins with, else the one behind 유사도 or score, else its only one.

    Of several, or of a range (3~4), none: None.
    """
    said = _NO_RATING.sub(" ", folded(text)).strip(" *`\"'")
    found = re.match(_RATING, said) or _RATED.search(said)
    if found:
        return found[found.lastgroup or 0]
    numbers = set(re.findall(_RATING, said))
    return numbers.pop() if len(numbers) == 1 else None
