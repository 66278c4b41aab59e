"""Are a model's calls the right ones? The rule of the Berkeley Function Calling Leaderboard, for Python.

Patil et al. (2025), "The Berkeley Function Calling Leaderboard", ICML. A call is right where its function is
named, each argument is one of the values allowed for it and of its type, none is missing that is required (or
that no empty text among its values marks as optional), and none is there beside. Texts are compared without
blanks, case and `,./-_*^`. Several calls are matched in any order. Where no function fits, no call is right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import BadInput
from harness.metrics.aggregates import weighted_mean
from harness.schema import Metric

TYPES: dict[str, type] = {
    **{"string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list},
    **{"dict": dict, "any": str},
}
_IGNORED = re.compile(r"[ ,./\-_*^]")
OPTIONAL = ""  # among the values of an argument: it may be left out


class Call(NamedTuple):
    """One call: the function's name and its arguments."""

    name: str
    arguments: Mapping[str, Any]


def bfcl_accuracy(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of examples whose calls are right by BFCL's rule, 0 to 1."""
    return Metric("bfcl_accuracy", _judge, weighted_mean, "bfcl_accuracy|v:1|checker:ast", interval="wilson")


def _judge(said: str | None, due: str) -> tuple[float]:
    try:
        told = json.loads(due)
        functions, category, answers = told["functions"], told["category"], told.get("answers") or []
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput('the target should be JSON: {"functions": …, "category": …, "answers": …}') from None
    if said is None:
        return (0.0,)
    try:
        calls = [Call(one["name"], one["arguments"]) for one in json.loads(said)]
    except (ValueError, KeyError, TypeError):
        raise BadInput('calls should be JSON: [{"name": …, "arguments": …}]') from None
    return (float(right(functions, calls, answers, category)),)


def right(
    functions: Sequence[Mapping[str, Any]],
    calls: Sequence[Call],
    answers: Sequence[Mapping[str, Any]],
    category: str,
) -> bool:
    """Return whether the calls are right in a category: `irrelevance` wants none, `relevance` any."""
    if "irrelevance" in category:
        return not calls
    if not all(isinstance(one.arguments, Mapping) for one in calls):
        return False  # arguments that came as a text which is no JSON
    if "relevance" in category:
        return bool(calls)
    if len(calls) != len(answers):
        return False
    by_name = {one["name"]: one for one in reversed(functions)}  # of two of one name, the first counts
    left = list(calls)
    for answer in answers:  # each takes the first call that fits it
        ((name, allowed),) = answer.items()
        described = by_name[name] if "parallel" in category or "multiple" in category else functions[0]
        fitting = next((place for place, one in enumerate(left) if _fits(described, one, allowed)), None)
        if fitting is None:
            return False
        del left[fitting]  # by its place: 10.0 equals 10, and is no integer
    return True


def _fits(function: Mapping[str, Any], call: Call, allowed: Mapping[str, list[Any]]) -> bool:
    """Return whether a call is of the function, with arguments that are allowed."""
    given, described = call.arguments, function["parameters"]
    if call.name != function["name"] or any(name not in given for name in described["required"]):
        return False
    for name, value in given.items():
        if name not in described["properties"] or name not in allowed:
            return False
        if not _allowed(value, described["properties"][name], allowed[name]):
            return False
    return all(name in given or OPTIONAL in values for name, values in allowed.items())


def _allowed(value: Any, described: Mapping[str, Any], values: list[Any]) -> bool:
    """Return whether an argument is of its type and one of the values allowed.

    Values of another type than the described one name a variable, which may be given in its place.
    """
    kind = TYPES[described["type"]]
    inner = TYPES[described["items"]["type"]] if described["type"] in ("array", "tuple") else None
    if described["type"] == "float" and type(value) is int:
        value = float(value)
    stated = next((type(one) for one in values if one != OPTIONAL), None)
    of_kind = type(value) is kind
    if not of_kind and (stated is None or type(value) is not stated):
        return False
    if of_kind and inner is not None and not any(_all_of(value, one, inner) for one in values):
        return False
    if not of_kind or (stated is not None and stated is not kind):
        return value in values
    return _value_allowed(value, values, kind, inner)


def _value_allowed(value: Any, values: list[Any], kind: type, inner: type | None) -> bool:
    if kind is dict:
        return any(one != OPTIONAL and _one_dict(value, one) for one in values)
    if inner is dict:
        return any(_dicts_allowed(value, one) for one in values)
    if kind is str:
        return plain(value) in [plain(one) for one in values if type(one) is str]
    if kind is list:
        return [plain(one) for one in value] in [[plain(part) for part in one] for one in values]
    return value in values


def _all_of(value: Any, one: Any, inner: type) -> bool:
    """Return whether a list's items are of a type, or of that of the allowed list's own items."""
    if not isinstance(one, list):
        return True
    stated = next((type(part) for part in one if part != OPTIONAL), None)
    return all(type(item) is inner or (stated is not None and type(item) is stated) for item in value)


def _one_dict(value: Mapping[str, Any], allowed: Mapping[str, Any]) -> bool:
    if any(key not in allowed for key in value):
        return False
    if any(plain(one) not in [plain(part) for part in allowed[key]] for key, one in value.items()):
        return False
    return all(key in value or OPTIONAL in parts for key, parts in allowed.items())


def _dicts_allowed(value: list[Any], allowed: Sequence[Any]) -> bool:
    """Return whether the objects of a list are the allowed ones in their order."""
    if len(value) != len(allowed):
        return False
    pairs = zip(value, allowed, strict=True)
    return all(part != OPTIONAL and _one_dict(one, part) for one, part in pairs)


def plain(value: Any) -> Any:
    """Return a text as it is compared; anything else as it is."""
    return _IGNORED.sub("", value).lower().replace("'", '"') if type(value) is str else value
