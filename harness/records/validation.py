"""Values of a file as their types, or the one line that says which key is wrong and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from pydantic import ValidationError

from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record


def parse_run(values: dict[str, Any]) -> RunDocument:
    """Return the values of a `run.json` as a document.

    Raises:
        ValueError: a key is missing or of another type: `task.name: should be a text`.
    """
    try:
        return RunDocument.model_validate(values)
    except ValidationError as error:
        raise ValueError(problem(error)) from None


def parse_record(line: bytes, *, judged: bool = True) -> Record:
    """Return a line of a journal as a record.

    Unless it is `judged`, scores of another type are left out: they are made anew from the response.

    Raises:
        ValueError: it is not JSON, or a key is missing or of another type.
    """
    try:
        return _read_record(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if not judged and first["loc"][:1] == ("scores",) and first["type"] != "missing":
            return parse_record(orjson.dumps({**orjson.loads(line), "scores": None}))
        raise ValueError(problem(error)) from None


_read_record: Callable[[bytes], Record] = Record.__pydantic_validator__.validate_json  # for every example


def problem(error: ValidationError) -> str:
    """Return what is wrong with the first key that is, on one line."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    said = _WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


_WORDS = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "should be a mapping"),
    "list_type": "should be a list",
    "string_type": "should be a text",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "missing": "is missing",
    "json_invalid": "not JSON",
}
