"""The baselines: train frequencies by hand, and guesses that only the request's seed decides."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.base import Adapter, Capability
from harness.adapters.baseline import Majority, Random
from harness.errors import BadInput, Unavailable
from harness.metrics import likelihood
from harness.schema import (
    ASKS,
    Ask,
    Decoding,
    Example,
    Option,
    Parts,
    Profile,
    Request,
    Response,
    WithTools,
)

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))


class Task:
    name = "reviews"

    def __init__(self, *labels: str) -> None:
        self.labels = labels

    def text(self, example: Example) -> str:
        raise AssertionError("a baseline reads no text")

    def request(self, example: Example) -> Request:
        raise AssertionError("a baseline makes no request")


def rows(*targets: str | None) -> list[Example]:
    return [Example(str(i), {"document": "영화"}, target) for i, target in enumerate(targets)]


def asked(seed: int = 0, options: tuple[Option, ...] = OPTIONS) -> Request:
    return Request(Example(str(seed), {"document": "영화"}), Parts, ask="choose", options=options, seed=seed)


def majority(*targets: str, labels: tuple[str, ...] = ("0", "1")) -> Majority:
    adapter = Majority(Profile("majority", "majority"))
    adapter.fit(rows(*targets), Task(*labels))
    return adapter


def guess(*requests: Request | None) -> dict[tuple[str, int], list[float]]:
    responses = Random(Profile("random", "random")).answer(requests)
    return {response.key: list(response.option_scores or ()) for response in responses}


def test_they_have_the_shape_of_adapters():
    assert isinstance(majority("0"), Adapter)
    assert majority("0").can(Capability.LEARN)
    assert isinstance(Random(Profile("random", "random")), Adapter)
    assert not Random(Profile("random", "random")).can(Capability.LEARN)


# majority


def test_scores_are_the_smoothed_frequencies_of_train():
    (response,) = majority("1", "1", "0").answer([asked()])
    assert response.option_scores == pytest.approx([math.log(2 / 5), math.log(3 / 5)])


def test_scores_follow_the_order_of_the_options():
    (response,) = majority("1", "1", "0").answer([asked(options=OPTIONS[::-1])])
    assert response.option_scores == pytest.approx([math.log(3 / 5), math.log(2 / 5)])


def test_equal_counts_have_equal_scores():
    (response,) = majority("1", "0").answer([asked()])
    first, second = response.option_scores
    assert first == second


def test_a_label_that_train_lacks_keeps_a_chance():
    (response,) = majority("1", "1", labels=("0", "1")).answer([asked()])
    assert response.option_scores == pytest.approx([math.log(1 / 4), math.log(3 / 4)])


def test_options_of_an_examples_own_are_judged_by_their_labels():
    (response,) = majority("B", "B", "A", labels=()).answer(
        [asked(options=(Option("A", "서울"), Option("B", "부산")))]
    )
    assert response.option_scores == pytest.approx([math.log(2 / 5), math.log(3 / 5)])


def test_an_example_without_a_target_is_named():
    with pytest.raises(BadInput, match="'1' has no single target"):
        Majority(Profile("majority", "majority")).fit(rows("0", None), Task("0", "1"))


def test_a_target_that_is_no_option_is_named():
    with pytest.raises(BadInput, match=r"'1'.*no option '2'"):
        majority("0", "2")


def test_learning_from_nothing_is_an_error():
    with pytest.raises(BadInput, match="no examples"):
        majority()


def test_it_does_not_answer_before_it_learns():
    with pytest.raises(Unavailable, match="fitted"):
        Majority(Profile("majority", "majority")).answer([])


def test_a_loaded_fit_answers_as_the_saved_one(tmp_path):
    before, after = (
        majority("긍정", "긍정", "부정", labels=("부정", "긍정")),
        Majority(Profile("m", "majority")),
    )
    before.save(tmp_path)
    after.load(tmp_path)
    assert after.counts == before.counts


def learnt(ask: Ask, *targets: object, labels: tuple[str, ...] = ()) -> Majority:
    adapter = Majority(Profile("majority", "majority", ask=ask))
    adapter.fit([Example(str(i), {"q": "물음"}, target) for i, target in enumerate(targets)], Task(*labels))
    return adapter


def put(adapter: Majority | Random, ask: Ask, seed: int = 1, **keys: Any) -> Response:
    (response,) = adapter.answer([request_of(ask, seed, **keys)])
    return response


def request_of(ask: Ask, seed: int = 1, fields: Mapping[str, Any] = {"q": "물음"}, **keys: Any) -> Request:
    def render() -> Parts:
        if ask == "call":  # what may be called is a part of it
            return WithTools("", tools=({"name": "f"}, {"name": "g"}))
        raise AssertionError("a baseline reads no prompt")

    return Request(Example(str(seed), fields), render, ask=ask, seed=seed, **keys)


def test_a_rating_is_the_mean_of_train():
    assert put(learnt("rate", "1", "2.5", "4", "2.5"), "rate").value == 2.5


def test_a_mean_is_the_same_after_it_was_loaded(tmp_path):
    before, after = learnt("rate", "0.1", "0.2", "0.3"), Majority(Profile("m", "majority", ask="rate"))
    before.save(tmp_path)
    after.load(tmp_path)
    assert put(after, "rate").value == put(before, "rate").value == pytest.approx(0.2)


@pytest.mark.parametrize("target", ["많이", "nan", "inf"])
def test_a_rating_that_is_no_number_is_named(target):
    with pytest.raises(BadInput, match=f"'1': the target '{target}' is no number"):
        learnt("rate", "1", target)


def test_a_reply_is_the_most_frequent_one():
    assert put(learnt("generate", "서울", "부산", "부산"), "generate").text == "부산"


def test_of_several_references_the_first_counts():
    assert put(learnt("generate", ("서울", "서울시"), ("서울",), "부산"), "generate").text == "서울"


def test_a_reply_among_options_is_the_text_of_the_most_frequent():
    response = put(learnt("generate", "1", "1", "0", labels=("0", "1")), "generate", options=OPTIONS)
    assert (response.text, response.option_scores) == ("긍정", None)


def test_replies_that_are_all_different_have_no_majority():
    with pytest.raises(BadInput, match="no two answers of reviews are the same"):
        learnt("generate", "서울", "부산", "대구")


# random


@given(st.lists(st.integers(0, 2**63 - 1), unique=True, max_size=20), st.randoms())
def test_order_and_company_do_not_change_a_guess(seeds, shuffler):
    together = guess(*(asked(seed) for seed in shuffler.sample(seeds, len(seeds))))
    alone = {key: scores for seed in seeds for key, scores in guess(asked(seed)).items()}
    assert together == alone


def test_each_option_is_the_likeliest_equally_often():
    three = (*OPTIONS, Option("2", "중립"))
    guesses = guess(*(asked(seed, three) for seed in range(3000))).values()
    likeliest = Counter(max(range(3), key=scores.__getitem__) for scores in guesses)
    assert all(900 < likeliest[option] < 1100 for option in range(3))


def test_guesses_are_probabilities():
    for scores in guess(*(asked(seed) for seed in range(100))).values():
        assert sum(map(math.exp, scores)) == pytest.approx(1)


def test_a_request_without_options_is_named():
    with pytest.raises(BadInput, match="'3' has no options"):
        guess(asked(3, options=()))


TEXT = "서울은 한국의 수도이고\n부산은 항구이다 . 끝"
FIELDS = {"context": TEXT, "text": TEXT, "sentence1": "가", "sentence2": "나"}


def drawn(ask: Ask, count: int = 400, **keys: Any) -> list[Response]:
    keys = {"fields": FIELDS, "options": OPTIONS, "bounds": (1.0, 5.0)} | keys
    responses = Random(Profile("random", "random")).answer(
        request_of(ask, seed, **keys) for seed in range(count)
    )
    return list(responses)


@pytest.mark.parametrize("ask", ASKS)
def test_it_answers_every_ask(ask):
    (response,) = drawn(ask, 1)
    answers = (response.text, response.option_scores, response.value, response.spans, response.ranking)
    assert sum(answer is not None for answer in answers) == 1


@pytest.mark.parametrize("ask", ASKS)
def test_each_answer_depends_on_the_seed_alone(ask):
    def told(response: Response) -> tuple[Any, ...]:
        return response.text, response.option_scores, response.value, response.spans

    together = [told(response) for response in drawn(ask, 40)]
    keys: dict[str, Any] = {"fields": FIELDS, "options": OPTIONS, "bounds": (1.0, 5.0)}
    random = Random(Profile("random", "random"))
    backwards = [told(put(random, ask, seed, **keys)) for seed in reversed(range(40))]
    assert together == backwards[::-1]


def test_a_rating_is_spread_over_the_range():
    values = np.array([response.value for response in drawn("rate", 4000)])
    assert values.min() >= 1
    assert values.max() <= 5
    assert np.histogram(values, 4, (1, 5))[0] == pytest.approx([1000] * 4, abs=120)


def test_a_rating_without_a_range_says_what_is_missing():
    with pytest.raises(BadInput, match="'range'"):
        drawn("rate", 1, bounds=None)


def test_a_cosine_is_spread_from_minus_one_to_one():
    values = np.array([response.value for response in drawn("embed", 4000)])
    assert np.histogram(values, 4, (-1, 1))[0] == pytest.approx([1000] * 4, abs=120)


def test_a_span_is_one_to_five_words_as_they_stand_in_the_context():
    spans = [str(response.text) for response in drawn("extract")]
    assert all(span in TEXT for span in spans)
    assert {len(span.split()) for span in spans} == {1, 2, 3, 4, 5}


def test_a_reply_is_a_stretch_of_the_inputs_own_words():
    keys: dict[str, Any] = {"fields": {"q": "가 나 다 라 마", "n": None}, "options": ()}
    texts = [str(response.text) for response in drawn("generate", **keys)]
    assert all(text in "가 나 다 라 마" for text in texts)
    assert {len(text.split()) for text in texts} == {1, 2, 3, 4, 5}


def test_a_reply_has_no_more_words_than_tokens_were_asked_for():
    keys: dict[str, Any] = {"fields": {"q": "가 나 다 라 마"}, "options": ()}
    texts = [str(r.text) for r in drawn("generate", decoding=Decoding(max_tokens=2), **keys)]
    assert {len(text.split()) for text in texts} == {1, 2}


def test_a_reply_has_32_words_at_most_where_nothing_bounds_it():
    texts = [str(r.text) for r in drawn("generate", fields={"q": "말 " * 5000}, options=())]
    assert max(len(text.split()) for text in texts) == 32


def test_a_reply_ends_before_a_stop_string():
    keys: dict[str, Any] = {"fields": {"q": "가\n나"}, "options": ()}
    texts = {r.text for r in drawn("generate", decoding=Decoding(stop=("없다", "\n")), **keys)}
    assert texts == {"가", "나"}


def test_a_reply_among_options_is_one_of_them():
    assert {response.text for response in drawn("generate")} == {"부정", "긍정"}


def test_a_word_in_ten_has_a_type():
    words = len(TEXT.split())
    tagged = [span for response in drawn("tag", 4000) for span in response.spans or ()]
    assert 0.09 < len(tagged) / (4000 * words) < 0.11
    assert {TEXT[start:end] for start, end, _ in tagged} == set(TEXT.split())
    assert {kind for _, _, kind in tagged} == {"0", "1"}


@pytest.mark.parametrize("text", ["", "가나다 abc", "\u1100\u1161", "\ud800"])
def test_a_likelihood_is_eight_bits_a_byte(text):
    (response,) = drawn("score", 1, fields={"text": text})
    size = len(text.encode("utf-8", "surrogatepass"))
    assert response.tokens == size
    assert response.value == pytest.approx(-size * math.log(256))


def test_its_bits_per_byte_are_exactly_eight():
    metric = likelihood.bits_per_byte(())
    stats = [metric.statistics((r.value, r.tokens), TEXT) for r in drawn("score", 3)]
    (bits,) = metric.aggregate(np.array(stats), np.ones((1, 3)))
    assert bits == pytest.approx(8, abs=1e-12)


@pytest.mark.parametrize(("ask", "field"), [("extract", "context"), ("tag", "context"), ("score", "text")])
def test_a_field_that_is_not_there_is_named(ask, field):
    with pytest.raises(BadInput, match=f"no field '{field}'"):
        drawn(ask, 1, fields={"q": "물음"})


@pytest.mark.parametrize("ask", ["generate", "extract"])
def test_nothing_can_be_drawn_from_an_empty_text(ask):
    (response,) = drawn(ask, 1, fields={"context": ""}, options=())
    assert response.text == ""


# both


def test_none_in_the_source_is_passed_over():
    assert len(guess(None, asked(1), None, asked(2), None)) == 2
    assert len(list(majority("0").answer([None, asked(1), None]))) == 1


def test_each_answer_comes_before_the_next_request_is_pulled():
    pulled = []
    responses = majority("0").answer(pulled.append(seed) or asked(seed) for seed in range(3))
    assert [(response.key[0], len(pulled)) for response in responses] == [("0", 1), ("1", 2), ("2", 3)]


def test_responses_are_finished_and_timed():
    (response,) = majority("0").answer([asked()])
    assert response.finish == "stop"
    assert response.timing is not None
    assert response.timing.e2e is not None


def test_importing_them_imports_no_numpy():
    code = "import sys, harness.adapters.baseline; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
