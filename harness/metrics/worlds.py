"""What was done in a simulated world: is its final state right, and how many steps and calls did it take?

An example is one step of an episode; the last possible step says how the episode ended, and it alone counts.
The state is what τ-bench judges, too (Yao et al. 2024, "τ-bench: A Benchmark for Tool-Agent-User
Interaction in Real-World Domains"): whichever way leads there is right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio
from harness.schema import Episode, Metric

_Counted = Callable[[Episode, str], tuple[float, float]]
_NONE = (0.0, 0.0)


def world_state(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of episodes that ended in words and in an allowed state, 0 to 1.

    The target is JSON: an object, or a list of objects of which any will do. Each key that it names must be
    equal in the world's state; what it does not name is not judged. An episode that took all steps it was
    allowed and still called, or ended without a reply, is not right. Two statistics: whether it is right, and
    whether the example is an episode's last step.
    """
    aggregate = OfSums(ratio, parts=lambda columns: (columns[:, 0], columns[:, 1]))
    return Metric("world_state", _last(_right), aggregate, "world_state|v:1", reads="world", leaves_out=True)


def world_steps(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean number of replies an episode took."""
    return _mean("world_steps", lambda seen, _: (float(seen.steps), 1.0), "steps")


def world_calls(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean number of calls an episode took."""
    return _mean("world_calls", lambda seen, _: (float(seen.calls), 1.0), "calls")


def world_invalid_calls(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of calls of no tool, or with arguments it does not take, 0 to 1.

    Calls that the world refused, such as a table that is taken, are valid. NaN where no call was made.
    """
    aggregate = OfSums(ratio, parts=lambda columns: (columns[:, 0], columns[:, 1]))
    made = _last(lambda seen, _: (float(seen.invalid), float(seen.calls)))
    about = ("world_invalid_calls", made, aggregate, "world_invalid_calls|v:1")
    return Metric(*about, reads="world", leaves_out=True, higher_is_better=False)


def _mean(name: str, counted: _Counted, unit: str) -> Metric:
    about = (name, _last(counted), OfSums(ratio), f"{name}|v:1")
    return Metric(*about, unit=unit, reads="world", leaves_out=True, higher_is_better=False)


def _last(counted: _Counted) -> Callable[[Episode | None, str], tuple[float, float]]:
    """Return the statistics of the last step, and zeros for all others."""
    return lambda seen, target: _NONE if seen is None or seen.end is None else counted(seen, target)


def _right(seen: Episode, target: str) -> tuple[float, float]:
    return float(seen.end == "answered" and any(_holds(one, seen.state) for one in allowed(target))), 1.0


def _holds(wanted: dict[str, Any], state: Any) -> bool:
    return isinstance(state, dict) and all(
        key in state and _same(state[key], value) for key, value in wanted.items()
    )


def _same(one: Any, other: Any) -> bool:
    """Return whether two values of JSON are the same: 3 is 3.0, and true is no 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def allowed(target: Any) -> list[dict[str, Any]]:
    """Return the states of which one must hold at the end.

    Raises:
        BadInput: the target is no JSON of an object or of a list of objects.
    """
    try:
        found = json.loads(target) if isinstance(target, str) else target
    except ValueError:
        found = None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise BadInput("the target should be JSON of a state, or of a list of states that are allowed")
    return found
