"""The n-gram language model as a system under test."""

from __future__ import annotations

import math

import pytest

from harness.adapters.classical.ngram_lm import NgramLm
from harness.errors import Unavailable
from harness.schema import Decoding, Example, Profile
from tests.support.lessons import Task, options, replies

TASK = Task("choose", options("부정", "긍정"))
REVIEWS = [Example(f"r{n}", {"document": text}, str(n % 2)) for n, text in enumerate(["별로", "최고"] * 10)]


def fitted(ask="choose", train=REVIEWS, **settings):
    adapter = NgramLm(Profile("ngram_lm", "ngram_lm", settings={"order": 8, **settings}, ask=ask))
    adapter.fit(train, TASK if ask == "choose" else Task(ask, TASK.options))
    return adapter


def test_it_learns_what_stands_within_its_n_grams():
    found = {r.key[0]: r.option_scores for r in fitted().answer(map(TASK.request, REVIEWS))}
    assert [str(int(found[e.id][1] > found[e.id][0])) for e in REVIEWS] == [e.target for e in REVIEWS]


def test_it_writes_what_it_learnt():
    task = Task("generate", TASK.options, Decoding(max_tokens=8))
    assert replies(fitted("generate"), task, REVIEWS[:2]) == [" 부정", " 긍정"]


def test_a_text_is_scored_in_nats_over_its_characters():
    texts = [Example(f"t{n}", {"text": "가나다라"}) for n in range(5)]
    (response,) = fitted("score", texts).answer([Task("score").request(texts[0])])
    assert response.tokens == 4
    assert math.exp(response.value) <= 1


def test_what_was_saved_says_the_same(tmp_path):
    adapter, again = fitted(), NgramLm(Profile("ngram_lm", "ngram_lm"))
    adapter.save(tmp_path)
    again.load(tmp_path)
    one, other = ([r.option_scores for r in a.answer(map(TASK.request, REVIEWS))] for a in (adapter, again))
    assert one == other


def test_nothing_fitted_is_said():
    with pytest.raises(Unavailable, match="must be fitted"):
        list(NgramLm(Profile("ngram_lm", "ngram_lm")).answer([]))
