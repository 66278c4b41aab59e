"""Influences: what one more example does to a figure, beside what it really does when it is added."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.aggregates import OfSums, weighted_mean
from harness.metrics.classification import accuracy, balanced_accuracy, macro_f1, mcc
from harness.metrics.correlation import pearson, spearman
from harness.metrics.likelihood import perplexity, word_perplexity
from harness.metrics.translation import bleu
from harness.schema import Metric
from harness.stats.bootstrap import ResamplingPlan, draw, drawable, figure_of
from harness.stats.influence import Linear, influence, jackknife_reach, t_reach
from harness.stats.intervals import estimates
from harness.stats.margins import p_beyond
from harness.stats.paired import paired
from harness.stats.ranking import proven_above
from harness.stats.student import t_quantile

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


@pytest.mark.parametrize("clusters", [None, np.arange(40) // 4])
def test_a_correlations_jackknife_leaves_each_unit_out_in_turn(clusters):
    rng, metric = np.random.default_rng(4), pearson(())
    x = rng.normal(size=40)
    stats = np.stack([x, 0.8 * x + rng.normal(size=40), np.ones(40)], axis=1)
    units = np.arange(40) if clusters is None else clusters
    without = [np.corrcoef(*stats[units != unit, :2].T)[0, 1] for unit in range(units.max() + 1)]
    moved, count = np.arctanh(without), units.max() + 1
    wanted = t_quantile(0.95, count - 1) * np.sqrt((count - 1) * moved.var())
    found = jackknife_reach(metric.aggregate, stats, ResamplingPlan.of(clusters, [stats], 9, 1, 0.95))
    assert found == pytest.approx(wanted)
    if clusters is None:
        assert found == pytest.approx(1.96 / np.sqrt(37), rel=0.2)  # Fisher's own, of normal numbers
    one = estimates({"it": (metric, stats)}, clusters)["it"]
    assert np.arctanh([one.ci_low, one.ci_high]) @ [-1, 1] >= 2 * found - 1e-9


def test_a_correlation_of_twenty_pairs_is_covered_as_often_as_it_says():
    rng, metric, held = np.random.default_rng(5), pearson(()), 0
    for _ in range(100):
        x = rng.normal(size=20)
        y = 0.99 * x + np.sqrt(1 - 0.99**2) * rng.normal(size=20)
        held += estimates({"it": (metric, np.stack([x, y, np.ones(20)], axis=1))})["it"].allows(0.99)
    assert held >= 91


def test_one_long_text_among_short_ones_leaves_a_perplexity_an_interval_that_says_something():
    """By Imbens and Kolesár's degrees of freedom alone, 1.04 here, it would be 0.27 to 106."""
    rng = np.random.default_rng(8)
    lengths = np.array([*rng.integers(10, 40, 19), 2000.0])
    stats = np.stack([lengths * rng.gamma(6, 2.5 / 6, 20), lengths], axis=1)
    found = estimates({"it": (perplexity(()), stats)})["it"]
    assert found.ci_low < found.value < found.ci_high < 8 * found.value


@pytest.mark.parametrize("lengths", [[40.0] * 20, [20.0, 60.0] * 10], ids=["of one length", "of two"])
def test_texts_of_ordinary_lengths_have_a_t_interval(lengths):
    sizes = np.array(lengths)
    moves = np.random.default_rng(9).normal(size=20)
    moves -= moves.mean()
    plan = ResamplingPlan.of(None, [moves[:, None]], 1000, 1, 0.95)
    simple = t_quantile(0.95, 19) * np.sqrt((moves**2).sum() / 19 / 20)
    assert t_reach(moves, plan, sizes) == pytest.approx(simple, rel=0.3)


def test_a_figure_that_is_undefined_has_no_influences():
    flat = np.ones((20, 3))
    assert np.isnan(influence(spearman(()), flat)).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("worst", [np.inf, -np.inf, 1e5], ids=["inf", "-inf", "a figure beyond a float"])
def test_what_is_infinite_has_no_influences_no_interval_and_no_warning(worst):
    logs = np.stack([np.full(30, worst), np.ones(30)], axis=1)
    usual = np.stack([np.linspace(1, 3, 30), np.ones(30)], axis=1)
    metric = word_perplexity(()) if worst > 0 else MEAN
    assert np.isnan(influence(metric, logs)).all()
    assert estimates({"it": (metric, logs)}, np.arange(30) // 3)["it"].ci_low is None
    assert paired(metric, logs, logs).ci_low is None
    assert p_beyond(metric, logs, usual, 0.01) == 1
    assert not proven_above(metric, [logs, usual]).any()


def test_replies_without_one_long_match_still_move_their_bleu():
    metric = bleu(())
    said = ["the cat sat here", "a dog ran off", "we saw the sea", "the cat ran here"] * 5
    stats = np.array([metric.statistics(text, ("the cat is here now",)) for text in said])
    assert not stats[:, 4:6].any()  # no three words that stand together
    found = influence(metric, stats)
    assert np.isfinite(found).all()
    assert found.std() > 0
