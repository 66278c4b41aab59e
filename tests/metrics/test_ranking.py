import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from scipy.stats import rankdata
from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

from harness.errors import BadInput, HarnessError
from harness.metrics.ranking import answer_log_probability, mean_rank, mrr, target_probability, top_k_accuracy
from tests.support import metric_figures
from tests.support.metric_figures import figure, weightings, with_rows_repeated, with_weights

LABELS = ("가", "나", "다", "라")
NUMBERED = ("0", "1", "2", "3")
SCORES = st.one_of(
    st.none(),
    # Few values, so that some are equal; no probability at all and no number among them.
    st.lists(st.sampled_from([-3.0, -1.0, -0.5, -math.inf, math.nan]), min_size=4, max_size=4),
    st.lists(st.floats(-50, 0), min_size=4, max_size=4),
)
ANSWERS = st.lists(st.tuples(SCORES, st.sampled_from(LABELS)), min_size=1, max_size=20)


def top_two(labels):
    return top_k_accuracy(labels, k=2)


EVERY = [top_two, mrr, mean_rank, target_probability]


def answered(n, options=10):
    """Return log-probabilities (n, options) without equals, and targets (n,)."""
    rng = np.random.default_rng(0)
    targets = rng.integers(options, size=n)
    raw = rng.normal(size=(n, options))
    raw[np.arange(n), targets] += 1.5
    return log_softmax(raw, axis=1), targets


def numbered(scores, targets):
    return [(row.tolist(), str(target)) for row, target in zip(scores, targets, strict=True)]


# Against the outside


@pytest.mark.parametrize("k", [1, 3, 5, 9])
def test_top_k_accuracy_is_sklearns(k):
    scores, targets = answered(2000)
    wanted = top_k_accuracy_score(targets, scores, k=k, labels=range(10))
    assert figure(top_k_accuracy((), k=k), numbered(scores, targets)) == pytest.approx(wanted, abs=1e-9)


def test_mrr_is_sklearns_average_precision_of_one_relevant_label():
    scores, targets = answered(2000)
    wanted = label_ranking_average_precision_score(np.eye(10)[targets], scores)
    assert figure(mrr(()), numbered(scores, targets)) == pytest.approx(wanted, abs=1e-9)


def test_mean_rank_is_scipys_with_equals_in_their_order():
    scores, targets = answered(2000)
    scores = np.round(scores)
    ranks = rankdata(-scores, method="ordinal", axis=1)[np.arange(2000), targets]
    assert figure(mean_rank(()), numbered(scores, targets)) == pytest.approx(ranks.mean(), abs=1e-9)


def test_the_answers_log_probability_is_its_own_score_whatever_stands_beside_it():
    scores, targets = answered(2000)
    wanted = scores[np.arange(2000), targets].mean()
    assert figure(answer_log_probability(()), numbered(scores, targets)) == pytest.approx(wanted, abs=1e-9)


def test_of_several_right_answers_the_likeliest_counts():
    assert figure(answer_log_probability(()), [([-3.0, -1.0, -0.5], ("0", "1"))]) == -1


def test_an_answer_that_is_held_impossible_or_was_not_scored_is_left_out():
    rows = [([-2.0], "0"), ([-sys.float_info.max], "0"), (None, "0")]
    assert figure(answer_log_probability(()), rows) == -2


def test_target_probability_is_scipys_softmax():
    scores, targets = answered(2000)
    scores -= 700  # what long options really score; only differences count
    wanted = softmax(scores, axis=1)[np.arange(2000), targets].mean()
    assert figure(target_probability(()), numbered(scores, targets)) == pytest.approx(wanted, abs=1e-9)


# Known numbers


@pytest.mark.parametrize(
    ("scores", "target", "rank"),
    [
        ([-1.0, -2.0, -3.0, -4.0], "가", 1),
        ([-1.0, -2.0, -3.0, -4.0], "라", 4),
        ([-2.0, -1.0, -1.0, -3.0], "나", 1),
        ([-2.0, -1.0, -1.0, -3.0], "다", 2),
        ([-1.0, -1.0, -1.0, -1.0], "라", 4),
        ([-math.inf, -1.0, -math.inf, -math.inf], "다", 3),
    ],
)
def test_of_equals_the_first_stands_higher(scores, target, rank):
    assert mean_rank(LABELS).statistics(scores, target) == (rank, 1)
    assert mrr(LABELS).statistics(scores, target) == (1 / rank,)
    assert top_two(LABELS).statistics(scores, target) == (float(rank <= 2),)


