"""JSON schemas of `run.json` and of a line of `samples.jsonl`, for whoever reads a run elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.records.run_schema import SCHEMA_VERSION, RunDocument
from harness.records.sample_schema import Record


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each file's schema and the schema, with every key's meaning and default."""
    for name, model in (("run", RunDocument), ("sample", Record)):
        yield name, {**model.model_json_schema(by_alias=True), "version": SCHEMA_VERSION}
