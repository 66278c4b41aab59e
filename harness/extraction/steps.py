"""Steps that turn a reply's text into an answer, each by name.

A step is `step(text, options) -> text | None`; None says "no answer here" and ends the chain: the
example counts as unanswered. The last step's result is compared with the options, if there are any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache

from harness.errors import BadInput
from harness.schema import Option
from harness.terminal import say
from harness.text import bounded_regex
from harness.text.normalize import bare, folded, ko_v1, nfc
from harness.text.thoughts import spoken

Step = Callable[[str, Sequence[Option]], str | None]

# A minus is a sign only where nothing stands before it: not in 10-20 or GPT-4. Commas part thousands:
# 1,2,3 is a list.
_NUMBER = re.compile(
    r"(?:(?<![0-9A-Za-z)])-)?"
    r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|(?<![0-9])\.[0-9]+)"
    r"(?:[eE][-+]?[0-9]+)?"
)
# 3만 5천 원: 만 is a number only before a unit or more digits, since 5만 is also "only 5".
_MYRIADS = re.compile(
    r"(?<![0-9.,])"
    r"(?:[0-9][0-9,]{0,20}(?:\.[0-9]{1,9})? ?"
    r"(?:억|천만|백만|천|백|만(?= ?(?:[0-9]|[원명개km톤번년달권장]|달러|여))) ?)+"
    r"(?:[0-9][0-9,]{0,20}(?![0-9.]))?"
)
_PART = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?) ?(억|천만|백만|천|백|만)?")
_TIMES = {"": 1, "백": 100, "천": 1000, "만": 10**4, "백만": 10**6, "천만": 10**7, "억": 10**8}
_LABELS = [
    (label, place)
    for labels in (
        "ABCDEFGHIJ",
        [str(number) for number in range(1, 11)],
        "가나다라마바사아자차카타파하",
        "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    )
    for place, label in enumerate(labels)
]
_NO_ANSWER = re.compile(
    r"(?:(?:정답|답변|답) ?(?:[은이]|:) ?[\"']?)?"
    r"(?:(?:(?:지문|본문|글)에(?:는|서는)? )?(?:정?답(?:이|은)? ?)?(?:없음|없다|없습니다|없어요)"
    r"|[^,.!?]{0,40}?(?:(?:답|정보|내용|언급)[이은을]? ?(?:(?:찾을|알|확인할) 수 ?)?|알 수 )"
    r"(?:없음|없다|없습니다|없어요)"
    r"|(?:there is )?no(?: answer)?|none|unanswerable)"
)
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
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf) ?\{([^{}]*)\}")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("−"): ord("-")}
_OBJECT = re.compile(r'\{\s*"')


def strip() -> Step:
    """Return the text without blanks and line ends around it."""
    return lambda text, _options: text.strip() or None


def first_line() -> Step:
    """Return the first line that is not empty."""
    return lambda text, _options: next((line.strip() for line in text.split("\n") if line.strip()), None)


def last_line() -> Step:
    """Return the last line that is not empty."""
    return lambda text, _options: next(
        (line.strip() for line in text.split("\n")[::-1] if line.strip()), None
    )


def after_think() -> Step:
    """Return what follows the last thought, in whichever marks it stands; an open one holds no answer yet."""
    return lambda text, _options: spoken(text.strip()) or None


def first_option() -> Step:
    """Return the option that the text is, else the one whose word comes first in it.

    Compared under NFKC: Hangul in pieces and full-width letters lose nothing. Of two words at one
    place the longer counts: 매우 긍정 is not 긍정.
    """

    def step(text: str, options: Sequence[Option]) -> str | None:
        whole = _same(text, options)
        if whole is not None:
            return whole.text
        words, pattern = _either(tuple(option.text for option in options))
        match = pattern.search(folded(text))
        return words[match.lastindex - 1] if match and match.lastindex else None

    return step


def stated_option() -> Step:
    """Return the option that the text is, else the one that it states with whatever words around it.

    Read are Korean particles and endings (긍정적인 리뷰예요), what is denied (부정은 아니고 긍정), labels
    (②번, (B), ㄱ), places (보기 3번, 셋째) and a change of mind (A와 C 중 고민했지만 C). A text that
    names two options and decides for neither states none.
    """

    def step(text: str, options: Sequence[Option]) -> str | None:
        whole = _same(text, options)
        if whole is not None:
            return whole.text
        from harness.extraction.stated_option import (
            stated,  # its patterns take 20 ms, which no run without sentences pays
        )

        found = stated(text, [option.text for option in options])
        return None if found is None else options[found].text

    return step


@lru_cache(maxsize=1024)
def _either(texts: tuple[str, ...]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the options' words, the longer first, and a pattern with one group a word."""
    words = tuple(sorted({bare(text) for text in texts} - {""}, key=lambda word: (-len(word), word)))
    return words, re.compile("|".join(f"({_word(word)})" for word in words))


