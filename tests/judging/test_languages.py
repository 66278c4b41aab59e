"""The language that a reply has to be in, and whether it is."""

from __future__ import annotations

import pytest

from harness.judging.languages import is_off, wanted
from harness.metrics.judged import judged_score
from harness.tasks.task import load

LOGICKOR = load("logickor").file.reply_language
KOMT = load("komt_bench").file.reply_language


@pytest.mark.parametrize(
    ("rules", "turn", "conversation", "language"),
    [
        (LOGICKOR, "1/1", "1", "ko"),
        (LOGICKOR, "1/2", "1", "any"),  # it asks for sentences in English
        (LOGICKOR, "2/2", "2", "ko"),
        (KOMT, "138/1", "138", "any"),
        (KOMT, "140/2", "140", "any"),
        (KOMT, "139/1", "139", "ko"),
        ({}, "1/1", "1", ""),
    ],
)
def test_a_task_says_in_which_language_each_turn_is_answered(rules, turn, conversation, language):
    assert wanted(rules, turn, conversation) == language


@pytest.mark.parametrize(
    ("reply", "language", "off"),
    [
        ("한국어로 쓴 답입니다.", "ko", False),
        ("An answer in English.", "ko", True),
        ("答えは日本語です。", "ko", True),
        ("파이썬의 print 함수를 씁니다.", "ko", False),
        ("다음과 같습니다.\n```python\nprint('hello world, and much more English')\n```", "ko", False),
        ("42", "ko", False),
        ("한국어로 쓴 답입니다.", "en", True),
        ("An answer in English.", "any", False),
        ("An answer in English.", "", False),
    ],
)
def test_a_reply_is_off_where_less_than_half_of_its_letters_are_the_languages(reply, language, off):
    assert is_off(reply, language) is off


def test_komt_benchs_rule_is_the_square_root():
    metric = judged_score([], off_language="root")
    assert metric.statistics("9", "yes") == (3.0, 1.0)
    assert metric.statistics("9", "no") == (9.0, 1.0)
    assert metric.statistics(None, "yes") == (0.0, 0.0)
    assert judged_score([]).statistics("9", "yes") == (9.0, 1.0)
