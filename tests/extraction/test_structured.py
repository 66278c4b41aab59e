"""JSON with prose around it, and tables as people's chats write them."""

from __future__ import annotations

import json

import pytest

from harness.extraction.structured import json_value, table

TABLE = [["과일", "색"], ["토피콩", "보라색"], ["모리구", "파란색"]]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('물론입니다! 결과는 {"이름": "윤서", "값": [1, 2]} 입니다.', {"이름": "윤서", "값": [1, 2]}),
        ('```json\n{"a": 1}\n```\n고치면\n```json\n{"a": 2}\n```', {"a": 2}),
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('```python\n{"a": 1}\n```\nso {"a": 3}', {"a": 3}),
        ('[x] {broken} {"a": {"b": [1]}} [1]', {"a": {"b": [1]}}),
        ('{"a": "}{", "b": 1} 그리고 {}', {"a": "}{", "b": 1}),
    ],
)
def test_the_json_of_a_reply_is_found_whatever_stands_around_it(reply: str, expected):
    assert json_value(reply) == expected


@pytest.mark.parametrize("reply", ["", "없습니다", "{a: 1}", "[", "{" * 5000])
def test_no_json_is_no_json(reply: str):
    with pytest.raises(ValueError, match="no JSON"):
        json_value(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "| 과일 | 색 |\n|---|---|\n| 토피콩 | 보라색 |\n| 모리구 | 파란색 |",
        "표입니다.\n\n과일 | 색\n:--- | ---:\n토피콩 | 보라색\n모리구 | 파란색\n\n끝.",
        (
            "| x | y |\n|---|---|\n| 1 | 2 |\n\n다시:\n| 과일 | 색 |\n| --- | --- |\n"
            "| **토피콩** | 보라색 |\n| 모리구 | 파란색 |"
        ),
        "```csv\n과일,색\n토피콩,보라색\n모리구,파란색\n```",
        '[{"과일": "토피콩", "색": "보라색"}, {"과일": "모리구", "색": "파란색"}]',
        '```json\n{"표": [{"과일": "토피콩", "색": "보라색"}, {"과일": "모리구", "색": "파란색"}]}\n```',
    ],
)
def test_a_table_is_read_in_any_of_its_forms(reply: str):
    assert table(reply) == TABLE


def test_a_short_row_is_filled_up_and_a_bar_in_a_cell_stays():
    assert table("| a | b |\n|---|---|\n| x\\|y |") == [["a", "b"], ["x|y", ""]]


@pytest.mark.parametrize("reply", ["", "표가 없습니다", "a | b", "---", json.dumps([1, 2]), "[]"])
def test_no_table_is_no_table(reply: str):
    assert table(reply) is None
