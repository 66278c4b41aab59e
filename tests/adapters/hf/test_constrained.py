"""Replies of local models held to a JSON schema, or to the options' texts, by llguidance."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("transformers")
pytest.importorskip("llguidance")
pytest.importorskip("jsonschema")

import jsonschema

from harness import plugins
from harness.backends import backend as backends
from harness.errors import Unavailable
from harness.schema import Decoding
from tests.support.running import Project, here, records_of
from tests.support.tiny_models import tiny_llama, tiny_t5

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["이름", "분류", "수량", "긴급", "메모"],
    "properties": {
        "이름": {"type": ["string", "null"], "maxLength": 6},
        "분류": {"enum": ["배송", "불량", "환불", "기타"]},
        "수량": {"type": "integer", "minimum": 0, "maximum": 99},
        "긴급": {"type": "boolean"},
        "메모": {"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 2},
    },
}
TASK = """\
version: 1
description: JSON of a test
language: ko
data: {format: jsonl, files: {test: rows.jsonl}}
fields: {id: id, text: text, target: "{{ {'value': {}, 'schema': row.schema} | tojson }}"}
ask: generate
json_schema: SCHEMA
templates: {plain: {query: "문의: {{ text }}\\nJSON:"}}
decoding: {max_tokens: 200, temperature: 0}
extract: [json]
metrics: [json_valid, unanswered]
"""
CHOICE = """\
version: 1
description: A choice of a test
data: {format: jsonl, files: {test: rows.jsonl}}
fields: {id: id, text: text, target: label}
ask: choose
options: {a: 배송, b: 배송 지연, c: 환불}
templates: {plain: {query: "{{ text }}\\n답:"}}
metrics: [accuracy, unanswered]
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_llama(tmp_path_factory.mktemp("llama"), context=512)


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.write("tasks/form.yaml", TASK.replace("SCHEMA", json.dumps(SCHEMA, ensure_ascii=False)))
    made.write("tasks/choice.yaml", CHOICE)
    rows = [
        {
            "id": f"r{n}",
            "text": "택배가 아직 안 왔어요. " * (1 + n % 3) + str(n),
            "schema": SCHEMA,
            "label": "a",
        }
        for n in range(10)
    ]
    made.write("tasks/rows.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return made


def run(project: Project, model: Any, task: str = "form", **options: Any) -> Any:
    settings = {
        "model": str(model),
        "device": "cpu",
        "choose_by": "structured",
        **options.pop("settings", {}),
    }
    return here(project, "huggingface", settings, task, **options)


def replies(project: Project) -> list[str]:
    return [record["response"]["text"] for record in records_of(project.only())]


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(temperature=0),
        Decoding(temperature=1.0, top_p=0.95, repetition_penalty=1.2),
        Decoding(temperature=0, beams=3),
        Decoding(temperature=0, min_tokens=5),
    ],
    ids=["greedy", "drawn", "beams", "min_tokens"],
)
def test_ten_of_ten_replies_of_a_random_model_are_valid_under_a_schema_with_korean_keys(
    project, model, decoding
):
    done = run(project, model, decoding=decoding.asked())
    assert done.run.metrics["json_valid"].value == 1.0
    found = [json.loads(text) for text in replies(project)]
    for value in found:
        jsonschema.validate(value, SCHEMA)
        assert list(value) == list(SCHEMA["properties"])
    assert len(found) == 10


def test_rows_of_one_batch_are_each_in_their_own_place_of_the_grammar(project, model):
    run(project, model, settings={"batch_size": 5}, limit=5)
    together = replies(project)
    assert len(set(map(len, together))) > 1
    alone = Project(project.home / "alone")
    for name in ("form.yaml", "rows.jsonl"):
        alone.write(f"tasks/{name}", (project.home / "tasks" / name).read_text(encoding="utf-8"))
    run(alone, model, settings={"batch_size": 1}, limit=5)
    assert replies(alone) == together


def test_without_structure_the_same_model_writes_no_json(project, model):
    done = run(project, model, settings={"choose_by": "extract"}, limit=2)
    assert done.run.metrics["json_valid"].value == 0.0


def test_a_choice_is_one_of_the_options_texts(project, model):
    done = run(project, model, "choice", decoding={"temperature": 1.0, "max_tokens": 40})
    assert done.run.counts.answered == 10
    assert {text.strip() for text in replies(project)} <= {"배송", "배송 지연", "환불"}


def test_an_encoder_decoder_is_held_to_the_schema_too(project, tmp_path):
    done = run(project, tiny_t5(tmp_path / "t5"), limit=3)
    assert done.run.metrics["json_valid"].value == 1.0


def test_without_llguidance_it_is_said_before_any_model_is_looked_for(monkeypatch):
    real = plugins.is_installed
    monkeypatch.setattr(plugins, "is_installed", lambda name: name != "llguidance" and real(name))
    system = backends.load("huggingface").choose({"model": "nowhere", "choose_by": "structured"})
    system.require("generate", Decoding(), trust_remote_code=False)  # a free reply needs none
    for ask, schema in (("generate", True), ("choose", False)):
        with pytest.raises(Unavailable, match=r"needs llguidance: pip install '.*\[constrained\]'"):
            system.require(ask, Decoding(), trust_remote_code=False, schema=schema)


def test_a_system_that_holds_no_reply_to_a_form_is_refused_before_any_work():
    system = backends.load("bert_multilingual_finetuned").choose({"choose_by": "structured"})
    with pytest.raises(backends.CannotAsk, match="holds no reply to a form") as refused:
        system.require("choose", Decoding(), trust_remote_code=False)
    assert refused.value.message.endswith("adapters that do: huggingface, vllm, openai, gemini")


def test_a_schema_that_no_grammar_can_hold_is_named(project, model):
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=x)y"}}}
    project.write("tasks/form.yaml", TASK.replace("SCHEMA", json.dumps(schema)))
    done = run(project, model, limit=1)
    assert "llguidance holds no reply to this json_schema" in str(done.error)


def test_a_held_reply_is_another_run_than_a_free_one(project, model):
    held = run(project, model, limit=1)
    free = run(project, model, settings={"choose_by": "extract"}, limit=1)
    assert held.run.fingerprint != free.run.fingerprint
    assert held.run.backend.identity["constrained"] == "llguidance"
