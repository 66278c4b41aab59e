"""Influences: what one more example does to a figure, beside what it really does when it is added."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.aggregates import OfSums, weighted_mean
from harness.metrics.classification import accuracy, balanced_accuracy, macro_f1, mcc
from harness.metrics.correlation import pearson, spearman
from harness.schema import Metric
from harness.stats.bootstrap import ResamplingPlan, draw, drawable, figure_of
from harness.stats.influence import Linear, influence

LABELS = tuple("abcd")
MEAN = Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1")
RATIO = Metric("ratio", lambda seen, target: (0.0,), OfSums(lambda s, n: s[:, 0] / s[:, 1]), "ratio|v:1")


def classified(n: int = 300) -> np.ndarray:
    """Return indices of target and prediction (N, 2); 4 is unanswered."""
    rng = np.random.default_rng(1)
    target = rng.integers(4, size=n)
    predicted = np.where(rng.random(n) < 0.7, target, rng.integers(5, size=n))
    return np.stack([target, predicted], axis=1).astype(float)


def rated(n: int = 300) -> np.ndarray:
    """Return predicted and wanted numbers (N, 3), many of them equal, and some unanswered."""
    rng = np.random.default_rng(2)
    wanted = rng.integers(11, size=n) / 2
    answered = (rng.random(n) < 0.95).astype(float)
    return (
        np.stack([np.round(wanted + rng.normal(size=n), 1), wanted, np.ones(n)], axis=1) * answered[:, None]
    )


def shares(columns: int) -> np.ndarray:
    return np.random.default_rng(3).random((300, columns))


CASES = {
    "a mean": (MEAN, shares(1)),
    "a ratio of sums": (RATIO, shares(2)),
    "accuracy": (accuracy(LABELS), (classified()[:, :1] > 1).astype(float)),
    "macro-F1": (macro_f1(LABELS), classified()),
    "balanced accuracy": (balanced_accuracy(LABELS), classified()),
    "MCC": (mcc(LABELS), classified()),
    "Pearson": (pearson(()), rated()),
    "Spearman": (spearman(()), rated()),
}


@pytest.mark.parametrize(("metric", "stats"), CASES.values(), ids=CASES)
def test_it_is_what_a_little_more_of_an_example_does(metric, stats):
    n, step = len(stats), 1e-4
    weights = np.ones((40, n))
    chosen = np.random.default_rng(0).choice(n, 40, replace=False)
    weights[np.arange(40), chosen] += step
    moved = n * (np.asarray(metric.aggregate(stats, weights)) - figure_of(metric, stats)) / step
    found = influence(metric, stats)
    np.testing.assert_allclose(found[chosen], moved, rtol=1e-3, atol=2e-3 * found.std())


@pytest.mark.parametrize(("metric", "stats"), CASES.values(), ids=CASES)
def test_the_influences_of_all_examples_cancel(metric, stats):
    assert abs(influence(metric, stats).sum()) < 1e-8


def test_of_a_mean_they_are_all_there_is():
    stats = shares(1)
    plan = ResamplingPlan.of(None, [stats], 50, 1, 0.95)
    exact, linear = drawable(MEAN, stats, plan), Linear(MEAN, stats)
    for drawn in draw(plan):
        np.testing.assert_allclose(linear.figures(drawn), exact.figures(drawn), atol=1e-12)


@pytest.mark.parametrize("name", ["macro-F1", "Spearman"])
def test_a_thousand_examples_drawn_by_influences_spread_as_when_each_draw_sorts_anew(name):
    metric = CASES[name][0]
    stats = rated(1000) if name == "Spearman" else classified(1000)
    plan = ResamplingPlan.of(None, [stats], 400, 1, 0.95)
    both = [
        np.concatenate([rows.figures(drawn) for drawn in draw(plan)])
        for rows in (drawable(metric, stats, plan), Linear(metric, stats))
    ]
    assert np.corrcoef(*both)[0, 1] > 0.99
    assert both[0].std() == pytest.approx(both[1].std(), rel=0.03)


def test_a_figure_that_is_undefined_has_no_influences():
    flat = np.ones((20, 3))
    assert np.isnan(influence(spearman(()), flat)).all()
