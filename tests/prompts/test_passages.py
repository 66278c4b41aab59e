"""The stretch of a long text that a prompt shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.prompts.context_window import most_alike

LONG = "가나다라마바사아자차" * 20 + "등대의 높이는 14미터이다." + "카타파하거너더러머버" * 20


def test_the_stretch_holds_what_the_question_asks_for():
    assert "14미터" in most_alike(LONG, "등대의 높이는 얼마인가?", 60)


def test_a_short_text_comes_back_whole():
    assert most_alike("짧다", "무엇?", 10) == "짧다"


def test_where_nothing_is_shared_it_is_the_beginning():
    assert most_alike("처음" + "가" * 100, "질문", 10) == "처음" + "가" * 8


@given(st.text(max_size=200), st.text(max_size=20), st.integers(1, 50))
def test_it_is_a_stretch_of_the_text_and_no_longer_than_allowed(text, query, chars):
    found = most_alike(text, query, chars)
    assert found in text
    assert len(found) == min(len(text), chars)


@pytest.mark.parametrize("place", [0, 37, 180, 413])
def test_it_is_found_wherever_it_stands(place):
    text = "." * place + "비밀번호는 나팔꽃" + "." * (420 - place)
    assert "나팔꽃" in most_alike(text, "비밀번호는?", 40)
