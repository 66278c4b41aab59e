"""An example's scored options: which is right, what the scores say of it, and what they leave open.

Scores are log-probabilities in the order of the options. Where they decide nothing (none came, one is
no number, or no option got any probability) the example is unanswered, as it is for `choose`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from harness.errors import BadInput, did_you_mean

Scores = Sequence[float] | None


def right_option(name: str, index: Mapping[str, int], scores: Scores, target: object) -> int:
    """Return the place, from 0, of the right option.

    With labels that all examples share it is the target's place among them; `index` holds those.
    Without, the target is that place, written as text.

    Raises:
        BadInput: the target is no label, or not the number of an option; `name` is the metric's.
    """
    if index and target not in index:
        raise BadInput(f"{name}: the target {target!r} is not a label.{did_you_mean(str(target), index)}")
    if not index and not (isinstance(target, str) and target.isdecimal()):
        raise BadInput(f"{name}: the target {target!r} is not the number (from 0) of an option")
    place = index[str(target)] if index else int(str(target))
    if scores is not None and place >= len(scores):
        raise BadInput(f"{name}: the target {target!r} is beyond the {len(scores)} options that have scores")
    return place


def decides(scores: Scores) -> bool:
    """Return whether the scores rank the options at all.

    JSON has no infinity: the journal keeps minus infinity as the lowest float.
    """
    if not scores:
        return False
    return not any(map(math.isnan, scores)) and max(scores) > -sys.float_info.max


def rank(scores: Sequence[float], place: int) -> int:
    """Return the rank, from 1, of an option; of equals the first is first, as `choose` takes it."""
    own = scores[place]
    return 1 + sum(score > own or (score == own and i < place) for i, score in enumerate(scores))


def probabilities(scores: Sequence[float]) -> list[float]:
    """Return the softmax of scores that decide: shares of the options' probability, adding up to 1."""
    highest = max(scores)
    raised = [1.0 if score == highest else math.exp(score - highest) for score in scores]
    total = math.fsum(raised)
    return [one / total for one in raised]
