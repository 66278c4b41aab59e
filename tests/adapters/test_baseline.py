"""The baselines: train frequencies by hand, and guesses that only the request's seed decides."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.baseline import Majority, Random
from harness.errors import BadInput, Unavailable
from harness.schema import Adapter, Example, Learner, Option, Parts, Profile, Request

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
    assert isinstance(majority("0"), Learner)
    assert isinstance(Random(Profile("random", "random")), Adapter)
    assert not isinstance(Random(Profile("random", "random")), Learner)


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
