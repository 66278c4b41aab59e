"""The answer in a free reply where no options are known: 답: 서울이다. → 서울.

Without a dictionary a copula cannot always be told from the noun. What is cut, and what is not:

| reply | answer | rule |
|---|---|---|
| 고양이입니다, 사과예요 | 고양이, 사과 | 입니다 and 예요 end no noun |
| 서울이다, 서울이에요 | 서울 | 이 after a consonant is the copula's |
| 호랑이다, 어린이다 | 호랑이, 어린이 | but for a short list of common nouns in 이 |
| 하노이예요, 하노이였다 | 하노이 | after a vowel the copula has no 이 |
| 사과이다, 김치이다 | 사과, 김치 | save in 이다, where two syllables and more are left |
| 아이다, 하와이다 | 아이, 하와이 | one syllable, or a listed noun, keeps its 이 |
| 제주다, 인도다 | unchanged | 다 after a vowel ends nouns: 바다, 캐나다 |
| 서울은, 가을을 | unchanged | a particle is never cut: 마을, 국가, 제주도 |

Known to be wrong: a noun in 이 that is not listed loses it (쇠붙이다, 하노이다), and an answer that itself
ends in a copula loses that (짧게 대답이에요).
"""

from __future__ import annotations

import re

from harness.extraction.korean_endings import ends_closed
from harness.text.normalize import bare

_MARKER = re.compile(
    r"(?:(?:정답|(?<![가-힣])답|답변|대답|해답|결론|최종 답)\]?[\"']?(?:은|는|이|:| :|=|->|→)+"
    r"|\b(?:answer|result|conclusion)[\"']?(?: is|:| :|=)+:?)\s*(?:바로 )?",
    re.I,
)
_QUOTED = re.compile(r"([\"'])(?P<said>[^\"'\n]+)\1(?:[가-힣 .!]*)$")
# A full stop after Hangul, a digit or a sign shut ends a sentence, after letters only behind a word: Mr. Kim
_SENTENCE_END = re.compile(r"(?:(?<=[가-힣)\]\"'0-9])|(?<=[A-Za-z]{4}))[.!?](?=\s|$)")
_NO_ANSWER = re.compile(
    r"(?:.*(?:답|정보|내용|언급|알 수|찾을 수|할 수|하기|드리기|잘).*)?"
    r"(?:없|모르|어렵)(?:습니다|어요|네요|다|겠습니다|겠어요|겠네요|겠다|음)$"
)
_LEAD = re.compile(r"(?:[제내] 생각(?:에는?|으로는|엔)|바로|네,|음,) ")
_REPORTED = re.compile(
    r"(?:(?P<closed>이라고)|라고) (?:생각|봅|보|할|합|하|말|불|답|판단)[가-힣 ]*$|인 것 (?:같|으로)[가-힣 ]*$"
)
_COPULA = re.compile(r"(?:입니다|이에요|이예요|예요|에요|이다|이었습니다|였습니다|이었다|였다|이죠|이요)$")
_NOUNS_IN_I = re.compile(
    r"(?:고양|호랑|원숭|지팡|곰팡|어린|젊은|늙은|구렁|지렁|달팽|올챙|굼벵|쌍둥|막둥|떡볶|목걸|귀걸|손잡|놀|높|깊|넓"
    r"|하와|상하|두바|우루과|파라과|사무라|어린아|남자아|여자아)이$"
)


def answer(text: str) -> str | None:
    """Return the answer phrase of a folded reply of one or more lines; None if it says there is none.

    What follows the last "정답은", "답:" or "the answer is", else the first line; of that the first
    sentence, and of that what is quoted, or the whole without the copula.
    """
    marked = list(_MARKER.finditer(text))
    rest = text[marked[-1].end() :] if marked else text
    line = next((line for line in rest.split("\n") if bare(line)), "")
    sentence = _LEAD.sub("", _SENTENCE_END.split(line, maxsplit=1)[0].strip(), count=1)
    quoted = _QUOTED.match(sentence)
    if quoted:
        return bare(quoted["said"]) or None
    phrase = bare(sentence)
    # No sentence that says "there is none" is longer; the pattern looks twice at every sign.
    none = not phrase or (len(phrase) < 80 and _NO_ANSWER.match(phrase))
    return None if none else without_copula(phrase)


def without_copula(phrase: str) -> str:
    """Return `phrase` without the copula at its end, by the table above; at least a syllable stays."""
    phrase = _REPORTED.sub("", phrase)
    match = _COPULA.search(phrase)
    if match is None or not match.start():
        return phrase
    noun, copula = phrase[: match.start()], match[0]
    if copula.startswith("이") and _belongs(noun, copula):
        noun += "이"
    return bare(noun)


def _belongs(noun: str, copula: str) -> bool:
    """Return whether the 이 that `copula` starts with is the noun's own."""
    if _NOUNS_IN_I.search(f"{noun}이"):
        return True
    # After a vowel the copula is 예요 and 였다, without 이; 이다 may keep it.
    one_syllable = len(noun.rsplit(maxsplit=1)[-1]) == 1
    return ends_closed(noun) is False and (one_syllable or copula not in ("이다", "이죠", "이요"))
