"""Answers copied from what looks most alike."""

from __future__ import annotations

import pytest

from harness.adapters.classical.nearest import Nearest, SentenceTfidf, sentences
from harness.errors import BadInput, Unavailable
from harness.schema import Example, Profile
from tests.support.lessons import Task, passages, replies, translations


def fitted(kind, train, task):
    adapter = kind(Profile("mine", "mine", ask=task.ask))
    adapter.fit(train, task)
    return adapter


@pytest.fixture(scope="module")
def nearest():
    return fitted(Nearest, translations(), Task())


def test_what_was_learnt_is_nearest_to_itself(nearest):
    assert replies(nearest, Task(), translations()) == [example.target for example in translations()]


def test_another_input_gets_the_answer_of_the_one_most_alike(nearest):
    asked = Example("x", {"input": "나는 물을 정말 좋아해"})
    assert replies(nearest, Task(), [asked]) == ["I like water."]


def test_of_equals_the_first_answers():
    train = [Example("a", {"input": "같다"}, "first"), Example("b", {"input": "같다"}, "second")]
    assert replies(fitted(Nearest, train, Task()), Task(), [train[1]]) == ["first"]


def test_the_sentence_is_the_one_most_like_the_question():
    adapter = fitted(SentenceTfidf, passages(), Task("extract"))
    asked = Example("x", {"context": "첫 문장이다. 고향은 부산이다. 끝이다.", "question": "고향은 어디인가?"})
    assert replies(adapter, Task("extract"), [asked]) == ["고향은 부산이다."]


def test_sentences_keep_their_marks_and_lose_blanks():
    assert sentences(' 하나다.  둘인가? "셋!" 넷') == ["하나다.", "둘인가?", '"셋!"', "넷"]


@pytest.mark.parametrize(("kind", "task"), [(Nearest, Task()), (SentenceTfidf, Task("extract"))])
def test_what_was_saved_answers_the_same(kind, task, tmp_path):
    train = passages()
    adapter, again = fitted(kind, train, task), kind(Profile("mine", "mine"))
    adapter.save(tmp_path)
    again.load(tmp_path)
    assert replies(again, task, train) == replies(adapter, task, train)


@pytest.mark.parametrize("kind", [Nearest, SentenceTfidf])
def test_nothing_learnt_and_nothing_to_learn_are_said(kind):
    with pytest.raises(Unavailable, match="must be fitted"):
        list(kind(Profile("mine", "mine")).answer([]))
    with pytest.raises(BadInput, match="no examples"):
        fitted(kind, [], Task())
