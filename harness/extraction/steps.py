"""Steps that turn a reply's text into an answer, each by name.

A step is `step(text, options) -> text | None`, with `context` as a third argument if it reads the passage;
None says "no answer here" and ends the chain: the example counts as unanswered. The last step's result is
compared with the options, if there are any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from harness.errors import BadInput
from harness.schema import Option
from harness.terminal import say
from harness.text import bounded_regex
from harness.text.normalize import bare, folded, ko_v1, nfc
from harness.text.thoughts import only_announces, spoken

Step = Callable[..., str | None]  # of a text, options and, where a step asks for it, the passage

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
_ANSWER_IS = re.compile(r"\banswer\b|정답|답[은:]", re.IGNORECASE)
_FORMULA = re.compile(r"\$([^$\n]+)\$")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf) ?\{([^{}]*)\}")


def strip() -> Step:
    """Return the text without blanks and line ends around it."""
    return lambda text, _options: text.strip() or None


def first_line() -> Step:
    """Return the first line that says something: behind `Here is the translation:`, a heading or a rule.

    Where no line does more than announce, the first that is not empty.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return next((line for line in lines if not only_announces(line)), next(iter(lines), None))

    return step


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
        for names in ([option.text for option in options], [option.meaning for option in options]):
            words, pattern = _either(tuple(names))
            match = pattern.search(folded(text))
            if match and match.lastindex:
                return words[match.lastindex - 1]
        return None

    return step


