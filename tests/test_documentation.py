from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from harness.backends.schema import BackendFile
from harness.tasks import checking
from harness.tasks.schema import Group, TaskFile

YAML = (TaskFile, Group, BackendFile)


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield `model` and every model that stands in its fields, once."""
    if model in seen:
        return
    seen.add(model)
    yield model
    inside = [getattr(model, "item", None)]
    for field in model.model_fields.values():
        inside += _mentioned(field.annotation)
    for one in inside:
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield from _models(one, seen)


def _mentioned(annotation: object) -> list[object]:
    parts = getattr(annotation, "__args__", ())
    return [annotation, *(one for part in parts for one in _mentioned(part))]


KEYS = sorted(
    {(model, name) for root in YAML for model in _models(root, set()) for name in model.model_fields},
    key=lambda key: (key[0].__name__, key[1]),
)


@pytest.mark.parametrize(("model", "name"), KEYS, ids=[f"{m.__name__}.{n}" for m, n in KEYS])
def test_every_key_of_a_yaml_file_says_what_it_is(model, name):
    assert model.model_fields[name].description, f"{model.__name__}.{name}: Field(description=...)"


def test_an_editor_is_told_what_a_key_is():
    schemas = dict(checking.schemas())
    assert schemas["task"]["properties"]["shots"]["description"]
    assert schemas["task"]["$defs"]["Url"]["properties"]["git_blob"]["description"]
