"""The tf-idf page: counts and weights by hand, probabilities that can be believed, nothing left to chance."""

from __future__ import annotations

import gzip
import math
import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from harness.errors import BadInput
from harness.models import LEAST, ngrams
from harness.models.ngrams import count_ngrams
from harness.models.tfidf import TfidfClassifier
from tests.support.paths import DATA

NSMC = DATA / "nsmc"

PRAISE, BLAME = (
    ["재밌다", "정말 좋다", "최고의 영화", "또 보고 싶다"],
    ["지루하다", "돈이 아깝다", "최악의 영화", "졸았다"],
)
TEXTS, LABELS = PRAISE + BLAME, [1] * 4 + [0] * 4


def bucket(ngram: str) -> int:
    (found,) = count_ngrams([ngram], (len(ngram), len(ngram))).indices
    return int(found)


def fitted(
    texts: list[str] = TEXTS, labels: list[int] = LABELS, classes: int = 2, **settings
) -> TfidfClassifier:
    model = TfidfClassifier(**settings)
    model.fit(texts, labels, classes)
    return model


def invented(count: int, classes: int) -> tuple[list[str], list[int]]:
    """Return texts of random syllables; each class likes its own, and one text in five belongs elsewhere."""
    draw = random.Random(7)
    labels = [draw.randrange(classes) for _ in range(count)]
    said = [label if draw.random() < 0.8 else draw.randrange(classes) for label in labels]
    return ["".join(chr(0xAC00 + 40 * who + draw.randrange(60)) for _ in range(8)) for who in said], labels


@pytest.fixture(scope="module")
def reviews() -> tuple[list[str], list[int], list[str], list[int]]:
    if not NSMC.is_dir():
        pytest.skip("the NSMC reviews are not here")
    with gzip.open(NSMC / "ratings_train.txt.gz", "rt", encoding="utf-8", newline="\n") as file:
        train = [line.rstrip("\n").split("\t") for line in file][1:20_001]
    with (NSMC / "ratings_test.txt").open(encoding="utf-8", newline="\n") as file:
        test = [line.rstrip("\n").split("\t") for line in file][1:10_001]
    return [r[1] for r in train], [int(r[2]) for r in train], [r[1] for r in test], [int(r[2]) for r in test]


# counts


def test_the_ngrams_of_a_small_text_are_counted_as_by_hand():
    counts = count_ngrams(["가나가", "나"], (1, 2))
    by_hand = {"가": [2, 0], "나": [1, 1], "가나": [1, 0], "나가": [1, 0]}
    assert {ngram: counts[:, [bucket(ngram)]].toarray().ravel().tolist() for ngram in by_hand} == by_hand
    assert counts.sum() == 6


def test_no_ngram_reaches_into_the_next_text():
    assert bucket("나다") not in count_ngrams(["가나", "다라"], (1, 4)).indices


def test_a_text_shorter_than_the_ngrams_has_none():
    assert count_ngrams(["가나", ""], (3, 4)).nnz == 0


def test_no_texts_have_no_rows_of_counts():
    assert count_ngrams([], (1, 4)).shape[0] == 0


def test_only_the_lengths_asked_for_are_counted():
    assert sorted(count_ngrams(["가나다"], (2, 3)).indices) == sorted(map(bucket, ["가나", "나다", "가나다"]))


def test_counts_are_those_of_scikit_learn():
    texts = ["재밌다 재밌다", "정말정말 좋다", "a b a b", "", "!!!!!"]
    theirs = CountVectorizer(analyzer="char", ngram_range=(1, 4)).fit_transform(texts)
    ours = count_ngrams(texts, (1, 4))
    assert [sorted(ours[[i]].data) for i in range(5)] == [sorted(theirs[[i]].data) for i in range(5)]


def test_counts_do_not_depend_on_how_texts_are_cut_into_pieces(monkeypatch):
    whole = count_ngrams(TEXTS, (1, 4))
    monkeypatch.setattr(ngrams, "PIECE", 5)
    assert (count_ngrams(TEXTS, (1, 4)) != whole).nnz == 0


