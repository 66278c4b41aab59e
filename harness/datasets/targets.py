"""What an example should be answered: from what the data says, and what of it cannot be right."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from string import ascii_uppercase
from typing import Any

from harness.config.documents import shown
from harness.datasets.formats import plain
from harness.errors import BadInput
from harness.schema import Example, Target
from harness.tasks.schema import TargetFormat
from harness.tasks.task import Task


def read(value: Any) -> Target:
    """Return a target as the data says it: a text, None, references or spans."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, list):
        return tuple(tuple(one) if isinstance(one, (list, tuple)) else plain(one) for one in value)  # type: ignore[return-value]
    return plain(value)


def labelled(task: Task) -> Callable[[Target, list[Any]], Target]:
    """Return the function from a target as the data says it, and the choices, to the harness's label."""
    aliases = task.file.aliases
    if task.file.options_from:
        return partial(_numbered, _NUMBERED[task.file.target_format])
    if aliases:
        return lambda target, _choices: aliases.get(target, target) if isinstance(target, str) else target
    return lambda target, _choices: target


def _numbered(place_of: Callable[[str, list[str]], int], target: Target, choices: list[Any]) -> Target:
    """Return the place of the right choice as a label, or the places of several.

    Raises:
        BadInput: it is none of the choices.
    """
    if isinstance(target, tuple):
        return tuple(str(_numbered(place_of, str(one), choices)) for one in target)
    if not isinstance(target, str) or not choices:
        return target
    place = place_of(target.strip(), [plain(choice) for choice in choices])
    if not 0 <= place < len(choices):
        raise BadInput(f"the answer {shown(target)} is none of the {len(choices)} options")
    return str(place)


def _place_of_letter(target: str, _choices: list[str]) -> int:
    return ascii_uppercase.find(target.upper()) if len(target) == 1 else -1


def _place_of_text(target: str, choices: list[str]) -> int:
    return next((place for place, choice in enumerate(choices) if choice.strip() == target), -1)


# From what the data calls the right choice, blanks around it or not, to its place from 0; else none in range.
_NUMBERED: dict[TargetFormat, Callable[[str, list[str]], int]] = {
    "index": lambda target, _choices: int(target) if target.isdecimal() else -1,
    "number": lambda target, _choices: int(target) - 1 if target.isdecimal() else -1,
    "letter": _place_of_letter,
    "text": _place_of_text,
}


def checker(task: Task) -> Callable[[Example], str | None] | None:
    """Return the function that says what is wrong with an example's target; None if nothing can be."""
    file, has_target = task.file, "target" in task.file.fields
    if file.options_from:
        return lambda example: _wrong_choice(task, example, has_target)
    if task.ask == "tag":
        return lambda example: _wrong_spans(example, task.labels)
    if task.ask in ("rate", "embed") and has_target:
        return _wrong_number
    labels = frozenset(task.labels)
    if not labels and has_target and any(named.name == "numeric_match" for named in file.metrics):
        return _wrong_reference
    if not labels or not has_target:
        return None
    hint = f"the task's options are {', '.join(task.labels)}"
    return lambda example: (
        None if example.target in labels else f"unknown label {shown(example.target)}; {hint}"
    )


def _wrong_number(example: Example) -> str | None:
    try:
        if math.isfinite(float(str(example.target))):
            return None
    except ValueError:
        pass
    return f"the target {shown(example.target)} is no number"


def _wrong_reference(example: Example) -> str | None:
    """Return what is wrong with a target that answers in numbers are compared with."""
    from harness.metrics.exact_match import number

    target = example.target
    wrong = [one for one in (target if isinstance(target, tuple) else [target]) if number(str(one)) is None]
    return f"the target {shown(wrong[0])} is no number" if wrong else None


def _wrong_spans(example: Example, labels: tuple[str, ...]) -> str | None:
    """Return what is wrong with the spans of a tagged text."""
    size = len(example.fields["context"])
    spans: Any = example.target or ()
    for start, end, kind in spans:
        if not 0 <= int(start) < int(end) <= size:
            return f"the span {start}-{end} is not in the text, which has {size} characters"
        if kind not in labels:
            return f"unknown type {shown(kind)}; the task's options are {', '.join(labels)}"
    return None


def _wrong_choice(task: Task, example: Example, has_target: bool) -> str | None:
    """Return what is wrong with options that are no list, or a target that is the number of none of them."""
    choices = task.choices(example.fields)
    if choices is None:
        return f"{task.file.options_from[0]!r} should be a list of options"
    known = [str(index) for index in range(len(choices))]
    right = example.target if isinstance(example.target, tuple) else (example.target,)
    if has_target and not (right and set(right) <= set(known)):
        return f"the answer {shown(example.target)} is none of the {len(choices)} options"
    return None
