"""Ratings on the right side of a line, held to scikit-learn's F1 of the sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from harness.errors import BadInput, HarnessError
from harness.metrics.thresholds import threshold_f1
from tests.support.metric_figures import figure, rows, weightings, with_rows_repeated, with_weights

RATINGS = st.integers(0, 10).map(lambda halves: halves / 2)
ANSWERS = st.lists(st.tuples(st.none() | RATINGS, RATINGS.map(str)), min_size=1, max_size=20)


@settings(deadline=None)
@given(ANSWERS)
def test_it_is_sklearns_f1_of_the_sides(pairs):
    said = [prediction is not None and prediction >= 3 for prediction, _ in pairs]
    wanted = [float(target) >= 3 for _, target in pairs]
    assert figure(threshold_f1((), 3), pairs) == pytest.approx(f1_score(wanted, said, zero_division=0))


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([(3.0, "3.0")], 1.0),  # the line itself is above
        ([(2.9, "3.0"), (4.0, "4.8571")], 2 / 3),
        ([(None, "4"), (5, "5")], 2 / 3),
        ([(None, "1"), (5, "5")], 1.0),
        ([(1, "1"), (2, "0")], 0.0),  # nothing is above
        ([(math.nan, "4"), (4, "4")], 2 / 3),
    ],
)
def test_ratings_done_by_hand(pairs, wanted):
    assert figure(threshold_f1((), 3), pairs) == pytest.approx(wanted)


@settings(deadline=None)
@given(ANSWERS, st.data())
def test_a_weight_of_two_is_the_row_twice(pairs, data):
    metric = threshold_f1((), 3)
    weights = weightings(data, len(pairs))
    assert with_weights(metric, pairs, weights) == pytest.approx(with_rows_repeated(metric, pairs, weights))


def test_it_says_what_it_is():
    metric = threshold_f1((), 3)
    assert (metric.name, metric.signature) == ("threshold_f1", "threshold_f1|v:1|threshold:3")
    assert (metric.unit, metric.reads, metric.higher_is_better) == ("0-1", "prediction", True)
    assert threshold_f1((), 2.5).signature == "threshold_f1|v:1|threshold:2.5"


def test_a_row_is_a_hit_and_how_often_the_line_was_reached():
    assert rows(threshold_f1((), 3), [(4, "4"), (4, "1"), (None, "4"), (1, "1")]).tolist() == [
        [1, 2],
        [0, 1],
        [0, 1],
        [0, 0],
    ]


@pytest.mark.parametrize("threshold", [math.nan, math.inf])
def test_a_line_that_is_nowhere_is_refused(threshold):
    with pytest.raises(BadInput, match=r"threshold_f1: threshold: .* should be a finite number"):
        threshold_f1((), threshold)


@pytest.mark.parametrize(
    ("prediction", "target", "said"),
    [
        (4, "많이", "the target '많이' is not a number"),
        (4, None, "the target None is not a number"),
        (4, "nan", "the target 'nan' should be a finite number"),
        ("넷", "4", "the prediction '넷' is not a number"),
    ],
)
def test_what_is_no_number_is_an_error(prediction, target, said):
    with pytest.raises(BadInput, match=said):
        threshold_f1((), 3).statistics(prediction, target)


def test_no_examples_have_no_figure():
    with pytest.raises(HarnessError):
        threshold_f1((), 3).aggregate(np.zeros((0, 2)), np.ones((1, 0)))
