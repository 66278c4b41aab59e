"""A Response into a prediction: a label, a text, or None, which counts as unanswered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from harness import plugins
from harness.extraction import Step, chosen
from harness.forms import Named
from harness.schema import Option, Response
from harness.tasks import Task

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
    if any(math.isnan(score) for score in scores) or max(scores, default=-math.inf) == -math.inf:
        return None
    return options[max(range(len(scores)), key=scores.__getitem__)].label


def reader(task: Task) -> Callable[[Response, Sequence[Option]], str | None]:
    """Return the function from a response and its options to a prediction.

    Scores decide where there are any. Otherwise the task's extraction steps read the text; a task
    with options and no steps looks for the first option named.
    """
    given = task.file.extract or [Named(name="first_option" if _has_options(task) else "strip")]
    steps: list[Step] = [
        plugins.load(plugins.extractors()[named.name].target)(**named.settings) for named in given
    ]

    def read(response: Response, options: Sequence[Option]) -> str | None:
        if response.finish in REFUSED:
            return None
        if response.option_scores is not None:
            return best(response.option_scores, options)
        text = response.text
        for step in steps:
            if text is None:
                return None
            text = step(text, options)
        return chosen(text, options) if text is not None and options else text

    return read


def _has_options(task: Task) -> bool:
    return bool(task.file.options or task.file.options_from)
