r"""Where a reply's thought ends and its answer begins, and where a stop string ends the answer.

Models that think write their thoughts between marks of their own. What stands within is no answer, and no
stop string counts there: a task's `\n` would end a thought at its first line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# The mark that opens a thought, and the one that ends it.
MARKS = {
    "<think>": "</think>",  # DeepSeek R1, Qwen3, EXAONE 4, Nemotron
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",  # EXAONE Deep
    "<reasoning>": "</reasoning>",
    "<reason>": "</reason>",
    "[THINK]": "[/THINK]",  # Magistral
    "<|begin_of_thought|>": "<|end_of_thought|>",  # OpenThinker, Sky-T1
    "<|START_THINKING|>": "<|END_THINKING|>",  # Command A Reasoning
    "<seed:think>": "</seed:think>",  # Seed-OSS
    "◁think▷": "◁/think▷",  # Kimi
}
_OPENING = re.compile("|".join(map(re.escape, MARKS)))
_CLOSING = re.compile("|".join(map(re.escape, MARKS.values())))
_LEADING = re.compile(rf"\s*({_OPENING.pattern})")
_BLANKS = re.compile(r"\s*")
# A line that only announces an answer: a heading, `정답:`, `**정답**`, the fence of a block, a rule.
_ANNOUNCES = re.compile(
    r"\s*(?:#{1,6}\s.*|```.*|.{0,80}[:：][*_ \t]*|[-*_=]{3,}"
    r"|[*_]{2}(?:최종 ?)?(?:정답|답변?|결론|결과|판단|분석|(?:final )?answer|result|conclusion)[*_]{2})?\s*",
    re.IGNORECASE,
)
_TALLEST = 200  # characters of a line that may only announce


def spoken(text: str | None) -> str | None:
    """Return a reply without the thoughts before it, as it is if there are none; None if it never spoke."""
    if text is None or not (_OPENING.search(text) or _CLOSING.search(text)):
        return text
    said = text[max((mark.end() for mark in _CLOSING.finditer(text)), default=0) :].strip()
    return None if not said or _OPENING.search(said) else said


def opened_by(prompt: str) -> str:
    """Return the mark of a thought that a prompt ends with, as some chat templates do; empty without one."""
    tail = prompt.rstrip()
    return next((mark for mark in MARKS if tail.endswith(mark)), "")


def answer_start(text: str, opened: str = "") -> int | None:
    """Return where the answer begins: behind the thoughts and the blanks after them, 0 where there are none.

    `opened` is the mark that the prompt ended with. None within a thought that has not ended.
    """
    start, mark = 0, opened
    if not mark and not _LEADING.match(text):
        # A server's template may have opened the thought that ends here.
        end = _CLOSING.search(text)
        if end is None or _OPENING.search(text, 0, end.start()):
            return 0
        start = end.end()
    while mark or (leading := _LEADING.match(text, start)):
        if not mark:
            assert leading is not None
            mark, start = leading[1], leading.end()
        end_at = text.find(MARKS[mark], start)
        if end_at < 0:
            return None
        start, mark = end_at + len(MARKS[mark]), ""
    return start if start == 0 else _after_blanks(text, start)


def first_stop(text: str, stops: Sequence[str], *, opened: str = "", chat: bool = False) -> int | None:
    """Return where the first stop string of the answer begins, None if there is none, as within a thought.

    A chat's reply may begin with an empty line, a heading or `정답:`; what stops a base model behind its one
    line of answer would leave nothing of it. There a stop string of white space counts only behind a line
    that says something.
    """
    start = answer_start(text, opened)
    if start is None:
        return None
    if chat:
        start = _after_blanks(text, start)
    places = [at for stop in stops if stop and (at := _stopped(text, stop, start, chat)) is not None]
    return min(places, default=None)


def _stopped(text: str, stop: str, start: int, chat: bool) -> int | None:
    at = text.find(stop, start)
    if chat and not stop.strip():
        while at >= 0 and only_announces(text[start:at]):
            start = at + len(stop)
            at = text.find(stop, start)
    return at if at >= 0 else None


def only_announces(line: str) -> bool:
    """Return whether a line says nothing of its own: a heading, `정답:`, a rule, the fence of a block."""
    return len(line) <= _TALLEST and _ANNOUNCES.fullmatch(line) is not None


def ended_thoughts(text: str) -> int:
    """Return how many thoughts have ended in a text."""
    return len(_CLOSING.findall(text))


def _after_blanks(text: str, start: int) -> int:
    blanks = _BLANKS.match(text, start)
    assert blanks is not None
    return blanks.end()