def _word(word: str) -> str:
    """Return the pattern of an option's word in folded text.

    A blank may be missing (매우긍정). A Latin word or a number stands alone: no is not in `not`, 1 not
    in 10 or 1.5. One letter keeps its case: `a` is an article before it is option A.
    """
    pattern = re.escape(word).replace(r"\ ", " ?")
    if len(word) > 1:
        pattern = f"(?i:{pattern})"
    if _is_latin(word[0]):
        pattern = f"(?<![0-9A-Za-z]){pattern}"
    if _is_latin(word[-1]):
        pattern = f"{pattern}(?![0-9A-Za-z])"
    return f"(?<![0-9][.,]){pattern}(?![.,][0-9])" if word.isdecimal() else pattern


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def no_answer() -> Step:
    """Return the reply, or an empty text if it says that there is no answer: 답 없음, unanswerable.

    Where a question may have none, saying so is an answer, and the right one is empty.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        return "" if _NO_ANSWER.fullmatch(ko_v1(text)) else text or None

    return step


def rating() -> Step:
    """Return the rating that a reply gives, without the scale it names: 5점 만점에 4점, 4/5.

    The number it begins with, else the one behind a word such as 유사도 or score, else its only one; of
    several, or of a range (3~4), none.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        said = _NO_RATING.sub(" ", folded(text)).strip(" *`\"'")
        found = re.match(_RATING, said) or _RATED.search(said)
        if found:
            return found[found.lastgroup or 0]
        numbers = set(re.findall(_RATING, said))
        return numbers.pop() if len(numbers) == 1 else None

    return step


def number() -> Step:
    """Return the last number, without thousands' commas; full-width digits count.

    What follows `####`, GSM8K's mark, goes first. 3만 5천 원 is 35000; numbers in words alone (삼만 오천)
    are not read, and of a fraction only the last number is.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        plain = nfc(text).translate(_HALF_WIDTH)
        marked = plain.rpartition("####")[2].lstrip().partition("\n")[0] if "####" in plain else plain
        found = _NUMBER.findall(_MYRIADS.sub(_in_digits, marked))
        return found[-1].replace(",", "") if found else None

    return step


def _in_digits(match: re.Match[str]) -> str:
    parts = _PART.findall(match[0])
    total = sum((Decimal(digits.replace(",", "")) * _TIMES[unit] for digits, unit in parts), Decimal(0))
    return f"{total.normalize():f} "


def boxed() -> Step:
    r"""Return what the last `\boxed{…}` holds, its own braces kept; `\text{…}` around it goes."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        start = max(text.rfind("\\boxed{"), text.rfind("\\boxed {"))
        inside = _braced(text, text.find("{", start)) if start >= 0 else None
        if inside is None:
            return None
        told = _TEXT.fullmatch(inside.strip())
        return (told[1] if told else inside).strip() or None

    return step


def _braced(text: str, opening: int) -> str | None:
    """Return what stands between the brace at `opening` and its partner; None if it has none."""
    depth = 0
    for brace in re.finditer(r"[{}]", text[opening:]):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return text[opening + 1 : opening + brace.start()]
    return None


def letter() -> Step:
    """Return the label that is named as the answer: A to J, 1 to 10 or ①, 가 to 하, ㄱ to ㅎ.

    Where there are options and the label is none of theirs, the option of that place.
    """

    def step(text: str, options: Sequence[Option]) -> str | None:
        from harness.extraction.stated_option import stated

        found = stated(text, [label for label, _place in _LABELS], places=False)
        if found is None:
            return None
        label, place = _LABELS[found]
        if not options or chosen(label, options) is not None:
            return label
        return options[place].text if place < len(options) else None

    return step


def answer_phrase() -> Step:
    """Return the answer of a free reply without "정답은", copula and stop: 답: 서울이다. is 서울.

    No particle is cut off: 인도, 제주도 and 마을 stay. `answer_phrase` says what is cut, and its limits.
    """
    from harness.extraction import answer_phrase as phrases
    from harness.extraction.mentions import own_lines

    return lambda text, _options: phrases.answer(own_lines(text))


SLOW = 3  # replies in which a pattern may find no end


def regex(pattern: str, group: int = 0) -> Step:
    """Return what `pattern` finds first, or one of its groups; Hangul in pieces is composed before.

    A reply in which it finds no end has no answer; at the third it is the pattern's fault.

    Raises:
        BadInput: the pattern is not a regular expression or has no such group.
    """
    try:
        compiled = re.compile(nfc(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(f"{pattern!r} is not a regular expression: {error}") from None
    if not 0 <= group <= compiled.groups:
        raise BadInput(f"{pattern!r} has {compiled.groups} groups, not {group}")

    slow = 0

    def step(text: str, _options: Sequence[Option]) -> str | None:
        nonlocal slow
        try:
            match = bounded_regex.search(compiled, nfc(text))
        except bounded_regex.TooSlow:
            slow += 1
            shown = f"{pattern[:60]!r} found no end"
            say(f"warning: {shown} in {bounded_regex.SECONDS:g} s; that reply has no answer")
            if slow == SLOW:
                raise BadInput(f"{shown} in {SLOW} replies: it backtracks; mend it") from None
            return None
        return (match[group] or None) if match else None

    return step


def json_field(field: str) -> Step:
    """Return a field of the first JSON object in the text, what is not text as JSON writes it."""

    def step(text: str, _options: Sequence[Option]) -> str | None:
        start = _OBJECT.search(text)
        if start is None:
            return None
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return None
        value = found.get(field)
        if value is None or value == "":
            return None
        return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    return step


def _whole(text: str) -> str:
    r"""Return `text` with each half of a surrogate pair, which JSON can escape (`\ud800`), as `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """Return the label of the option that `text` says, compared under `ko.v1`; None if it is none."""
    option = _same(text, options)
    return None if option is None else option.label


def _same(text: str, options: Sequence[Option]) -> Option | None:
    """Return the first option that reads as `text` does under `ko.v1`; what it leaves empty says nothing."""
    said = ko_v1(text)
    return next((option for option in options if said and ko_v1(option.text) == said), None)
