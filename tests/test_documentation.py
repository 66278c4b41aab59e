from __future__ import annotations

import pytest

from harness import builtin
from harness.backends.schema import BackendFile
from harness.builtin import descriptions
from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record
from harness.tasks import checking
from harness.tasks.schema import Group, TaskFile
from tests.support.docs_site import module

REFERENCE = module("reference")
ROOTS = (TaskFile, Group, BackendFile, RunDocument, Record)


def test_every_kind_of_file_has_its_page():
    assert REFERENCE.ROOTS == ROOTS


KEYS = sorted(
    {(model, name) for root in ROOTS for model in REFERENCE.models(root) for name in model.model_fields},
    key=lambda key: (key[0].__name__, key[1]),
)


@pytest.mark.parametrize(("model", "name"), KEYS, ids=[f"{m.__name__}.{n}" for m, n in KEYS])
def test_every_key_of_a_file_says_what_it_is(model, name):
    assert model.model_fields[name].description, f"{model.__name__}.{name}: Field(description=...)"


def test_an_editor_is_told_what_a_key_is():
    schemas = dict(checking.schemas())
    assert schemas["task"]["properties"]["shots"]["description"]
    assert schemas["task"]["$defs"]["Url"]["properties"]["git_blob"]["description"]


BUILT_IN = {
    "metrics": (builtin.METRICS, descriptions.METRICS),
    "steps": (builtin.EXTRACTORS, descriptions.EXTRACTORS),
    "adapters": (builtin.ADAPTERS, descriptions.ADAPTERS),
    "exporters": (builtin.EXPORTERS, descriptions.EXPORTERS),
}


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_built_in_name_has_a_line_in_both_languages(kind):
    entries, told = BUILT_IN[kind]
    assert [entry.name for entry in entries if " / " not in told.get(entry.name, "")] == []


@pytest.mark.parametrize("kind", BUILT_IN)
def test_no_line_is_about_a_name_that_is_gone(kind):
    entries, told = BUILT_IN[kind]
    assert sorted(told.keys() - {entry.name for entry in entries}) == []


def _settings() -> set[str]:
    entries = [entry for kind, _ in BUILT_IN.values() for entry in kind]
    return {name for entry in entries for name in {**entry.settings, **getattr(entry, "knobs", {})}}


def test_every_setting_has_a_line_in_both_languages():
    assert sorted(name for name in _settings() if " / " not in descriptions.SETTINGS.get(name, "")) == []


def test_no_line_is_about_a_setting_that_is_gone():
    assert sorted(descriptions.SETTINGS.keys() - _settings()) == []


def test_a_description_is_read_in_either_language():
    told = descriptions.METRICS["accuracy"]
    assert descriptions.in_language(told, "ko") == "맞힌 비율"
    assert descriptions.in_language(told, "en") == "share answered right"
    assert descriptions.in_language("only English", "ko") == "only English"