def test_decomposed_hangul_and_capitals_are_the_same_text():
    counts = count_ngrams(["가나 OK", "\u1100\u1161\u1102\u1161 ok"], (1, 4))
    assert (counts[[0]] != counts[[1]]).nnz == 0


def test_a_lone_surrogate_is_counted_like_any_character():
    assert count_ngrams(["\ud800가"], (1, 1)).nnz == 2


# weights


def test_weights_are_tf_times_idf_scaled_to_length_one():
    model = fitted(["가가나", "나"], [0, 1], ngrams=(1, 1))
    row = model.rows.weigh(count_ngrams(["가가나"], (1, 1))).toarray()[0]
    ga, na = (1 + math.log(2)) * (1 + math.log(3 / 2)), 1.0  # 나 is in both texts
    length = math.hypot(ga, na)
    by_hand = {bucket("가"): ga / length, bucket("나"): na / length}
    assert dict(zip(model.rows.known.tolist(), row, strict=True)) == pytest.approx(by_hand, rel=1e-6)


def test_weights_are_those_of_scikit_learn():
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True).fit(TEXTS)
    unseen = ["최고의 영화다", "돈이 많다"]
    ours = fitted().rows.weigh(count_ngrams(unseen, (1, 4)))
    for row, other in zip(ours.toarray(), theirs.transform(unseen).toarray(), strict=True):
        assert sorted(row[row > 0]) == pytest.approx(sorted(other[other > 0]), rel=1e-5)


def test_ngrams_in_too_few_texts_are_not_known():
    assert fitted(["가나", "가다"], [0, 1], ngrams=(1, 1), min_df=2).rows.known.tolist() == [bucket("가")]


# the classifier


def test_each_text_it_learnt_from_gets_its_own_class():
    assert fitted().log_probabilities(TEXTS).argmax(axis=1).tolist() == LABELS


def test_the_classes_are_those_of_a_converged_logistic_regression():
    texts, labels = invented(2000, 3)
    model = fitted(texts[:1500], labels[:1500], classes=3)
    learnt, unseen = (model.rows.weigh(count_ngrams(part, (1, 4))) for part in (texts[:1500], texts[1500:]))
    theirs = LogisticRegression(C=model.c, max_iter=1000).fit(learnt, labels[:1500]).predict(unseen)
    assert (model.log_probabilities(texts[1500:]).argmax(axis=1) == theirs).mean() > 0.98


def test_the_temperature_makes_up_for_strong_regularisation(monkeypatch):
    texts, labels = invented(2000, 2)

    def too_timid_by() -> float:
        p = np.exp(fitted(texts[:1000], labels[:1000], c=0.1).log_probabilities(texts[1000:]))
        return float((p.argmax(axis=1) == labels[1000:]).mean() - p.max(axis=1).mean())

    assert abs(too_timid_by()) < 0.05
    monkeypatch.setattr(TfidfClassifier, "_temperature", lambda *_: 1.0)
    assert too_timid_by() > 0.3


def test_probabilities_sum_to_one():
    log_p = fitted(*invented(300, 3), classes=3).log_probabilities([*TEXTS, ""])
    assert np.exp(log_p).sum(axis=1) == pytest.approx(np.ones(len(log_p)))


def test_three_classes_are_told_apart():
    texts, labels = invented(900, 3)
    found = fitted(texts[:600], labels[:600], classes=3).log_probabilities(texts[600:])
    # A third of the fifth that belongs elsewhere comes back: 0.8 + 0.2 / 3 is as good as it gets.
    assert 0.78 < (found.argmax(axis=1) == labels[600:]).mean() < 0.95


def test_an_empty_text_gets_the_class_prior():
    model = fitted([*TEXTS, "좋은 영화"], [*LABELS, 1])
    assert np.exp(model.log_probabilities([""]))[0] == pytest.approx([5 / 11, 6 / 11])


