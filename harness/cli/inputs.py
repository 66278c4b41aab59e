"""Texts of one's own as a task's fields: the one input, or several as a JSON object or `field=value` each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from harness.config.documents import shown
from harness.errors import BadInput, did_you_mean
from harness.schema import Example
from harness.tasks.schema import TaskFile

Input = tuple[str, Mapping[str, Any]]


def inputs(lines: Sequence[str], file: TaskFile) -> Iterator[Input]:
    """Yield each text as it was given, and its fields; what is known beside them goes before the last.

    Raises:
        BadInput: a field is missing, given twice, or none of the task's.
    """
    names = list(file.inputs)
    if len(names) == 1:
        yield from ((line, _complete({names[0]: line}, file)) for line in lines)
        return
    given: dict[str, Any] = {}
    for line in lines:
        if line.lstrip().startswith("{"):
            yield line, _complete(_object(line), file)
            continue
        name, sign, value = line.partition("=")
        if not sign or name not in (*names, *file.meta):
            hint = did_you_mean(name, names) if sign else ""
            raise BadInput(
                f"{shown(line)}: the task has the inputs {', '.join(names)}; give them as field=value "
                f"each, or as one JSON object.{hint}"
            )
        if name in given:
            raise BadInput(f"{name!r} is given twice before {', '.join(_missing(given, file))} is")
        given[name] = value
        if not _missing(given, file):
            yield ", ".join(f"{key}={value}" for key, value in given.items()), _complete(given, file)
            given = {}
    if given:
        raise BadInput(f"{', '.join(_missing(given, file))} is missing")


def _object(line: str) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{shown(line)} is no JSON: {error}") from None
    return dict(found)


def _missing(given: Mapping[str, Any], file: TaskFile) -> list[str]:
    return [name for name in file.inputs if name not in given]


def _complete(given: Mapping[str, Any], file: TaskFile) -> dict[str, Any]:
    """Return the fields, what is known beside the input included: empty where nobody said it."""
    for name in given:
        if name not in file.inputs and name not in file.meta:
            raise BadInput(f"the task has no input {name!r}.{did_you_mean(name, file.inputs)}")
    if missing := _missing(given, file):
        raise BadInput(f"{', '.join(missing)} is missing")
    return dict.fromkeys(file.meta, "") | dict(given)


def example(number: int, given: Mapping[str, Any], file: TaskFile) -> Example:
    """Return the fields as the example that is asked about, without a target."""
    fields = {name: given[name] for name in file.inputs}
    return Example(f"try-{number}", fields, meta={name: str(given[name]) for name in file.meta})
