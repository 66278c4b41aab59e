"""Labels of options in every form in which a reply writes them: B, (b), **D.**, ②, 2번, option E.

A letter is as often an article or a variable, and a number a value, so a label has to lead a line or stand
apart in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.extraction.choices import Choices
from harness.extraction.korean_endings import ending
from harness.extraction.mentions import Mention, by_word

_LEAD = re.compile(
    r"[\s*_\"'`$\\]{0,8}(?:\\?(?:text|mathrm|textbf|mathbf|boxed) ?\{)?"
    r"(?:(?:the|option|choice|answer|letter|is|보기|선택지|선지|번호|기호|선택|옵션|정답|답)(?:은|는)?[\s:.]{1,3}){0,3}"
    r"(?P<open>[\s*_\"'`$({\[<]{0,6})(?P<label>[A-Za-z]|[0-9]{1,2}|[가-하ㄱ-ㅎ])(?P<shut>[)}\]>*_\"'`$]{0,6})",
    re.I,
)
_FORMULA = re.compile(r"\s?[=_^\\/+*{<>]|[0-9]|\([0-9a-z]|-[0-9]|'s\b")
_PROSE = re.compile(r" (?!(?:because|since|as|for|which|with|if|by|and|or)\b)[a-z]")
_COUNTED = re.compile(r"\s?번")
# (B), [B], option B: a letter that can be no variable, nor the argument of a function.
_SET_APART = re.compile(
    r"(?<![\w}^\\])[(\[]$|\b(?:option|choice|answer|statement|letter)s? ?[(\[]?$"
    r"|(?:보기|선택지|선지|옵션|답) ?[(\[]?$",
    re.I,
)


def leading_label(said: str, known: Choices) -> tuple[int, int] | None:
    """Return the option whose label a text begins with, and where the label ends; None if with none."""
    match = _LEAD.match(said)
    if match is None:
        return None
    label, stop = match["label"], match.end()
    after = said[match.end("label") :]
    index = next((i for name, i in known.labels if name == label), None)
    enclosed = match["shut"].strip("*_\"'`$") != ""
    if (
        index is None
        and known.marked
        and known.places
        and label.isdecimal()
        and (enclosed or _COUNTED.match(after))
    ):
        index = int(label) - 1 if 0 < int(label) <= known.count else None  # ③ of A, B, C, D
    if index is None and label.isalpha() and label.islower():
        # b is B where nothing else can be meant: in brackets, or alone.
        index = next((i for name, i in known.labels if name == label.upper()), None)
        if said[stop:].strip(" .)*_\"'$}"):
            return None
    if index is None or (not enclosed and _FORMULA.match(after)):
        return None
    if enclosed and re.match(r"[A-Za-z0-9]", said[stop : stop + 1]):
        return None
    if not enclosed and not _stands(label, after, said, match.end("label")):
        return None
    return index, stop


def _stands(label: str, after: str, said: str, stop: int) -> bool:
    """Return whether a label without brackets stands apart from what follows it."""
    if label.isdecimal():
        return bool(re.match(r"\s*번|[.):]\s|[.):\s*\"'}]*$", after))
    if "가" <= label <= "하" or "ㄱ" <= label <= "ㅎ":
        found = ending(label, said, stop)
        return bool(
            re.match(
                r"[.):\s*\"'}]*$|[.):]\s"
                r"|\s?번",
                after,
            )
        ) or bool(found and found.kind == "states")
    if not after or not (after[0].isalnum() or after[0] == " "):
        return True
    if after[0] == " ":
        return not (label in "AaIi" and _PROSE.match(after)) and not re.match(
            r" [0-9.]+ ?[%°]|[ ]\d+$", after
        )
    return "가" <= after[0] <= "힣" and (
        _COUNTED.match(after) is not None or ending(label, said, stop) is not None
    )


def ends(rest: str) -> bool:
    """Return whether what follows a label says no more than that it is the answer: 입니다, 가 정답."""
    return bool(
        re.match(
            r"[\s.!)\]*_\"']*$|[\s)\]*_\"']*(?:번)?(?:입니다|이다|예요|이에요"
            r"|[이가] (?:정답|답|맞|옳)|\bis (?:the )?(?:correct|right|best|answer))",
            rest,
        )
    )


def enumerated(lines: Sequence[str], known: Choices) -> bool:
    """Return whether lines begin with several options' labels: they are gone through one by one."""
    leads = {lead[0] for line in lines if (lead := leading_label(line, known))}
    return len(leads) > 1


def listed(lines: Sequence[str], known: Choices) -> bool:
    """Return whether the last line is the last of a list of options: no D alone under numbered steps."""
    if not enumerated(lines, known):
        return False
    last = leading_label(lines[-1], known)
    if last is None or not ends(lines[-1][last[1] :]):
        return True
    leads = [line.lstrip(" *(-")[:1] for line in lines if leading_label(line, known)]
    return any(lead.isdecimal() == leads[-1].isdecimal() for lead in leads[:-1])


def labels_apart(said: str, known: Choices) -> list[Mention]:
    """Return the labels set apart from running text, which can be no variable: (B), option B."""
    return [mention for mention in by_word(said, known.labels) if _is_apart(said, mention)]


def _is_apart(said: str, mention: Mention) -> bool:
    before, after = (
        said[max(0, mention.start - 12) : mention.start],
        said[mention.word_stop : mention.word_stop + 2],
    )
    opened = before[-1:] in ("(", "[")
    return (
        bool(_SET_APART.search(before))
        and (not opened or after[:1] in (")", "]"))
        and after[1:] not in ("=", "^")
    )
