"""The dummy adapter: instant answers, and faults that can be rehearsed."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from harness.adapters.base import Adapter
from harness.adapters.dummy import Dummy, scores, share_of
from harness.schema import Ask, Example, Option, Parts, Profile, Request, Response

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))


def dummy(**settings: Any) -> Dummy:
    return Dummy(Profile(name="dummy", adapter="dummy", settings=settings))


def asked(seed: int, **keys: Any) -> Request:
    return Request(Example(str(seed), {}), lambda: Parts("문장:"), seed=seed, **keys)


def test_it_is_an_adapter():
    assert isinstance(dummy(), Adapter)


def test_every_request_is_answered_once_under_its_key():
    requests = [asked(n) for n in range(5)]
    assert [r.key for r in dummy().answer(requests)] == [request.key for request in requests]


def test_none_from_the_source_is_passed_over():
    assert len(list(dummy().answer([None, asked(1), None, None, asked(2), None]))) == 2


def test_the_reply_is_the_one_that_was_set():
    (response,) = dummy(reply="서울").answer([asked(1)])
    assert response.text == "서울"


def test_the_reply_is_the_first_option_where_none_was_set():
    (response,) = dummy().answer([asked(1, options=OPTIONS)])
    assert response.text == "부정"


def test_the_reply_is_empty_where_there_are_no_options():
    (response,) = dummy().answer([asked(1)])
    assert response.text == ""


def test_a_choice_gets_one_score_an_option():
    (response,) = dummy().answer([asked(1, ask="choose", options=OPTIONS)])
    assert response.option_scores is not None
    assert len(response.option_scores) == 2
    assert all(score <= 0 for score in response.option_scores)


def told(ask: Ask, fields: Mapping[str, Any], seed: int = 1, **settings: Any) -> Response:
    request = Request(
        Example(str(seed), fields), lambda: Parts("문장:"), ask=ask, seed=seed, options=OPTIONS, bounds=(1, 5)
    )
    (response,) = dummy(**settings).answer([request])
    return response


def test_a_rating_is_within_its_bounds():
    values = [told("rate", {}, seed).value for seed in range(500)]
    assert 1 <= min(values) < 1.1
    assert 4.9 < max(values) <= 5


def test_a_cosine_is_from_minus_one_to_one():
    values = [told("embed", {}, seed).value for seed in range(500)]
    assert -1 <= min(values) < -0.95
    assert 0.95 < max(values) <= 1


def test_a_likelihood_is_eight_bits_a_byte():
    response = told("score", {"text": "가a"})
    assert (response.value, response.tokens) == (pytest.approx(-4 * math.log(256)), 4)


def test_two_responses_are_compared_by_scores():
    assert len(told("rank", {}).option_scores or ()) == 2


def test_nothing_is_tagged():
    assert told("tag", {"context": "서울"}).spans == ()


@pytest.mark.parametrize(("context", "said"), [("서울은 수도", "서울은"), ("", ""), (None, "")])
def test_the_first_word_of_the_context_is_extracted(context, said):
    assert told("extract", {"context": context}).text == said


@pytest.mark.parametrize("ask", ["extract", "tag", "rate", "generate"])
def test_a_reply_that_was_set_is_said_wherever_text_is_an_answer(ask):
    response = told(ask, {"context": "서울"}, reply="3")
    assert (response.text, response.value, response.spans) == ("3", None, None)


@pytest.mark.parametrize(("ask", "fields"), [("score", {"text": "가"}), ("embed", {})])
def test_no_text_can_be_what_is_measured(ask, fields):
    assert told(ask, fields, reply="3").value is not None
    unanswered = told(ask, fields, unanswered_rate=1)
    assert (unanswered.text, unanswered.value) == (None, None)


@pytest.mark.parametrize(("ask", "fields"), [("score", {"text": "가"}), ("embed", {"sentence1": "가"})])
def test_no_prompt_is_rendered_where_none_is_asked_about(ask, fields):
    request = Request(Example("1", fields), lambda: Parts("문장:"), ask=ask)
    list(dummy().answer([request]))
    assert request.sent() == {"fields": fields}


def test_a_choice_by_extraction_gets_a_text():
    adapter = Dummy(Profile(name="dummy", adapter="dummy", choose_by="extract"))
    (response,) = adapter.answer([asked(1, ask="choose", options=OPTIONS)])
    assert (response.text, response.option_scores) == ("부정", None)


def test_scores_are_the_same_on_every_try():
    assert scores(7, 4) == scores(7, 4) != scores(8, 4)


@pytest.mark.parametrize("start", [0, 2**62])
def test_scores_favour_no_option(start):
    best = Counter(max(range(4), key=scores(seed, 4).__getitem__) for seed in range(start, start + 4000))
    assert all(850 < best[option] < 1150 for option in range(4))


def test_the_prompt_is_rendered():
    request = asked(1)
    list(dummy().answer([request]))
    assert request.sent() == {"prompt": "문장:"}


def test_a_chat_profile_reads_messages():
    request = asked(1)
    list(Dummy(Profile(name="dummy", adapter="dummy", chat=True)).answer([request]))
    assert request.sent() == {"messages": [{"role": "user", "content": "문장:"}]}


def test_the_share_asked_for_fails():
    failed = sum(r.error is not None for r in dummy(failure_rate=0.1).answer(map(asked, range(4000))))
    assert 340 < failed < 460


def test_a_failed_request_has_an_error_and_nothing_else():
    (response,) = dummy(failure_rate=1).answer([asked(1, ask="choose", options=OPTIONS)])
    assert response.error is not None
    assert response.error.kind == "rehearsed"
    assert (response.text, response.option_scores, response.finish) == (None, None, None)


def test_the_same_requests_fail_in_another_order():
    def failing(seeds):
        return {r.key for r in dummy(failure_rate=0.3).answer(map(asked, seeds)) if r.error}

    assert failing(range(200)) == failing(reversed(range(200)))


def test_an_unanswered_choice_has_a_text_without_an_option():
    (response,) = dummy(unanswered_rate=1).answer([asked(1, ask="choose", options=OPTIONS)])
    assert (response.text, response.option_scores) == ("?", None)


def test_the_unanswered_share_is_of_those_that_did_not_fail():
    responses = list(dummy(failure_rate=0.5, unanswered_rate=0.5).answer(map(asked, range(4000))))
    assert 920 < sum(r.text == "?" for r in responses) < 1080


def test_latency_is_waited_for_and_measured():
    (response,) = dummy(latency_ms=20).answer([asked(1)])
    assert response.timing is not None
    assert response.timing.e2e >= 0.02


def test_drawing_scores_costs_little():
    began = time.process_time()
    for seed in range(20_000):
        scores(seed, 2)
    assert (time.process_time() - began) / 20_000 < 10e-6  # 1 µs where it was written


def test_shares_are_spread_evenly():
    low = sum(share_of(seed) < 0.25 for seed in range(4000))
    assert 900 < low < 1100
