"""What settles nothing: a conclusion of how to go on, one of a step only, and what cannot be known."""

from __future__ import annotations

import re

_WORKED_ON = re.compile(
    r"[0-9)}%][가-힣a-zA-Z]{0,6} ?[-+*/×÷·]{1,2}[^=\n]{1,60}(?:=|≈|\\approx) ?[^=\n]{0,40}[0-9]"
    r"|\\d?frac ?\{[^\n=]{1,160}(?:=|≈|\\approx) ?[^=\n]{0,40}[0-9]"
    r"|(?<=[.!?]) (?:to (?:convert|find|get)|solving|substituting|plugging|simplifying|multiplying|dividing"
    r"|adding|this simplifies|since)\b[^.\n]{0,120}(?:\.[0-9][^.\n]{0,80})?[0-9]"
    r"|(?:이|그|위)(?: ?(?:결과|값|수|합)(?:들)?)?[을를] [^.\n]{0,40}?(?:하|합치|더하|빼|나누|곱하)면[ ,]"
    r"[^\n]{0,80}?[0-9]",
    re.I,
)
# A change of mind: "그러나 … 여전히 5개입니다" as the last sentence, however early the conclusion stood.
_TAKEN_BACK = re.compile(
    r"(?:그러나|하지만|그렇지만)[^\n]{0,300}[0-9][0-9,.]{0,20} ?[가-힣%]{0,3}(?:의 [가-힣 ]{1,18}[을를이가])?"
    r"(?: 숫자| 수)?[을를이가]? ?(?:가지고 있[가-힣 ]{1,8}|남[가-힣 ]{1,8}|입니다|이다|됩니다|된다)"
    r"[.!*]{0,3}\s*$"
)
_PLAN = re.compile(
    r"(?:[하구알누찾]면 됩니다|[해아]야 (?:합니다|해요|한다)|(?:구|계산|정리)해 ?(?:보겠|볼게|봅시)[가-힣]*"
    r"|(?:구|계산|표현|나타)[할낼] 수 있(?:습니다|어요|다)|다음과 같(?:습니다|다|이 [가-힣 ]{1,20})"
    r"|필요가? 있(?:습니다|어요|다)"
    r"|\b(?:can|could|may) be (?:written|expressed|calculated|found|determined|computed)[^.:]{0,40})[.:]?\s*$"
)
_UNKNOWABLE = re.compile(
    r"(?:답|값|수|개수|갯수|숫자|합|결과|확률|해)[을를이가은는도]? (?:정확[히하게]{1,2} |구체적으로 )?"
    r"(?:알|구할|계산할|찾을|제공할|제시할|말할|결정할|확정할|예측할) ?(?:수|방법)[가는이]? ?없"
    r"|답[은이을] (?:존재하지|정해지지) 않"
    r"|(?:추가|더 많은|구체적인|충분한|정확한) (?:정보|자료|데이터)[가는이를]? (?:더 )?"
    r"(?:필요|없|부족|주어지지)"
    r"|(?:정보|목록|범위|개수|숫자들?|값)[을를]? (?:구체적으로 |더 |정확히 )?"
    r"(?:알려|제공해|명시해|말씀해) ?주(?:시|세)"
    r"|(?:범위|조건|문제)[를을가이] (?:더 )?(?:명확|구체|분명)[가-힣]{1,4} (?:해야|필요|주)"
    r"|\b(?:cannot|can't|can not|could not|(?:not |im)possible to|unable to) (?:be |accurately |exactly )?"
    r"(?:determine|calculate|compute|answer|know|solve|tell|estimate)"
    r"|\b(?:not enough|insufficient|need more|lack of|without more) information"
    r"|\bplease (?:provide|clarify|specify)",
    re.I,
)
_RETRACTED = re.compile(
    r"(?:답|값|수|개수|합|결과|확률)[을를이가은는도]? (?:정확[히하게]{1,2} )?"
    r"(?:알|구할|계산할|찾을) 수[가는]? 없(?:습니다|어요|다)[.!]?\s*$"
)
# What was asked about is not there, and the reply makes up an example of it.
_MISSING = re.compile(
    r"(?:숫자|목록|리스트|정보|값|데이터|자료|입력)[^.\n]{0,40}"
    r"(?:제공|명시|언급|지정|특정|주어)[가-힣]{0,4} ?(?:않|없)"
    r"|(?:답|답변|값|결과)[을를이가은는]? ?(?:제공|제시|드리|드릴|구|말씀)[가-힣]{0,4} ?(?:어렵|어려|힘들)"
    r"|(?:목록|리스트|정보|데이터|자료|숫자)[가이은는을를] 없(?!이)|(?:명확|분명|구체적이)(?:하지|지) 않"
    r"|\b(?:numbers?|list|data|information)\b[^.\n]{0,40}"
    r"\bnot (?:provided|given|specified|stated|clear|mentioned)",
    re.I,
)
_EXAMPLE = re.compile(
    r"예를 들|예로|예컨대|가정해|가정하|\b(?:for (?:example|instance)|suppose|let'?s (?:say|assume))\b", re.I
)
_BOUND = re.compile(r"\b(?:less|more|fewer|greater|at most|at least)(?: than)? [$]?[0-9.,]+", re.I)
_DIGIT = re.compile("[0-9]")


def is_plan(sentence: str) -> bool:
    """Return whether a conclusion says how to go on only: 나머지를 구하면 됩니다."""
    return bool(_PLAN.search(sentence))


def worked_on(after: str) -> bool:
    """Return whether a conclusion is followed by another sum, "이 결과를 더하면" or a change of mind."""
    return any(pattern.search(after) for pattern in (_WORKED_ON, _TAKEN_BACK, _RETRACTED))


def unknowable(sentence: str) -> bool:
    """Return whether a sentence says that the answer cannot be known, or asks for what is missing."""
    return bool(_UNKNOWABLE.search(sentence))


def made_up(text: str) -> bool:
    """Return whether a reply says that what it is asked about is not given, and works an example instead."""
    missing = _MISSING.search(text)
    return bool(missing and _EXAMPLE.search(text, missing.end()))


def given_up(text: str) -> bool:
    """Return whether a reply ends in saying that it cannot know: no number but a bound is after that."""
    ends = [*_UNKNOWABLE.finditer(text)]
    return bool(ends) and not _DIGIT.search(_BOUND.sub("", text[ends[-1].end() :]))
