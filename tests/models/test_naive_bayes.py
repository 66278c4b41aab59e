"""Naive Bayes: every number by hand, and the corners where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from harness.errors import BadInput
from harness.models.analysers import words
from harness.models.naive_bayes import NaiveBayes

TEXTS, LABELS = ["영화 좋다 좋다", "좋다", "영화 싫다"], [1, 1, 0]


def fitted(texts: list[str] = TEXTS, labels: list[int] = LABELS, classes: int = 2, **settings) -> NaiveBayes:
    model = NaiveBayes(**settings)
    model.fit(texts, labels, classes)
    return model


def probabilities(model: NaiveBayes, *texts: str) -> list[list[float]]:
    return np.exp(model.log_probabilities(texts)).tolist()


def test_words_leave_out_punctuation():
    assert words("정말... 좋다!! (강추)") == ["정말", "좋다", "강추"]


def test_words_are_composed_and_lower_case():
    assert words("\u1100\u1161 OK") == ["가", "ok"]


def test_the_posterior_is_the_one_worked_out_by_hand():
    # α = 1, V = 3: p(좋다|1) = (3+1)/(4+3), p(좋다|0) = (0+1)/(2+3); p(1) = (2+1)/(3+2), p(0) = (1+1)/(3+2)
    good, bad = 3 / 5 * 4 / 7, 2 / 5 * 1 / 5
    assert probabilities(fitted(), "좋다")[0] == pytest.approx([bad / (good + bad), good / (good + bad)])


def test_a_word_said_twice_counts_twice():
    good, bad = 3 / 5 * (4 / 7) ** 2, 2 / 5 * (1 / 5) ** 2
    assert probabilities(fitted(), "좋다 좋다")[0] == pytest.approx([bad / (good + bad), good / (good + bad)])


def test_alpha_is_what_every_count_is_raised_by():
    # α = 0.5: p(싫다|1) = 0.5/(4+1.5), p(싫다|0) = 1.5/(2+1.5); p(1) = 2.5/4, p(0) = 1.5/4
    good, bad = 2.5 / 4 * 0.5 / 5.5, 1.5 / 4 * 1.5 / 3.5
    assert probabilities(fitted(alpha=0.5), "싫다")[0] == pytest.approx(
        [bad / (good + bad), good / (good + bad)]
    )


def test_the_likelihood_is_that_of_scikit_learn():
    counts = np.array([[1, 2, 0], [0, 1, 0], [1, 0, 1]])  # 영화 좋다 싫다
    theirs = MultinomialNB(alpha=1.0).fit(counts, LABELS).feature_log_prob_.T
    assert fitted().likelihood == pytest.approx(theirs)


def test_unknown_words_and_empty_texts_leave_the_prior():
    assert probabilities(fitted(), "", "모르는 말") == pytest.approx(np.array([[0.4, 0.6]] * 2))


def test_a_long_text_stays_finite():
    assert np.isfinite(fitted().log_probabilities(["좋다 " * 100_000])).all()


def test_two_examples_are_enough():
    model = fitted(["좋다", "싫다"], [1, 0])
    assert model.log_probabilities(["싫다", "좋다"]).argmax(axis=1).tolist() == [0, 1]


def test_a_single_label_is_all_it_ever_says():
    assert fitted(["좋다", "최고"], [1, 1]).log_probabilities(["싫다", "좋다"]).argmax(axis=1).tolist() == [
        1,
        1,
    ]


def test_three_classes_are_told_apart():
    model = fitted(["축구 이겼다", "주가 올랐다", "선거 끝났다"], [0, 1, 2], classes=3)
    assert model.log_probabilities(["선거", "축구", "주가"]).argmax(axis=1).tolist() == [2, 0, 1]


def test_texts_that_are_all_empty_teach_the_prior():
    assert probabilities(fitted(["", "", ""], [0, 1, 1]), "", "좋다") == pytest.approx(
        np.array([[0.4, 0.6]] * 2)
    )


def test_no_texts_get_no_rows():
    assert fitted().log_probabilities([]).shape == (0, 2)


def test_learning_from_nothing_is_an_error():
    with pytest.raises(BadInput, match="at least one example"):
        fitted([], [])


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan")])
def test_alpha_must_be_above_zero(alpha):
    with pytest.raises(BadInput, match="alpha"):
        NaiveBayes(alpha=alpha)


@pytest.mark.parametrize("texts", [TEXTS, ["", "", ""]])
def test_a_loaded_model_answers_bit_for_bit_as_the_saved_one(tmp_path, texts):
    model = fitted(texts)
    model.save(tmp_path / "model.npz")
    again = NaiveBayes.load(tmp_path / "model.npz")
    asked = [*TEXTS, "", "모르는 말"]
    assert np.array_equal(again.log_probabilities(asked), model.log_probabilities(asked))
