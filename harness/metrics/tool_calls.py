"""Was the due call made? FunctionChat-Bench's rule for calls, and whether a call was made where one is due.

Lee et al. (2024), "FunctionChat-Bench: Comprehensive Evaluation of Language Models' Generative Capabilities
in Korean Tool-use Dialogs". Only the first call is read. It is right where its function is the due one, it
has the arguments of the truth and no others, and each is the truth's value or an acceptable one; texts are
compared without blanks and case. Their judge then looks again at calls that fail, so the rule alone is a
lower bound.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio, weighted_mean
from harness.schema import Metric


class Due(NamedTuple):
    """What is due: a call, or none (`name` is None); argument → its acceptable values."""

    name: str | None
    arguments: Mapping[str, Any]
    acceptable: Mapping[str, Any]


def call_exact(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of due calls that are right by the authors' rule, 0 to 1.

    Examples that ask for words, no call, are left out: only a judge can say what these are worth. Two
    statistics: whether it is right, and whether a call was due.
    """
    aggregate = OfSums(ratio, parts=lambda columns: (columns[:, 0], columns[:, 1]))
    return Metric("call_exact", _exact, aggregate, "call_exact|v:1|rule:functionchat", leaves_out=True)


def call_decision(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of examples in which a call was made just where one is due, 0 to 1."""
    return Metric("call_decision", _decision, weighted_mean, "call_decision|v:1", interval="wilson")


def _exact(said: str | None, target: str) -> tuple[float, float]:
    due = due_of(target)
    if due.name is None:
        return (0.0, 0.0)
    return (float(right(_calls(said)[:1], due)), 1.0)


def _decision(said: str | None, target: str) -> tuple[float]:
    if said is None:
        return (0.0,)
    return (float(bool(_calls(said)) is (due_of(target).name is not None)),)


def right(calls: Sequence[Mapping[str, Any]], due: Due) -> bool:
    """Return whether the first call is the due one."""
    if not calls or calls[0]["name"] != due.name:
        return False
    given = calls[0]["arguments"]
    if not isinstance(given, Mapping) or given.keys() != due.arguments.keys():
        return False
    return all(_allowed(value, due.arguments[key], due.acceptable.get(key)) for key, value in given.items())


def _allowed(value: Any, truth: Any, acceptable: Any) -> bool:
    allowed = [truth, acceptable, *(acceptable if isinstance(acceptable, list) else [])]
    return any(one is not None and _same(value, one) for one in allowed)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same: texts without blanks and case, true is no 1."""
    if isinstance(one, str) and isinstance(other, str):
        return "".join(one.split()).lower() == "".join(other.split()).lower()
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _calls(said: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(said) if said is not None else []
        return [{"name": one["name"], "arguments": one["arguments"]} for one in found]
    except (ValueError, KeyError, TypeError):
        raise BadInput('calls should be JSON: [{"name": …, "arguments": …}]') from None


def due_of(target: str) -> Due:
    """Return what a target says is due.

    It is JSON, `{"call": …, "acceptable": …}`. The call is null, an object of name and arguments (or that
    as text), or OpenAI's `tool_calls`; the acceptable values are an object or that as text: a text that is no
    JSON is a remark, and accepts nothing more.

    Raises:
        BadInput: it is anything else.
    """
    try:
        told = json.loads(target)
        call = _opened(told["call"])
        call = call[0]["function"] if isinstance(call, list) and call else call
        acceptable = _opened(told.get("acceptable"))
        known = acceptable if isinstance(acceptable, dict) else {}
        if not call:
            return Due(None, {}, known)
        arguments = _opened(call["arguments"])
        return Due(str(call["name"]), arguments if isinstance(arguments, dict) else {}, known)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput('the target should be JSON: {"call": …, "acceptable": …}') from None


def _opened(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
