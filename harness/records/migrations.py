"""Layouts of before, brought to today's: the one place that knows how `run.json` and its journal used to be.

A key that is no more, or has another name, is moved here before the types of `run_schema` and `sample_schema`
see it; nothing else in the harness reads an old name.
"""

from __future__ import annotations

from typing import Any

from harness.records.run_schema import SCHEMA_VERSION, RunDocument

# Mappings and lists that versions of layout 1 wrote as null where there was nothing to say.
_EMPTY = frozenset(name for name, key in RunDocument.model_fields.items() if key.default_factory is not None)


# Keys that layout 1 called otherwise: where the key stood → its name now.
_RENAMED = {("cost", "untold"): "responses_without_usage"}


def run_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a `run.json` of any version as today's version writes them."""
    if values.get("schema_version") == 1:
        values = {**values, "schema_version": SCHEMA_VERSION}
        for (part, old), name in _RENAMED.items():
            inside = values.get(part)
            if isinstance(inside, dict) and old in inside:
                values[part] = {name if key == old else key: value for key, value in inside.items()}
    nulls = [name for name in _EMPTY if name in values and values[name] is None]
    return {name: value for name, value in values.items() if name not in nulls} if nulls else values