def stated_option() -> Step:
    """Return the option that the text is, else the one that it states with whatever words around it.

    Read are Korean particles and endings (긍정적인 리뷰예요), what is denied (부정은 아니고 긍정), labels
    (②번, (B), ㄱ), places (보기 3번, 셋째) and a change of mind (A와 C 중 고민했지만 C). A text that
    names two options and decides for neither states none.
    """

    def step(text: str, options: Sequence[Option]) -> str | None:
        from harness.extraction.stated_option import (
            stated,  # its patterns take 20 ms, which no run without sentences pays
        )

        meanings = [option.meaning for option in options]
        found = stated(text, [option.text for option in options], meanings if any(meanings) else ())
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

    Where a question may have none, saying so is an answer, and the right one is empty. It may be
    said at once, or behind `답:`.
    """
    from harness.extraction.answer_phrase import answer_line
    from harness.extraction.no_answer import says_none

    def step(text: str, _options: Sequence[Option], context: str = "") -> str | None:
        line, marked = answer_line(text)
        none = says_none(text, context) or (marked and says_none(line, context))
        return "" if none else text or None

    return step


def rating() -> Step:
    """Return the rating that a reply gives, without the scale it names: 5점 만점에 4점, 4/5.

    The number it begins with, else the one behind a word such as 유사도 or score, else its only one; of
    several, or of a range (3~4), none.
    """
    from harness.extraction.ratings import stated_rating

    return lambda text, _options: stated_rating(text)


def number(*, cut: bool = False) -> Step:
    r"""Return the number that a reply states, in digits.

    What it marks as its answer goes first, the last before earlier ones (`\boxed{}`, ####, 정답:, the answer
    is, 따라서), then that of the last sentence that states one; none of two amounts or of a range.
    `extraction.numbers` says how numbers are written: 2천5백만, 70{,}000, 3/4, –7.
    Of a reply that was `cut` short only a marked number counts.
    """
    from harness.extraction.stated_number import stated_number

    return lambda text, _options: stated_number(text, cut=cut)


def numbers(digits: int = 1) -> Step:
    """Return all whole numbers of `digits` or more that a reply says, in its order: `123456, 234567`.

    Where numbers stand behind its last mark (답:, 따라서, 더하면, an equation's =), only these; what is
    worked out in brackets is passed over.
    """
    from harness.extraction.listed_numbers import listed_numbers

    return lambda text, _options: ", ".join(listed_numbers(text, digits)) or None


def boxed() -> Step:
    r"""Return what the last `\boxed{…}` holds, its own braces kept; `\text{…}` around it goes."""
    from harness.extraction.marks import boxes

    def step(text: str, _options: Sequence[Option]) -> str | None:
        last = next(iter(boxes(text)), None)
        if last is None:
            return None
        told = _TEXT.fullmatch(last.strip())
        return (told[1] if told else last).strip() or None

    return step


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


def math_answer() -> Step:
    r"""Return what the last `\boxed{…}` holds, else the answer phrase, else the last formula in dollars."""
    inside, phrase = boxed(), answer_phrase()

    def step(text: str, options: Sequence[Option], context: str = "") -> str | None:
        found = inside(text, options)
        if found is None and _ANSWER_IS.search(text):
            found = phrase(text, options, context)
        formulas = [] if found else _FORMULA.findall(text)
        return found or (formulas[-1].strip() if formulas else None)

    return step


def answer_phrase() -> Step:
    """Return the answer of a free reply without "정답은", copula and stop: 답: 서울이다. is 서울.

    Where the reply's words stand in the passage, they are returned untouched. No particle is cut off: 인도,
    제주도 and 마을 stay. `extraction.answer_phrase` says what is cut, and its limits.
    """
    from harness.extraction.answer_phrase import answer

    def step(text: str, _options: Sequence[Option], context: str = "") -> str | None:
        return answer(text, context)

    return step


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


def code(language: str = "python") -> Step:
    """Return the code of a reply: the last fenced block that defines what is asked for, else the text.

    A reply without a fence is a whole program, or the completion of one, which is cut where it begins
    something else. Blocks in other languages than the one asked for are nobody's answer.
    """
    from harness.extraction import code_blocks

    names = {"python": ("python", "py", "python3", "py3")}.get(language, (language,))

    def step(text: str, _options: Sequence[Option], context: str = "") -> str | None:
        return code_blocks.code(text, context, names)

    return step


def sql() -> Step:
    """Return the SQL query of a reply: the last block's of SQL, else what begins with SELECT or WITH."""
    from harness.extraction import code_blocks

    return lambda text, _options: code_blocks.query(text)


def json_value() -> Step:
    """Return the JSON of a reply in one line: of its last block of JSON, else the largest in its text."""
    from harness.extraction import structured

    def step(text: str, _options: Sequence[Option]) -> str | None:
        try:
            return structured.written(structured.json_value(text))
        except ValueError:
            return None

    return step


def table() -> Step:
    """Return the table of a reply as JSON, a list of rows with the header first: Markdown, CSV or JSON."""
    from harness.extraction import structured

    def step(text: str, _options: Sequence[Option]) -> str | None:
        found = structured.table(text)
        return None if found is None else structured.written(found)

    return step


def calls() -> Step:
    """Return the calls of a reply as JSON, `[{"name": …, "arguments": {…}}]`; `[]` where it makes none."""
    from harness.extraction import tool_calls

    return lambda text, _options: tool_calls.calls(text)


def json_field(field: str) -> Step:
    """Return a field of the first JSON object in the text, what is not text as JSON writes it."""
    from harness.extraction.rated_options import json_object

    def step(text: str, _options: Sequence[Option]) -> str | None:
        value = (json_object(text) or {}).get(field)
        if value is None or value == "":
            return None
        return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    return step


def _whole(text: str) -> str:
    r"""Return `text` with each half of a surrogate pair, which JSON can escape (`\ud800`), as `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """Return the label of the option that `text` says, or what it stands for, under `ko.v1`; None if none."""
    option = _same(text, options)
    return None if option is None else option.label


def _same(text: str, options: Sequence[Option]) -> Option | None:
    """Return the first option that reads as `text` does under `ko.v1`; what it leaves empty says nothing."""
    said = ko_v1(text)
    named = (option for option in options if said and ko_v1(option.text) == said)
    meant = (option for option in options if said and option.meaning and ko_v1(option.meaning) == said)
    return next(named, None) or next(meant, None)
