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

What stands in the passage as the reply has it is returned as it is: 8,200권 (책), 내일은 없다. Nothing
is folded, so 20–18 keeps its dash.

Known to be wrong: a noun in 이 that is not listed loses it (쇠붙이다, 하노이다), and an answer that itself
ends in a copula loses that (짧게 대답이에요).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from harness.extraction.korean_endings import ends_closed
from harness.extraction.no_answer import says_none
from harness.extraction.own_words import own_text
from harness.text.normalize import bare

_MARKER = re.compile(
    r"(?:(?:최종 ?)?(?:정답|(?<![가-힣])답|답변|대답|해답|결론)[\]*_]{0,4}[\"']?(?:은|는|이|[:：]"
    r"| [:：]|=|->|→){1,3}"
    r"|\b(?:answer|result|conclusion)[*_]{0,4}[\"']?(?: is\b| ?[:：]| =|=){1,3})[\s*_:：]{0,8}(?:바로 )?",
    re.I,
)
_FOLLOWS = re.compile(r"(?:다음과|아래와) 같(?:습니다|다|아요)[.:]?\s*|as follows[.:]?\s*", re.I)
_QUOTES = {
    '"': '"',
    "'": "'",
    "‘": "’",
    "“": "”",
    "「": "」",
    "『": "』",
    "《": "》",
    "〈": "〉",
    "`": "`",
    "<": ">",
    "(": ")",
}
_QUOTED = re.compile(
    r"(?:\"(?P<a>[^\"\n]+)\"|'(?P<b>[^'\n]+)'|‘(?P<c>[^’\n]+)’|“(?P<d>[^”\n]+)”"
    r"|「(?P<e>[^」\n]+)」|『(?P<f>[^』\n]+)』)(?:[가-힣 .!]*)$"
)
# A full stop after Hangul, a digit or a sign shut ends a sentence, after letters only behind a word: Mr. Kim
_SENTENCE_END = re.compile(r"(?:(?<=[가-힣)\]\"'’”0-9])|(?<=[A-Za-z]{4}))[.!?。](?=\s|$)")
_NO = re.compile(
    r"[*_\"'(]*no[*_\"').]*", re.IGNORECASE
)  # of a passage that it has none; else it is an answer
_LEAD = re.compile(r"(?:[제내] 생각(?:에는?|으로는|엔)|바로|네,|음,) ")
_REPORTED = re.compile(
    r"(?:(?P<closed>이라고)|라고) (?:생각|봅|보|할|합|하|말|불|답|판단)[가-힣 ]*$|인 것 (?:같|으로)[가-힣 ]*$"
)
_COPULA = re.compile(r"(?:입니다|이에요|이예요|예요|에요|이다|이었습니다|였습니다|이었다|였다|이죠|이요)$")
_NOUNS_IN_I = re.compile(
    r"(?:고양|호랑|원숭|지팡|곰팡|어린|젊은|늙은|구렁|지렁|달팽|올챙|굼벵|쌍둥|막둥|떡볶|목걸|귀걸|손잡|놀|높|깊|넓"
    r"|하와|상하|두바|우루과|파라과|사무라|어린아|남자아|여자아)이$"
)


def answer(text: str, passage: str = "") -> str | None:
    """Return the answer phrase of a reply as the reply writes it; None if it says that there is none.

    What follows the last "정답은", "답:" or "the answer is", else the first line. Of that the longest
    that the passage holds: the line, its first sentence, what is quoted, the phrase without its copula;
    where the passage holds none of them, the last of these.
    """
    line, marked = answer_line(text)
    told = [*_readings(line, marked=marked)]
    held = next((said for said in told if said and _within(said, passage)), None) if passage else None
    if held is not None:
        return held
    if not told or (says_none(line, passage) and not (_NO.fullmatch(line) and not passage)):
        return None
    return html.unescape(told[-1]) or None


def _within(said: str, passage: str) -> bool:
    """Return whether the passage holds the words, and not as the middle of a longer one: lam of Islam."""
    start = passage.find(said)
    while start >= 0:
        before, after = passage[start - 1 : start], passage[start + len(said) : start + len(said) + 1]
        if not (_letters(before) and _letters(said[0])) and not (_letters(after) and _letters(said[-1])):
            return True
        start = passage.find(said, start + 1)
    return False


def _letters(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def answer_line(text: str) -> tuple[str, bool]:
    """Return the line that holds the answer, and whether it is behind the last mark, or else the first."""
    text = own_text(text)
    marked = [*_MARKER.finditer(text)]
    rest = text[marked[-1].end() :] if marked else text
    rest = _FOLLOWS.sub("", rest, count=1) if _FOLLOWS.match(rest) else rest
    return next((line.strip() for line in rest.split("\n") if bare(line)), ""), bool(marked)


def _readings(line: str, *, marked: bool) -> Iterator[str]:
    """Yield what of a line may be the answer, the longer first; the stop behind a mark is the reply's own."""
    if not line:
        return
    forms = dict.fromkeys((line, html.unescape(line), line.replace("**", "").replace("__", "")))
    if not marked:
        yield from forms
    yield from map(_unstopped, forms)
    yield from map(_trimmed, forms)
    line = line.replace("**", "").replace("__", "")
    sentence = _LEAD.sub("", _SENTENCE_END.split(line, maxsplit=1)[0].strip(), count=1)
    yield sentence
    quoted = _QUOTED.match(sentence)
    phrase = _trimmed(next(filter(None, quoted.groups())) if quoted else sentence)
    yield phrase
    if not quoted:
        yield _trimmed(without_copula(phrase))


def _unstopped(text: str) -> str:
    """Return the text without blanks and the stop behind it, but for an initial's: Washington, D.C."""
    said = text.strip(" \t*`")
    if said.endswith((".", "。", "!", ",", ";", ":")) and not re.search(r"\b[A-Z]\.$", said):
        said = said[:-1].rstrip()
    return said


def _trimmed(text: str) -> str:
    """Return the text without blanks, the stop and the pair of quotation marks or brackets around it."""
    said = _unstopped(text)
    while len(said) > 1 and _QUOTES.get(said[0]) == said[-1] and said[-1] not in said[1:-1]:
        said = said[1:-1].strip()
    return said if bare(said) else ""


def without_copula(phrase: str) -> str:
    """Return `phrase` without the copula at its end, by the table above; at least a syllable stays."""
    phrase = _REPORTED.sub("", phrase)
    match = _COPULA.search(phrase)
    if match is None or not match.start():
        return phrase
    noun, copula = phrase[: match.start()], match[0]
    if copula.startswith("이") and _belongs(noun, copula):
        noun += "이"
    return noun.strip()


def _belongs(noun: str, copula: str) -> bool:
    """Return whether the 이 that `copula` starts with is the noun's own."""
    if _NOUNS_IN_I.search(f"{noun}이"):
        return True
    # After a vowel the copula is 예요 and 였다, without 이; 이다 may keep it.
    one_syllable = len(noun.rsplit(maxsplit=1)[-1]) == 1
    return ends_closed(noun) is False and (one_syllable or copula not in ("이다", "이죠", "이요"))
