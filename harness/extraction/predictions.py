"""A Response into a prediction: a label, a text, a number, spans, or None, which counts as unanswered."""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from harness import plugins
from harness.config.fields import Named
from harness.extraction import typed_spans as tagged
from harness.extraction.steps import Step, chosen
from harness.extraction.structured import written
from harness.models.ranked import ranked
from harness.schema import Option, Prediction, Response
from harness.tasks.task import Task
from harness.tasks.validation import WITHOUT_PROMPT
from harness.text.thoughts import spoken

# No probability at all; a journal, which cannot hold an infinity, says the least number there is.
NOTHING = -sys.float_info.max
# Ends of a reply that are nobody's answer, though the endpoint worked.
REFUSED = frozenset({"filtered", "refused", "too_long"})


def best(scores: Sequence[float], options: Sequence[Option]) -> str | None:
    """Return the label with the highest score, the first of equals.

    None if a score is not a number or no option got any probability: that decides nothing.

    Raises:
        ValueError: not one score an option.
    """
    if len(scores) != len(options):
        raise ValueError(f"{len(scores)} scores for {len(options)} options")
    if any(math.isnan(score) for score in scores) or max(scores, default=-math.inf) <= NOTHING:
        return None
    return options[max(range(len(scores)), key=scores.__getitem__)].label


Read = Callable[[Response, Sequence[Option], str], Prediction]


def reader(task: Task) -> Read:
    """Return the function from a response, its options and the text it is about to a prediction.

    What an adapter measured decides: spans, a value, scores. Otherwise the task's extraction steps read
    the text. A task with options and no steps looks for the option that the reply states, one that asks
    for a number for the rating. What stands within a thought is never read.
    """
    named = task.file.extract or [_usual_step(task)]
    steps, cut = _steps(named), _steps(named, cut=True)

    def read(response: Response, options: Sequence[Option], context: str = "") -> Prediction:
        if response.finish in REFUSED:
            return None
        if _measured(response):
            return _measurement(response)
        if task.ask in WITHOUT_PROMPT:  # no text can say what was to be measured
            return None
        if response.option_scores is not None or response.label is not None:
            return _decided(response, options, has_labels=bool(task.file.options))
        said = spoken(response.text)
        text = _extracted(cut if response.finish == "length" else steps, said, options, context)
        if task.ask == "call" and text and response.renamed:
            text = _named_back(text, response.renamed)
        return None if text is None else _judged(task, text, options, context)

    return read


def _measured(response: Response) -> bool:
    return any(one is not None for one in (response.spans, response.ranking, response.value, response.calls))


def _measurement(response: Response) -> Prediction:
    """Return the spans, passages' ids in their order, calls or the number that an adapter answered with."""
    if response.spans is not None:
        return tuple((int(start), int(end), kind) for start, end, kind in response.spans)
    if response.ranking is not None:
        return ranked(response.ranking)
    if response.calls is not None:
        return written([_own_name(one, response.renamed or {}) for one in response.calls])
    return None if response.value is None else _number(response.value)


def read_against(task: Task, passage: object, target: object) -> str:
    """Return what a reply is read against: the passage it is about, or the name that its code defines."""
    if task.file.execute is None:
        return str(passage)
    try:
        return str(json.loads(str(target)).get("entry_point", ""))
    except (ValueError, AttributeError):
        return ""


def _steps(named: Sequence[Named], *, cut: bool = False) -> list[Step]:
    """Return the steps; for a reply that was `cut` short those that then read less are told so."""
    found = []
    for one in named:
        factory = plugins.load(plugins.extractors()[one.name].target)
        told = {"cut": True} if cut and "cut" in inspect.signature(factory).parameters else {}
        found.append(factory(**{**one.settings, **told}))
    return found


def _extracted(
    steps: Sequence[Step], text: str | None, options: Sequence[Option], context: str
) -> str | None:
    """Return what the steps leave of a reply; a step that has a third argument is given the passage.

    None ends them, and so does an empty text: an answer that says there is none.
    """
    for step in steps:
        if text is None:
            break
        text = step(text, options, context) if _takes_context(step) else step(text, options)
        if text == "":
            break
    return text


@lru_cache(maxsize=256)
def _takes_context(step: Step) -> bool:
    return "context" in inspect.signature(step).parameters


def _judged(task: Task, text: str, options: Sequence[Option], context: str) -> Prediction:
    """Return what the extracted text says: spans, a number, a label, or itself."""
    if task.ask == "tag":
        return tagged.read(text, context, options)
    if task.ask == "rate":
        return _in_range(_number(text), task.file.range)
    return chosen(text, options) if options else text


def _decided(response: Response, options: Sequence[Option], *, has_labels: bool) -> str | None:
    """Return the label of the option that scores favour, or that a system names without a word around it.

    None if there is none such. The labels of options that an example brings along are places, which nobody
    but the harness says.
    """
    if response.option_scores is not None:
        return best(response.option_scores, options)
    said = response.label or ""
    named = chosen(said, options)
    known = said.strip() if has_labels else None
    return named or next((option.label for option in options if option.label == known), None)


def _own_name(call: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Return a call by the name that its tool has in the task."""
    return {"name": renamed.get(call["name"], call["name"]), "arguments": call["arguments"]}


def _named_back(text: str, renamed: Mapping[str, str]) -> str:
    """Return calls that stood in the text of a reply, by their tools' own names; anything else as it is."""
    try:
        return written([_own_name(one, renamed) for one in json.loads(text)])
    except (ValueError, KeyError, TypeError):
        return text


def _usual_step(task: Task) -> Named:
    if task.ask == "call":
        return Named(name="calls")
    if task.ask == "rate":
        return Named(name="rating")
    has_options = bool(task.file.options or task.file.options_from)
    return Named(name="stated_option" if has_options and task.ask != "tag" else "strip")


def _number(said: float | str) -> float | None:
    """Return a number that is one; neither an infinity nor a NaN decides anything."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _in_range(number: float | None, bounds: Sequence[float] | None) -> float | None:
    """Return a rating within its bounds: 11 of 5 is no answer, and 5 would be a guess."""
    if number is None or not bounds or bounds[0] <= number <= bounds[1]:
        return number
    return None
