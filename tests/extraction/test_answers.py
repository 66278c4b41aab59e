from __future__ import annotations

import math
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.extraction import predictions as answers
from harness.extraction.predictions import best, reader
from harness.records.sample_schema import Record, RecordedResponse
from harness.schema import Option, Response
from harness.scoring.summary import Tally
from tests.support.small_tasks import question_task, small_task

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))
KEY = ("1", 0)


def read(text: str | None = None, *, task: Any = None, **response: Any) -> str | None:
    chosen = small_task() if task is None else task
    return reader(chosen)(Response(KEY, text=text, **response), chosen.options)


@pytest.mark.parametrize(
    ("scores", "label"),
    [
        ((-1.0, -2.0), "0"),
        ((-2.0, -1.0), "1"),
        ((-1.0, -1.0), "0"),
        ((-math.inf, -9.0), "1"),
        ((0.0, -0.0), "0"),
        ((math.nan, -1.0), None),
        ((-1.0, math.nan), None),
        ((-math.inf, -math.inf), None),
    ],
)
def test_the_best_score_decides_and_the_first_of_equals(scores, label):
    assert best(scores, OPTIONS) == label


@given(st.lists(st.floats(min_value=-100, max_value=0), min_size=1, max_size=6))
def test_the_chosen_option_has_the_highest_score_and_none_before_it_has(scores):
    options = [Option(str(index), str(index)) for index in range(len(scores))]
    assert best(scores, options) == str(scores.index(max(scores)))


@pytest.mark.parametrize("scores", [(), (-1.0,), (-1.0, -2.0, -3.0)])
def test_an_adapter_that_scores_other_options_than_asked_is_caught(scores):
    with pytest.raises(ValueError, match=f"{len(scores)} scores for 2 options"):
        best(scores, OPTIONS)


def test_no_options_and_no_scores_are_no_answer():
    assert best((), ()) is None


def test_scores_count_more_than_text():
    assert read("부정", option_scores=(-2.0, -1.0)) == "1"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("긍정", "1"),
        (" 긍정입니다.\n", "1"),
        (unicodedata.normalize("NFD", "부정"), "0"),
        ("긍정도 부정도 아니다", None),
        ("부정은 아니고 긍정", "1"),
        ("모르겠습니다", None),
        ("", None),
        (None, None),
    ],
)
def test_a_task_with_options_looks_for_the_one_that_is_stated(text, label):
    assert read(text) == label


@pytest.mark.parametrize(
    ("text", "said"), [(" 서울\n", "서울"), ("서울.", "서울."), ("  ", None), (None, None)]
)
def test_a_task_without_options_takes_the_reply_as_it_is(text, said):
    assert read(text, task=question_task()) == said


@pytest.mark.parametrize("finish", ["refused", "filtered", "too_long"])
@pytest.mark.parametrize("response", [{"text": "긍정"}, {"option_scores": (-1.0, -2.0)}, {}])
def test_a_refusal_is_unanswered_whatever_came_with_it(finish, response):
    assert read(finish=finish, **response) is None


@pytest.mark.parametrize("finish", ["stop", "length", None])
def test_any_other_end_of_a_reply_is_read(finish):
    assert read("긍정", finish=finish) == "1"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("refused", "refused"), ("filtered", "filtered"), ("too_long", "too_long"), (None, "no answer found")],
)
def test_the_reason_why_nothing_was_answered_is_counted(finish, reason):
    response = RecordedResponse(finish=finish, error=None)
    tally = Tally(metrics=[])
    tally.add(Record(id="1", repeat=0, response=response, prediction=None, target="1", scores={}))
    assert tally.counts["unanswered"] == 1
    assert tally.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("<think>긍정?</think>\n부정\n이유: …", "0"),
        ("<think>긍정?", None),
        ("<think>긍정</think>\n부정적\n", None),
        ("<think>긍정</think>", None),
    ],
)
def test_steps_are_taken_in_order_and_end_at_the_first_without_an_answer(text, label):
    assert read(text, task=small_task(extract=["after_think", "first_line"])) == label


