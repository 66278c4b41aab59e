"""Calls of functions: found in a reply, and right by BFCL's rule."""

from __future__ import annotations

import json

import pytest

from harness.extraction.tool_calls import calls
from harness.metrics.function_calling import Call, bfcl_accuracy, right
from tests.support.paths import DATA, ROOT

AREA = {
    "name": "geo.area",
    "parameters": {
        "type": "dict",
        "properties": {
            "base": {"type": "float"},
            "unit": {"type": "string"},
            "sides": {"type": "array", "items": {"type": "integer"}},
            "deep": {"type": "dict"},
        },
        "required": ["base"],
    },
}
TIP = {
    "name": "tip",
    "parameters": {"type": "dict", "properties": {"bill": {"type": "integer"}}, "required": ["bill"]},
}
ALLOWED = {
    "geo.area": {
        "base": [10.0],
        "unit": ["Square cm", ""],
        "sides": ["", [1, 2]],
        "deep": ["", {"a": ["x", ""]}],
    }
}
BASE = {"base": 10.0}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (BASE, True),
        ({"base": 10}, True),  # a whole number is a float
        ({"base": "10"}, False),
        ({"base": True}, False),
        ({**BASE, "unit": "square-cm."}, True),  # blanks, case and some signs are ignored
        ({**BASE, "unit": "square m"}, False),
        ({**BASE, "sides": [1, 2]}, True),
        ({**BASE, "sides": [2, 1]}, False),
        ({**BASE, "sides": ["1", "2"]}, False),
        ({**BASE, "deep": {"a": "X"}}, True),
        ({**BASE, "deep": {}}, True),
        ({**BASE, "deep": {"b": 1}}, False),
        ({**BASE, "other": 1}, False),
        ({}, False),
    ],
)
def test_each_argument_is_of_its_type_and_one_of_the_values(arguments, expected):
    assert right([AREA], [Call("geo.area", arguments)], [ALLOWED], "simple") is expected


def test_the_function_is_named_and_the_number_of_calls_is_right():
    good = Call("geo.area", BASE)
    assert not right([AREA], [Call("geo_area", BASE)], [ALLOWED], "simple")
    assert not right([AREA], [], [ALLOWED], "simple")
    assert not right([AREA], [good, good], [ALLOWED], "simple")
    assert right([TIP, AREA], [good], [ALLOWED], "multiple")


def test_several_calls_may_come_in_any_order_and_no_call_is_right_where_nothing_fits():
    both = [Call("tip", {"bill": 3}), Call("geo.area", BASE)]
    assert right([AREA, TIP], both, [ALLOWED, {"tip": {"bill": [3]}}], "parallel_multiple")
    assert not right([AREA, TIP], both[:1] * 2, [ALLOWED, {"tip": {"bill": [3]}}], "parallel_multiple")
    assert right([AREA], [], [], "irrelevance")
    assert not right([AREA], both, [], "irrelevance")
    assert right([AREA], both, [], "live_relevance")


MADE = [{"name": "tip", "arguments": {"bill": 3}}]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('[{"name": "tip", "arguments": {"bill": 3}}]', MADE),
        ('네, 부르겠습니다.\n```json\n{"name": "tip", "parameters": {"bill": 3}}\n```', MADE),
        ('<tool_call>\n{"name": "tip", "arguments": {"bill": 3}}\n</tool_call>', MADE),
        ('[TOOL_CALLS][{"name": "tip", "arguments": {"bill": 3}}]', MADE),
        ('{"tool_calls": [{"function": {"name": "tip", "arguments": "{\\"bill\\": 3}"}}]}', MADE),
        ("[tip(bill=3)]", MADE),
        (
            "[tip(bill=3), geo.area(base=1.5, sides=(1, 2))]",
            [*MADE, {"name": "geo.area", "arguments": {"base": 1.5, "sides": [1, 2]}}],
        ),
        (
            '<tool_call>{"name": "tip", "arguments": {"bill": 3}}</tool_call>\n'
            '<tool_call>{"name": "a"}</tool_call>',
            [*MADE, {"name": "a", "arguments": {}}],
        ),
        ("[]", []),
        ("맞는 함수가 없습니다.", []),
        ("[tip(__import__('os').system('x'))]", []),
        ("[tip(bill=open('x'))]", []),
        ('{"answer": 3}', []),
    ],
)
def test_calls_are_found_in_any_of_their_forms_and_nothing_is_run(reply, expected):
    assert json.loads(calls(reply)) == expected


def test_an_empty_reply_is_no_decision_against_a_call():
    assert calls("  \n") is None
    due = json.dumps({"functions": [AREA], "category": "irrelevance", "answers": []})
    assert bfcl_accuracy(()).statistics(None, due) == (0.0,)


@pytest.mark.parametrize(
    "category",
    ["simple", "multiple", "parallel", "parallel_multiple", "irrelevance", "live_simple", "live_relevance"],
)
def test_the_right_calls_of_each_sample_are_right_and_no_calls_are_not(category):
    text = (ROOT / f"tasks/bfcl/sample/{category}.jsonl").read_text("utf-8")
    for row in map(json.loads, text.splitlines()):
        answers = row.get("ground_truth", [])
        made = [
            Call(name, {key: value[0] for key, value in allowed.items() if value[0] != ""})
            for one in answers
            for name, allowed in one.items()
        ]
        made = made or ([Call("any", {})] if category == "live_relevance" else [])
        assert right(row["function"], made, answers, category), row
        assert right(row["function"], [], answers, category) is (category == "irrelevance")


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not beside the checkout")
def test_answers_kept_in_a_file_of_their_own_are_joined_to_the_questions(shell):
    answers = (DATA / "bfcl/possible_answer/BFCL_v4_multiple.json").read_text("utf-8")
    rows = [json.loads(line) for line in answers.splitlines()]
    replies = []
    for row in rows[:20]:
        ((name, allowed),) = row["ground_truth"][0].items()
        first = {key: value[0] for key, value in allowed.items() if value[0] != ""}
        replies.append({"id": row["id"], "reply": json.dumps([{"name": name, "arguments": first}])})
    shell.write("replies.jsonl", "".join(json.dumps(one) + "\n" for one in replies))
    asked = (
        "run",
        "-t",
        "bfcl_multiple",
        "-b",
        "recorded",
        "-m",
        "file=replies.jsonl",
        "--data-dir",
        str(DATA),
    )
    (run,) = shell(*asked, "--limit", "20", "--json").json["runs"]
    assert run["metrics"]["bfcl_accuracy"]["value"] >= 0.9  # objects within objects are not made here