@pytest.mark.parametrize(
    "scores", [None, [math.nan, -1.0, -1.0, -1.0], [-math.inf] * 4, [-sys.float_info.max] * 4]
)
def test_unanswered_is_the_worst_there_is(scores):
    assert top_two(LABELS).statistics(scores, "가") == (0,)
    assert mrr(LABELS).statistics(scores, "가") == (0,)
    assert target_probability(LABELS).statistics(scores, "가") == (0,)
    assert mean_rank(LABELS).statistics(scores, "가") == (4, 1)


def test_the_last_rank_of_an_examples_own_options_is_their_number():
    assert mean_rank(()).statistics([math.nan, -1.0, -1.0], "0") == (3, 1)


def test_no_scores_of_an_examples_own_options_have_no_last_rank():
    pairs = [(None, "1"), ([-2.0, -1.0], "0"), ([-1.0, -2.0], "0")]
    assert figure(mean_rank(()), pairs) == 1.5
    assert math.isnan(figure(mean_rank(()), pairs[:1]))


def test_examples_may_have_different_numbers_of_options():
    assert figure(mrr(()), [([-1.0, -2.0], "1"), ([-3.0, -2.0, -1.0, -4.0], "0")]) == (1 / 2 + 1 / 3) / 2


def test_a_target_is_its_place_among_shared_labels():
    # As the number of an option, "2" would be the third; as a label, it is the first.
    assert mrr(("2", "1", "0")).statistics([-1.0, -2.0, -3.0], "2") == (1,)
    assert mrr(()).statistics([-1.0, -2.0, -3.0], "2") == (1 / 3,)


# What an aggregate keeps to


@pytest.mark.parametrize("factory", EVERY)
@given(pairs=ANSWERS, data=st.data())
def test_a_weight_is_a_row_as_often(factory, pairs, data):
    metric, weights = factory(LABELS), weightings(data, len(pairs))
    wanted = pytest.approx(with_rows_repeated(metric, pairs, weights), abs=1e-9)
    assert with_weights(metric, pairs, weights) == wanted
    assert metric_figures.with_equal_rows_merged(metric, pairs, weights) == wanted
    assert metric_figures.reordered(metric, pairs, weights) == wanted


@given(ANSWERS)
def test_figures_stay_in_their_units(pairs):
    assert 1 <= figure(mean_rank(LABELS), pairs) <= 4
    assert all(0 <= figure(factory(LABELS), pairs) <= 1 for factory in (top_two, mrr, target_probability))


@pytest.mark.parametrize("factory", EVERY)
def test_an_empty_run_has_no_figure(factory):
    with pytest.raises(HarnessError, match="at least one example"):
        factory(LABELS).aggregate(np.empty((0, 2)), np.empty((1, 0)))


# Mistakes


@pytest.mark.parametrize("factory", EVERY)
def test_an_unknown_label_is_an_error_with_a_near_match(factory):
    with pytest.raises(BadInput, match=r"'postive' is not a label\..*Did you mean 'positive'"):
        factory(("positive", "negative", "neutral")).statistics([-1.0, -2.0, -3.0], "postive")


@pytest.mark.parametrize("target", ["서울", "-1", "1.0", "²", "", None, ("0",)])
def test_without_labels_a_target_is_an_options_number(target):
    with pytest.raises(BadInput, match=r"is not the number \(from 0\) of an option"):
        mrr(()).statistics([-1.0, -2.0], target)


@pytest.mark.parametrize(("labels", "target"), [((), "2"), (LABELS, "다")])
def test_a_target_beyond_the_scores_is_an_error(labels, target):
    with pytest.raises(BadInput, match="beyond the 2 options"):
        mrr(labels).statistics([-1.0, -2.0], target)


@pytest.mark.parametrize("k", [0, -1])
def test_k_starts_at_1(k):
    with pytest.raises(BadInput, match="at least 1"):
        top_k_accuracy(LABELS, k=k)


@pytest.mark.parametrize("k", [4, 5])
def test_k_must_leave_a_label_out(k):
    with pytest.raises(BadInput, match=f"the best {k} of 4 labels"):
        top_k_accuracy(LABELS, k=k)


@pytest.mark.parametrize(
    ("metric", "signature", "interval", "higher", "unit"),
    [
        (top_k_accuracy(()), "top_k_accuracy|v:1|k:5", "wilson", True, "0-1"),
        (mrr(LABELS), "mrr|v:1", "bootstrap", True, "0-1"),
        (mean_rank(LABELS), "mean_rank|v:1", "bootstrap", False, "rank"),
        (target_probability(LABELS), "target_probability|v:1", "bootstrap", True, "0-1"),
    ],
)
def test_a_metric_says_what_it_is(metric, signature, interval, higher, unit):
    assert (metric.signature, metric.interval, metric.higher_is_better) == (signature, interval, higher)
    assert (metric.name, metric.unit, metric.reads) == (signature.split("|")[0], unit, "scores")
