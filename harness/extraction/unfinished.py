"""A reply that ends in the middle of a sum, a bracket or a sentence: it has not come to its answer."""

from __future__ import annotations

import re

# 12 + 30 =, and a comma; bold and italics shut with an asterisk.
_IN_A_SUM = re.compile(r"(?:[-+/×÷=^\\({,]|(?<![*\w가-힣.!?)])\*)\s*$")
# No English sentence ends in one of these; where no more than `The answer is` was begun, all was worked out.
_GOES_ON = re.compile(
    r"(?:the|an?|of|to|and|or|is|are|was|were|we|that|which|in|for|with|by|but|so|if|as|from|this|these|can"
    r"|will|have|has|had|at|on|be|than|then|their|its|into|because|where|when|per|i)",
    re.I,
)
_FEW = 3  # words
# Behind a sentence that ended, a few words without an end: … = 0.5. The mass
_BEGUN = re.compile(r"[a-z0-9)%$][.!?] [A-Z][A-Za-z,' -]{0,60}[A-Za-z]\s*$")
# … 구해야 합니다. 두 공의 색: behind a sentence that ended, one without its predicate.
_BEGUN_KOREAN = re.compile(r"다\. [^.!?\n0-9]{2,100}[가-힣](?<![다요음함임까죠네오])\s*$")
# A noun with its particle, and no predicate: 이제 이것을
_PARTICLE = re.compile(r"(?<=[가-힣])(?:을|를|은|는|의|에서|에는|으로)\s*$")
_REACH = 120
_OPENING, _SHUTTING = "([{", ")]}"


def ends_midway(text: str) -> bool:
    """Return whether a reply stops before its last sum, bracket or sentence ends."""
    line = text.rstrip().rpartition("\n")[2]
    end = line[-_REACH:]
    return (
        any(pattern.search(end) for pattern in (_IN_A_SUM, _BEGUN, _BEGUN_KOREAN, _PARTICLE))
        or _goes_on(end)
        or _open(line)
    )


def _goes_on(line: str) -> bool:
    words = line.split()
    if len(words) > 1 and words[-2].endswith("."):  # … is 0.5 M. The: nothing of the next was said
        return False
    return len(words) > _FEW and _GOES_ON.fullmatch(words[-1]) is not None


def _open(line: str) -> bool:
    """Return whether a bracket that is opened in a line is not shut; an a) shuts none."""
    depth = 0
    for sign in line:
        depth = max(0, depth + (sign in _OPENING) - (sign in _SHUTTING))
    return depth > 0
