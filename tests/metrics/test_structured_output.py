"""Cells matched as a set, JSON by schema, keys and values: numbers worked out by hand."""

from __future__ import annotations

import json

import pytest

from harness.errors import BadInput
from harness.metrics import structured_output as metrics

pytest.importorskip("jsonschema")
DUE = [["도시", "기온", "비"], ["강릉", "21", "5"], ["전주", "24", "0"]]
SCHEMA = {
    "type": "object",
    "required": ["이름"],
    "additionalProperties": False,
    "properties": {"이름": {"type": "string"}, "수": {"type": "integer"}, "목록": {"type": "array"}},
}
VALUE = {"이름": "윤서", "수": 3, "목록": ["가", "나"]}


def figure(factory, said, due):
    given = None if said is None else json.dumps(said, ensure_ascii=False)
    return factory(()).statistics(given, json.dumps(due, ensure_ascii=False))[0]


@pytest.mark.parametrize(
    ("said", "f1", "exact"),
    [
        (DUE, 1.0, 1.0),
        (
            [["도시", "비", "기온"], ["전주", "0", "24"], ["강릉", "5", "21.0"]],
            1.0,
            1.0,
        ),  # any order; numbers
        ([*DUE[:2]], 2 * 3 / (3 + 6), 0.0),  # a row is missing
        ([DUE[0], ["강릉", "21", "5"], ["전주", "23", "0"]], 2 * 5 / 12, 0.0),  # a cell is wrong
        ([["도시", "기온"], ["강릉", "21"], ["전주", "24"]], 2 * 4 / 10, 0.0),  # a column is missing
        ([*DUE, ["전주", "24", "0"]], 2 * 6 / 15, 0.0),  # a row twice
        (None, 0.0, 0.0),
    ],
)
def test_cells_are_matched_as_a_set(said, f1, exact):
    assert figure(metrics.table_f1, said, DUE) == pytest.approx(f1)
    assert figure(metrics.table_exact, said, DUE) == exact


@pytest.mark.parametrize(
    ("said", "valid", "keys", "values", "exact"),
    [
        (VALUE, 1, 1.0, 1.0, 1),
        ({**VALUE, "수": "3"}, 0, 1.0, 1.0, 1),  # the schema wants a number; compared, it is one
        ({**VALUE, "수": 4}, 1, 1.0, 2 * 3 / 8, 0),
        ({"이름": "윤서"}, 1, 2 * 1 / (1 + 5), 2 * 1 / (1 + 4), 0),
        ({**VALUE, "더": 1}, 0, 2 * 5 / 11, 2 * 4 / 9, 0),
        ({**VALUE, "목록": ["나", "가"]}, 1, 1.0, 2 * 2 / 8, 0),
        ({}, 0, 0.0, 0.0, 0),
        ([], 0, 0.0, 0.0, 0),
        (None, 0, 0.0, 0.0, 0),
    ],
)
def test_json_is_valid_and_has_its_keys_and_values(said, valid, keys, values, exact):
    due = {"value": VALUE, "schema": SCHEMA}
    assert figure(metrics.json_valid, said, due) == valid
    assert figure(metrics.json_keys, said, due) == pytest.approx(keys)
    assert figure(metrics.json_values, said, due) == pytest.approx(values)
    assert figure(metrics.json_exact, said, due) == exact


def test_a_target_that_is_none_is_the_users_error():
    for factory, wrong in ((metrics.table_f1, 3), (metrics.json_exact, [1])):
        with pytest.raises(BadInput, match="should be"):
            figure(factory, [], wrong)
    with pytest.raises(BadInput, match="schema is none"):
        figure(metrics.json_valid, {}, {"value": {}, "schema": {"type": "nothing"}})


def test_a_chat_model_on_a_server_is_read_whatever_it_writes_around_its_json(shell):
    """By the front door, structured output asked for where the profile says so."""
    from tests.support.model_server import ModelServer
    from tests.support.paths import ROOT

    rows = [
        json.loads(line)
        for line in (ROOT / "tasks/structured/sample/json_extraction.jsonl").read_text("utf-8").splitlines()
    ]
    right = {row["text"]: json.dumps(row["value"], ensure_ascii=False) for row in rows}

    def answer(asked):
        from tests.adapters.remote.test_openai import say

        said = next(value for text, value in right.items() if text in asked.body["messages"][-1]["content"])
        return say(f"네, 정리했습니다.\n```json\n{said}\n```\n도움이 되었기를 바랍니다.")

    with ModelServer(script=answer) as server:
        shell.write(
            "backends/ours.yaml",
            "adapter: openai\nmodel: m\nchat: true\nchoose_by: structured\n"
            f"settings: {{base_url: '{server.url}'}}\n",
        )
        said = shell("run", "-t", "json_extraction", "-b", "ours", "--sample", "--json", "--no-latency")
        (run,) = said.json["runs"]
        sent = server.seen[0].body["response_format"]["json_schema"]["schema"]
    assert {name: run["metrics"][name]["value"] for name in ("json_exact", "json_valid", "json_values")} == {
        "json_exact": 1.0,
        "json_valid": 1.0,
        "json_values": 1.0,
    }
    assert sent["required"] == ["이름", "주문번호", "제품", "분류", "긴급"]
