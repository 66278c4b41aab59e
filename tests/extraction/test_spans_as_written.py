"""Spans come back as the model wrote them, and the many ways to say that there is no answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.extraction.predictions import reader
from harness.extraction.steps import answer_phrase, no_answer
from harness.schema import Response
from tests.support.small_tasks import question_task

REAL = Path(os.environ.get("HARNESS_DATA") or Path(__file__).parents[3] / "shared" / "data")
XQUAD = REAL / "xquad_en" / "xquad.en.json"
PASSAGE = (
    "They won 20–18. Islam spread. 8,200권 (필사본)이 남았다. 왕은 그날 죽었다. “Tom & Jerry” is old. "
    "답은 바람만이 아는 답이다. Washington, D.C. has none."
)


@pytest.mark.parametrize(
    "span",
    [
        "20–18",
        "Islam",
        "8,200권 (필사본)",
        "왕은 그날 죽었다",
        "Tom & Jerry",
        "“Tom & Jerry”",
        "Washington, D.C.",
        "none",
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        "{}",
        "Answer: {}",
        "The answer is {}.",
        "답: {}",
        "답:\n{}",
        "정답은 다음과 같습니다.\n{}",
        "**{}**",
        "정답: **{}**",
    ],
)
def test_words_of_the_passage_are_returned_untouched(span, said):
    assert answer_phrase()(said.format(span), (), PASSAGE) == span


def test_signs_written_for_a_browser_are_found_in_the_passage():
    assert answer_phrase()("Tom &amp; Jerry", (), PASSAGE) == "Tom & Jerry"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("20–18", "20–18"),
        ("Answer: Islam", "Islam"),
        ("8,200권 (필사본)", "8,200권 (필사본)"),
        ("AT&amp;T", "AT&T"),
    ],
)
def test_without_a_passage_nothing_is_folded_either(reply, said):
    assert answer_phrase()(reply, ()) == said


@pytest.mark.parametrize(
    "reply",
    [
        "언급되어 있지 않습니다.",
        "지문에 나와 있지 않습니다.",
        "해당 내용은 지문에 제시되어 있지 않습니다.",
        "본문에서 확인할 수 없습니다.",
        "주어진 글에는 관련 정보가 없습니다.",
        "지문에서 답을 찾을 수 없습니다.",
        "이 질문에는 답변할 수 없습니다.",
        "명시되지 않았습니다.",
        "답: 없음",
        "정답: 답 없음",
        "지문만으로는 알 수 없습니다.",
        "지문에 서술되어 있지 않다.",
        "The passage does not say.",
        "It is not mentioned in the passage.",
        "The answer cannot be determined from the text.",
        "unanswerable",
        "N/A",
    ],
)
def test_there_is_no_answer_in_many_words(reply):
    assert no_answer()(reply, ()) == ""


@pytest.mark.parametrize(
    "reply",
    [
        "우리에게 내일은 없다",
        "답 없는 날",
        "없음표",
        "언급되어 있지 않지만 서울입니다.",
        "Nobody",
        "Nonesuch",
        "not only Rome",
    ],
)
def test_an_answer_that_sounds_like_none_is_one(reply):
    assert no_answer()(reply, ()) == reply


def test_a_span_that_reads_like_a_denial_is_the_passage_s_own():
    assert no_answer()("내일은 없습니다", (), "노래 ‘내일은 없습니다’는 옛 노래다.") == "내일은 없습니다"


def test_the_passage_reaches_the_steps_of_a_task():
    task = question_task(extract=["no_answer", "answer_phrase"])
    assert reader(task)(Response(("1", 0), text="왕은 그날 죽었다"), (), PASSAGE) == "왕은 그날 죽었다"


@pytest.mark.data
@pytest.mark.skipif(not XQUAD.exists(), reason="XQuAD is not at hand")
def test_a_model_that_repeats_the_gold_loses_nothing_on_xquad():
    rows = [
        (answer["text"], paragraph["context"])
        for article in json.loads(XQUAD.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
        for answer in question["answers"]
    ]
    lost = [text for text, passage in rows if answer_phrase()(text, (), passage) != text.strip()]
    assert len(rows) > 1000
    assert lost == []
