"""The fastText page: a linear model of its n-grams, equal for equal seeds, kept as what it is."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import BadInput
from harness.models.fasttext import FasttextClassifier
from harness.models.temperature_scaling import log_softmax
from tests.models.test_tfidf import LABELS, TEXTS, invented


def fitted(texts=TEXTS, labels=LABELS, classes=2, **settings) -> FasttextClassifier:
    model = FasttextClassifier(**{"min_df": 1, **settings})
    model.fit(texts, labels, classes)
    return model


@pytest.fixture(scope="module")
def three() -> FasttextClassifier:
    """Return a model of three classes, each with syllables of its own and one text in five mislabelled."""
    return fitted(*invented(2000, 3), 3)


def test_each_text_it_learnt_from_gets_its_own_label():
    assert fitted().log_probabilities(TEXTS).argmax(axis=1).tolist() == LABELS


def test_texts_it_has_not_seen_are_told_apart_and_their_probabilities_can_be_believed(three):
    texts, labels = invented(3000, 3)
    found = three.log_probabilities(texts[2000:])
    right = found.argmax(axis=1) == labels[2000:]
    assert np.exp(found).sum(axis=1) == pytest.approx(1)
    assert right.mean() > 0.8
    assert np.exp(found).max(axis=1).mean() == pytest.approx(right.mean(), abs=0.05)


def test_it_is_a_linear_model_of_the_weights_of_its_ngrams(three):
    said = three.rows.rows(["".join(chr(0xAC00 + place) for place in (1, 45, 90))])
    expected = log_softmax(three.bias + said @ three.weights)
    one = three.log_probabilities(["".join(chr(0xAC00 + place) for place in (1, 45, 90))])
    assert one == pytest.approx(expected, abs=1e-6)
    assert three.weights.shape == (len(three.rows.known), 3)


def test_embeddings_of_one_number_tell_two_classes_apart_as_well():
    texts, labels = invented(1000, 2)
    small, large = (fitted(texts[:800], labels[:800], dim=dim) for dim in (1, 8))
    agree = small.log_probabilities(texts[800:]).argmax(1) == large.log_probabilities(texts[800:]).argmax(1)
    assert agree.mean() > 0.9


def test_a_seed_gives_the_same_bits_and_another_seed_others():
    first, again, other = (fitted(seed=seed).log_probabilities(TEXTS) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_it_answers_as_before_after_it_was_kept(three, tmp_path):
    three.save(tmp_path / "model.npz")
    again = FasttextClassifier.load(tmp_path / "model.npz")
    texts, _ = invented(20, 3)
    assert (again.log_probabilities(texts) == three.log_probabilities(texts)).all()


def test_a_text_without_a_known_ngram_gets_the_shares_of_the_classes():
    assert np.exp(fitted(labels=[1] * 6 + [0] * 2).log_probabilities(["", "xyz"])) == pytest.approx(
        np.array([[0.3, 0.7]] * 2)
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dim": 0}, "dim 0: must be above 0"),
        ({"epochs": 0}, "epochs 0: must be above 0"),
        ({"learning_rate": 0}, "learning_rate 0: must be above 0"),
        ({"min_df": 0}, "min_df 0: must be at least 1"),
    ],
)
def test_a_setting_out_of_range_is_told(given, said):
    with pytest.raises(BadInput, match=said):
        FasttextClassifier(**given)