def test_a_text_without_a_known_ngram_gets_the_class_prior():
    assert np.exp(fitted().log_probabilities(["xyz"]))[0] == pytest.approx([0.5, 0.5])


def test_two_examples_are_enough():
    model = fitted(["좋다", "싫어"], [1, 0])
    assert model.log_probabilities(["싫어", "좋다"]).argmax(axis=1).tolist() == [0, 1]


def test_a_single_label_is_all_it_ever_says():
    model = fitted(["좋다", "최고"], [1, 1])
    assert model.log_probabilities(["싫어", "좋다", ""]).argmax(axis=1).tolist() == [1, 1, 1]


def test_a_task_of_one_class_is_certain():
    assert fitted(["좋다", "최고"], [0, 0], classes=1).log_probabilities(["싫어"]).tolist() == [[0.0]]


def test_texts_that_are_all_empty_teach_the_prior():
    model = fitted(["", "", ""], [0, 1, 1])
    assert np.exp(model.log_probabilities(["", "좋다"])) == pytest.approx(np.array([[0.4, 0.6]] * 2))


def test_a_class_without_a_text_is_the_least_probable():
    assert fitted(classes=3).log_probabilities(["최고의 영화", ""]).argmin(axis=1).tolist() == [2, 2]


def test_no_probability_is_below_the_least():
    model = fitted()
    model.weights *= 1000
    assert model.log_probabilities(TEXTS).min() == LEAST


def test_no_texts_get_no_rows():
    assert fitted().log_probabilities([]).shape == (0, 2)


def test_learning_from_nothing_is_an_error():
    with pytest.raises(BadInput, match="at least one example"):
        fitted([], [])


@pytest.mark.parametrize(
    "settings", [{"ngrams": (0, 4)}, {"ngrams": (3, 2)}, {"min_df": 0}, {"c": 0.0}, {"c": float("nan")}]
)
def test_a_setting_out_of_range_is_an_error(settings):
    with pytest.raises(BadInput):
        TfidfClassifier(**settings)


# the same again


def test_the_same_seed_gives_the_same_probabilities():
    texts, labels = invented(600, 2)
    first, second = (fitted(texts, labels, seed=3).log_probabilities(texts) for _ in range(2))
    assert np.array_equal(first, second)


def test_another_seed_gives_other_probabilities():
    texts, labels = invented(600, 2)
    first, second = (fitted(texts, labels, seed=seed).log_probabilities(texts) for seed in (3, 4))
    assert not np.array_equal(first, second)


def test_answers_do_not_depend_on_what_is_asked_beside():
    model = fitted(*invented(600, 2))
    texts = [*TEXTS, "", *invented(50, 2)[0]]
    alone = np.concatenate([model.log_probabilities([text]) for text in texts])
    assert np.array_equal(model.log_probabilities(texts), alone)


def test_a_loaded_model_answers_bit_for_bit_as_the_saved_one(tmp_path):
    model = fitted(*invented(600, 3), classes=3, ngrams=(2, 3))
    model.save(tmp_path / "model.npz")
    texts = [*invented(50, 3)[0], ""]
    again = TfidfClassifier.load(tmp_path / "model.npz")
    assert np.array_equal(again.log_probabilities(texts), model.log_probabilities(texts))


def test_a_saved_model_holds_no_pickled_object(tmp_path):
    fitted().save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as saved:
        assert sorted(saved) == [
            "analyser",
            "bias",
            "idf",
            "known",
            "ngrams",
            "prior",
            "stop_words",
            "weights",
        ]


# real reviews


def test_reviews_are_classified_and_the_probabilities_can_be_believed(reviews):
    texts, labels, unseen, truth = reviews
    p = np.exp(fitted(texts, labels).log_probabilities(unseen))
    right, sure = p.argmax(axis=1) == truth, p.max(axis=1)
    bins = np.minimum((sure * 15).astype(int), 14)
    gap = np.abs(np.bincount(bins, right) - np.bincount(bins, sure)).sum() / len(truth)
    assert right.mean() > 0.84
    assert gap < 0.02