def test_a_step_after_none_is_not_taken(monkeypatch):
    taken: list[str] = []

    def watched():
        return lambda text, _options: taken.append(text) or text

    monkeypatch.setattr("harness.extraction.steps.strip", watched)
    task = question_task(extract=["number", "strip"])
    assert read("없음", task=task) is None
    assert not taken
    assert read("답은 7", task=task) == "7"
    assert taken == ["7"]


def test_settings_of_a_step_are_worked_in():
    task = small_task(extract=[{"regex": {"pattern": r"감정=(\S+)", "group": 1}}])
    assert read("감정=긍정 끝", task=task) == "1"
    assert read("감정=긍정적 끝", task=task) is None


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("regex", "regex: missing a required argument: 'pattern'"),
        ({"regex": {"pattern": "("}}, r"regex: '\(' is not a regular expression"),
        ("json_field", "json_field: missing a required argument: 'field'"),
    ],
)
def test_a_step_with_settings_that_do_not_fit_it_is_found_before_anything_runs(step, reason):
    with pytest.raises(BadInput, match=reason):
        small_task(extract=[step])


def test_options_of_the_example_count_not_those_of_the_task():
    own = (Option("0", "부산"), Option("1", "서울"))
    said = reader(small_task())(Response(KEY, text="서울입니다"), own)
    assert said == "1"


def test_extracted_text_that_is_no_option_is_never_replaced_by_one():
    task = small_task(extract=["first_line"])
    for text in ("긍정적", "아마 긍정", "1", "positive", "긍정 부정"):
        assert read(text, task=task) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>\n부산?\n</think>\n서울", "서울"),
        ("부산?</think>서울", "서울"),
        ("<think>부산", None),
        ("<think>", None),
    ],
)
def test_a_thought_is_never_an_answer_whatever_the_steps_are(text, said):
    assert read(text, task=question_task(extract=["first_line"])) == said


def test_saying_that_there_is_no_answer_ends_the_steps_and_is_an_answer():
    task = question_task(extract=["no_answer", "answer_phrase"])
    assert read("지문에 답이 없습니다.", task=task) == ""
    assert read("정답은 서울입니다.", task=task) == "서울"
    assert read("", task=task) is None


def test_the_ends_that_are_nobodys_answer_are_these():
    assert {"filtered", "refused", "too_long"} == answers.REFUSED


def rating(**changes: Any) -> Any:
    fields = {"sentence1": "a", "sentence2": "b", "target": "score"}
    return small_task(fields=fields, options=None, ask="rate", metrics=["pearson"], **changes)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4.0),
        ("3.5점입니다.", 3.5),
        ("유사도: 2.75", 2.75),
        ("4점 (5점 만점)", 4.0),
        ("5점 만점에 4점", 4.0),
        ("<think>3? 아니면 2?</think>\n4", 4.0),
        ("11", None),
        ("-1", None),
        ("모름", None),
    ],
)
def test_a_rating_is_read_without_its_scale_and_is_none_outside_its_range(text, number):
    task = rating(range=[0, 5], templates={"t": {"query": "{{ sentence1 }} {{ sentence2 }}"}})
    assert read(text, task=task) == number


@pytest.mark.parametrize(
    ("value", "prediction"), [(0.25, 0.25), (7.0, 7.0), (math.nan, None), (math.inf, None)]
)
def test_what_an_adapter_measured_is_the_prediction(value, prediction):
    task = rating(templates={"t": {"query": "x"}})
    assert read(task=task, value=value) == prediction


def test_spans_that_an_adapter_found_are_the_prediction():
    assert read(spans=[[0, 2, "PS"]]) == ((0, 2, "PS"),)


def test_a_tagged_reply_is_read_against_its_text():
    task = small_task(
        fields={"context": "text", "target": "spans"},
        ask="tag",
        metrics=["entity_f1"],
        options={"PS": "사람"},
        templates={"t": {"query": "{{ context }}"}},
    )
    response = Response(KEY, text="사람: 서준")
    assert reader(task)(response, task.options, "그는 서준이다") == ((3, 5, "PS"),)


def test_a_choice_may_be_said_by_its_meaning():
    options = (Option("0", "A", "서울"), Option("1", "B", "부산"))
    assert reader(small_task())(Response(KEY, text="부산"), options) == "1"
