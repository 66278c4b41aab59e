"""FunctionChat-Bench's rule for calls: case by case, and on the authors' 500 single calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.metrics.tool_calls import call_decision, call_exact
from tests.support.paths import DATA
from tests.support.running import records_of

SINGLE = DATA / "functionchat/FunctionChat-Singlecall.jsonl"


def due(arguments: dict[str, Any], acceptable: Any = None) -> str:
    call = {"name": "f", "arguments": json.dumps(arguments, ensure_ascii=False)}
    return json.dumps({"call": call, "acceptable": acceptable})


def made(*arguments: Any, name: str = "f") -> str:
    return json.dumps([{"name": name, "arguments": one} for one in arguments])


@pytest.mark.parametrize(
    ("said", "target", "right"),
    [
        (made({"a": "서울역 앞"}), due({"a": "서울역앞"}), True),  # blanks and case are ignored
        (made({"a": "msft"}), due({"a": "MSFT"}), True),
        (made({"a": 3}), due({"a": 3}), True),
        (made({"a": "3"}), due({"a": 3}), False),
        (made({"a": True}), due({"a": 1}), False),
        (made({"a": ["x Y"]}), due({"a": ["XY"]}), True),
        (made({"a": "x", "b": 1}), due({"a": "x"}), False),  # a key that the truth has not
        (made({}), due({"a": "x"}), False),
        (made({"a": "x"}, name="g"), due({"a": "x"}), False),
        (made({"a": "y"}), due({"a": "x"}, '{"a": ["y", "z"]}'), True),
        (made({"a": "z"}), due({"a": "x"}, {"a": "z"}), True),
        (made({"a": "z"}), due({"a": "x"}, "Only this."), False),  # a remark accepts nothing
        (made({"a": "x"}, {"a": "q"}), due({"a": "x"}), True),  # only the first call is read
        (made({"a": "q"}, {"a": "x"}), due({"a": "x"}), False),
        (made('{"a": '), due({"a": "x"}), False),
        ("[]", due({"a": "x"}), False),
        (None, due({"a": "x"}), False),
    ],
)
def test_a_call_is_right_by_the_authors_rule(said, target, right):
    assert call_exact(()).statistics(said, target) == (float(right), 1.0)


def test_where_no_call_is_due_the_decision_alone_is_judged():
    words = json.dumps({"call": None})
    assert call_exact(()).statistics("[]", words) == (0.0, 0.0)
    decided = call_decision(()).statistics
    assert decided("[]", words) == (1.0,)
    assert decided(made({}), words) == (0.0,)
    assert decided(made({}), due({})) == (1.0,)
    assert decided(None, words) == (0.0,)  # an empty reply decides nothing


def changed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments of which the first is another; a call without any gets one."""
    name = next(iter(arguments), "surplus")
    return {**arguments, name: "아무것도 아닌 값"}


@pytest.mark.skipif(not SINGLE.exists(), reason="needs the authors' file")
@pytest.mark.parametrize(("kind", "expected"), [("truth", 1.0), ("changed", 0.0), ("none", 0.0)])
def test_the_500_single_calls_with_the_truth_one_argument_changed_and_no_call(shell, kind, expected):
    lines = []
    for row in map(json.loads, SINGLE.read_text(encoding="utf-8").splitlines()):
        for query, truth in zip(row["query"], row["ground_truth"], strict=True):
            call = json.loads(truth["content"])
            arguments = json.loads(call["arguments"])
            given = {"truth": [arguments], "changed": [changed(arguments)], "none": []}[kind]
            calls = [{"name": call["name"], "arguments": one} for one in given]
            ids = [f"{query['serial_num']}-{tools['type']}" for tools in row["tools"]]
            lines += [json.dumps({"id": one, "made": calls}) for one in ids]
    shell.write("made.jsonl", "\n".join(lines))
    done = shell(
        *(
            "run",
            "-t",
            "functionchat_singlecall",
            "-b",
            "recorded",
            "-m",
            "file=made.jsonl",
            "-m",
            "calls=made",
        ),
        *("-q", "--data-dir", DATA),
    )
    assert done.code == 0, done.err
    (run,) = (shell.home / "runs" / "functionchat_singlecall").glob("*/*")
    said = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert len(records_of(run)) == said["metrics"]["call_exact"]["n"] == 500
    assert said["metrics"]["call_exact"]["value"] == expected
    assert len(said["breakdown"]["tool_set"]) == 5
