"""The many ways to say that there is no answer: 답 없음, 언급되어 있지 않습니다, not in the passage."""

from __future__ import annotations

import re

from harness.extraction.own_words import own_lines

# What says so by itself, however little stands around it.
_BARE = re.compile(
    r"(?:(?:최종 )?(?:정답|답변|답) ?(?:[은이]|:)? ?)?[\"']?(?:(?:지문|본문|글|문맥)에(?:는|서는"
    r"|서)? )?(?:(?:정?답|답변)(?:이|은)? ?)?"
    r"(?:없음|없다|없습니다|없어요|해당 ?없음|알 수 없음|모름|무응답)[\"']?"
    r"|(?:the )?(?:answer(?: is|:) ?)?[\"']?(?:there is )?(?:no(?: answer)?|none|unanswerable|n/?a"
    r"|not answerable|unknown|not (?:mentioned|stated|given|provided|specified|found|available"
    r"|present))[\"']?"
    r"(?: (?:in|from|by) (?:the )?(?:passage|text|context|paragraph|article))?",
    re.I,
)
_STATED = (
    "언급|명시|제시|기재|기술|서술|포함|설명|소개|기록|제공|표시|나타나|드러나|나오|주어지"
    "|다루|밝히|밝혀지|적히|적혀|쓰이|쓰여|나와|실려|담겨|등장하|존재하"
)
_DENIED = re.compile(
    rf"(?:{_STATED})(?:되어|되|하고|하|돼|어|지)?(?: ?있)?(?:지|진|지는|지도) ?(?:않|못)[가-힣]*$"
    rf"|(?:{_STATED}|정보|내용|답|답변|정답|근거|단서|구절|부분)[이가은는을를도]? ?(?:전혀 "
    rf"|따로 )?없(?:습니다|다|음|어요|네요|는 것 같[가-힣]*)$"
    r"|(?:답|정보|내용|언급|근거)[이가은는을를]? ?(?:찾|확인|도출|특정|추론)[가-힣]* ?(?:수"
    r"|순) ?(?:가 |는 )?없[가-힣]*$"
    r"|(?:찾|알|확인할|파악할|답할|답변할|답변드릴|대답할|판단할|추론할|도출할|특정할|구할) ?수(?:가"
    r"|는)? ?없[가-힣]*$"
    r"|(?:답|답변|대답)[을를이가]? ?(?:드리기|하기|찾기|내기)[가는]? ?(?:어렵|힘들|불가)[가-힣]*$"
    r"|(?<![가-힣])(?:잘 )?모르겠[가-힣]*$|(?:답변|대답|응답)[이가]? ?불가(?:능)?(?:합니다|하다|함)?$",
)
_DENIED_IN_ENGLISH = re.compile(
    r"\b(?:passage|text|context|paragraph|article|information)\b.{0,60}?\b(?:does(?: not|n't)"
    r"|do(?: not|n't)|is(?: not|n't)|are(?: not|n't)|cannot|can't|no)\b"
    r"|\b(?:is|are|was)(?: not|n't) (?:explicitly |directly )?(?:mentioned|stated|given|provided"
    r"|specified|included|found|available|discussed|answered)\b"
    r"|\bcannot be (?:determined|answered|found|inferred)\b|\b(?:i|we) (?:do not|don't|cannot|can't"
    r"|could not|couldn't) (?:know|find|tell|answer|determine)\b"
    r"|\bthere is no (?:answer|information|mention)\b|\bno (?:information|mention|answer) (?:is|was"
    r"|about|of|given|found)\b",
    re.I,
)
_LONGEST = 160
_ASIDE = re.compile(r"지만|으나|는데|\bbut\b|\bhowever\b", re.I)


def says_none(text: str, passage: str = "") -> bool:
    """Return whether a reply's first sentence says that there is no answer.

    Words of the passage itself say something: 우리에게 내일은 없다 may be a title.
    """
    said = own_lines(text)
    sentence = re.split(r"(?<=[가-힣a-z\"'])[.!?](?:\s|$)|\n", said, maxsplit=1)[0].strip(" \"'*.!")
    if not sentence or len(sentence) > _LONGEST or (passage and text.strip() in passage):
        return False
    if _BARE.fullmatch(sentence):
        return True
    if _ASIDE.search(sentence):
        return False
    return bool(_DENIED.search(sentence) or (sentence.isascii() and _DENIED_IN_ENGLISH.search(sentence)))
