"""Systems that answered other examples each: all pairs at once, beside each on its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import ttest_rel

from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import accuracy, macro_f1
from harness.schema import Metric
from harness.stats.bootstrap import figure_of
from harness.stats.partial_overlap import overlapping_above
from harness.stats.significance import holm, significance

N, SYSTEMS = 400, 8
MEAN = Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1")


def hits() -> list[np.ndarray]:
    """Return 0/1 statistics (N, 1) of systems, each better than the one before."""
    drawn = np.random.default_rng(1).random((N, 1))
    noise = np.random.default_rng(2).random((SYSTEMS, N, 1)) < 0.1
    return [((drawn < 0.5 + 0.03 * k) ^ noise[k]).astype(float) for k in range(SYSTEMS)]


def classified() -> list[np.ndarray]:
    target = np.random.default_rng(3).integers(2, size=N)
    return [
        np.stack([target, np.where(one[:, 0] > 0, target, 1 - target)], 1).astype(float) for one in hits()
    ]


def graded() -> list[np.ndarray]:
    noise = np.random.default_rng(4).normal(size=(SYSTEMS, N, 1)) / 4
    return [one + noise[k] for k, one in enumerate(hits())]


def torn(systems: list[np.ndarray], lacking: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return what is left of the systems, each lacking examples of its own, and where it has which."""
    rng, left, places = np.random.default_rng(5), [], np.full((len(systems), N), -1, np.int32)
    for number, stats in enumerate(systems):
        kept = np.sort(rng.permutation(N)[lacking:])
        places[number, kept] = np.arange(len(kept))
        left.append(stats[kept])
    return left, places


def by_pairs(metric: Metric, systems: list[np.ndarray], places: np.ndarray, clusters=None) -> np.ndarray:
    """Return which pairs are apart: each one's own test, and Holm over all of them."""
    pairs = list(itertools.combinations(range(len(systems)), 2))
    p_values, differences = [], []
    for i, j in pairs:
        both = (places[i] >= 0) & (places[j] >= 0)
        sides = systems[i][places[i][both]], systems[j][places[j][both]]
        own = None if clusters is None else clusters[both]
        # Holm asks the first of 28 pairs for 0.0018: 20,000 draws tell that to the fourth digit.
        p_values.append(significance(metric, *sides, own, draws=19_999).p_value)
        differences.append(figure_of(metric, sides[0]) - figure_of(metric, sides[1]))
    above = np.zeros((len(systems), len(systems)), bool)
    for (i, j), adjusted, difference in zip(pairs, holm(p_values), differences, strict=True):
        if adjusted <= 0.05:
            above[(i, j) if difference > 0 else (j, i)] = True
    return above


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "systems"),
    [(accuracy(("0", "1")), hits()), (macro_f1(("0", "1")), classified()), (MEAN, graded())],
    ids=["0/1", "macro-F1", "a mean"],
)
@pytest.mark.parametrize("lacking", [8, 200], ids=["a few", "half"])
def test_each_pair_is_judged_as_it_would_be_alone_by_its_share_of_the_level(metric, systems, lacking):
    left, places = torn(systems, lacking)
    found, wanted = overlapping_above(metric, left, places), by_pairs(metric, left, places)
    assert 0 < wanted.sum() < wanted.size - SYSTEMS
    # Pairs may stand so near the border that the t test and swaps differ.
    assert (found != wanted).sum() <= (0 if metric.interval == "wilson" else 2)


def test_a_mean_is_judged_by_the_paired_t_test():
    left, places = torn(graded(), 8)
    found = overlapping_above(MEAN, left, places)
    pairs = list(itertools.combinations(range(SYSTEMS), 2))
    tests = []
    for i, j in pairs:
        both = (places[i] >= 0) & (places[j] >= 0)
        tests.append(ttest_rel(left[i][places[i][both], 0], left[j][places[j][both], 0]))
    for (i, j), test, p in zip(pairs, tests, holm([test.pvalue for test in tests]), strict=True):
        assert (found[i, j], found[j, i]) == (
            p <= 0.05 and test.statistic > 0,
            p <= 0.05 and test.statistic < 0,
        )


def test_pairs_are_judged_by_whole_clusters():
    left, places = torn(graded(), 8)
    clusters = np.arange(N) // 40
    found, wanted = overlapping_above(MEAN, left, places, clusters), by_pairs(MEAN, left, places, clusters)
    assert (found != wanted).sum() <= 4


def test_what_one_cluster_alone_says_is_no_difference():
    one = graded()[0]
    other = one + (np.arange(N) < 40)[:, None]
    left, places = torn([one, other], 8)
    assert overlapping_above(MEAN, left, places)[1, 0]
    assert not overlapping_above(MEAN, left, places, np.arange(N) // 40)[1, 0]


def test_of_five_clusters_that_all_fall_alike_nothing_is_proven():
    rng = np.random.default_rng(0)
    one = rng.random((N, 1))
    left, places = torn([one, one + 0.5 + rng.random((N, 1)) / 100], 8)
    assert not overlapping_above(MEAN, left, places, np.arange(N) // 80).any()
    assert overlapping_above(MEAN, left, places, np.arange(N) // 40)[1, 0]


def test_the_same_answers_tie_whatever_else_failed():
    left, places = torn([graded()[0]] * 5, 8)
    assert not overlapping_above(MEAN, left, places).any()


def test_systems_without_a_common_example_tie():
    places = np.full((2, 10), -1, np.int32)
    places[0, :5] = places[1, 5:] = np.arange(5)
    sides = [np.ones((5, 1)), np.zeros((5, 1))]
    for metric in (accuracy(("0", "1")), MEAN):
        assert not overlapping_above(metric, sides, places).any()
