"""Ranks among many systems: what is proven over all pairs at once, and that no rank contradicts a figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.errors import HarnessError
from harness.metrics.aggregates import weighted_mean
from harness.metrics.classification import accuracy, macro_f1
from harness.schema import Metric
from harness.stats.ranking import (
    apart_by_flips,
    apart_by_holm,
    mcnemar_of_all,
    proven_above,
    ranks,
    won,
)

RIGHT = accuracy(())
MEAN = Metric("mean", lambda seen, target: (0.0,), weighted_mean, "mean|v:1")
F1 = macro_f1(("0", "1"))


def right(rng, systems, n, share=0.75):
    """Return 0/1 statistics of systems that are equal: each example is as hard for all."""
    hard = rng.beta(4 * share, 4 * (1 - share), n)
    return [(rng.random(n) < hard).astype(float)[:, None] for _ in range(systems)]


def as_labels(systems):
    target = np.arange(len(systems[0])) % 2
    return [
        np.stack([target, np.where(one[:, 0] > 0, target, 1 - target)], 1).astype(float) for one in systems
    ]


def placed(metric, systems, clusters=None):
    above = proven_above(metric, systems, clusters)
    return ranks([metric.aggregate(one, np.ones((1, len(one))))[0] for one in systems], above)


# The tests


def test_every_pairs_p_value_is_scipys():
    systems = right(np.random.default_rng(0), 6, 60)
    wins = won(systems)
    found = mcnemar_of_all(wins, wins.T)
    for i in range(6):
        for j in range(6):
            only_i = int(np.sum((systems[i] == 1) & (systems[j] == 0)))
            only_j = int(np.sum((systems[j] == 1) & (systems[i] == 0)))
            assert wins[i, j] == only_i
            wanted = binomtest(only_i, only_i + only_j).pvalue if only_i + only_j else 1.0
            assert found[i, j] == pytest.approx(wanted, rel=1e-9)


def test_holm_goes_on_until_a_pair_does_not_pass():
    p = np.ones((3, 3))
    for (i, j), value in {(0, 1): 0.01, (0, 2): 0.02, (1, 2): 0.06}.items():
        p[i, j] = p[j, i] = value
    above = apart_by_holm(np.array([[0, 5, 5], [1, 0, 5], [1, 1, 0]]), p)
    assert above.tolist() == [[False, True, True], [False] * 3, [False] * 3]
    p[0, 2] = p[2, 0] = 0.03
    assert apart_by_holm(np.array([[0, 5, 5], [1, 0, 5], [1, 1, 0]]), p).sum() == 1


def test_a_system_that_is_much_better_is_proven_better_than_all():
    rng = np.random.default_rng(1)
    systems = [*right(rng, 9, 300), np.ones((300, 1))]
    for metric, rows in ((RIGHT, systems), (MEAN, systems), (F1, as_labels(systems))):
        assert placed(metric, rows) == [2] * 9 + [1]


def test_step_down_finds_what_one_step_does_not():
    """A pair far apart is decided first, and then shares the level with the others no more."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(12, 200))
    rows = (noise + np.repeat([0, 0.31, 2], [4, 4, 4])[:, None]) / 200
    above = apart_by_flips(rows)
    assert above[8:, :8].all()
    assert above[4:8, :4].sum() > 0
    assert not above[:4, 4:].any()


def test_what_differs_nowhere_is_not_apart_and_what_is_no_number_is_left_out():
    rows = np.vstack([np.ones((2, 50)), np.full((1, 50), np.nan), np.zeros((1, 50))])
    assert apart_by_flips(rows).tolist() == [[False, False, False, True]] * 2 + [[False] * 4] * 2


@pytest.mark.parametrize(("clusters", "proven"), [(5, False), (6, True), (12, True)])
def test_of_five_clusters_nothing_can_be_proven(clusters, proven):
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(clusters), 40)
    good, bad = (rng.random((len(codes), 1)) < share for share in (0.95, 0.2))
    assert proven_above(RIGHT, [good.astype(float), bad.astype(float)], codes)[0, 1] == proven


def test_eight_equal_systems_on_three_articles_are_all_first():
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(3), 20)
    for _ in range(20):
        own = rng.beta(2, 1, (8, 3))[:, codes]
        systems = [(rng.random(60) < share).astype(float)[:, None] for share in own]
        assert placed(RIGHT, systems, codes) == [1] * 8


def test_systems_on_other_examples_are_an_error():
    with pytest.raises(HarnessError, match="differ in length"):
        proven_above(RIGHT, [np.ones((3, 1)), np.ones((4, 1))])


def test_the_same_seed_gives_the_same_verdicts():
    systems = [
        one + np.random.default_rng(7).random(one.shape) for one in right(np.random.default_rng(5), 9, 90)
    ]
    assert (proven_above(MEAN, systems) == proven_above(MEAN, systems)).all()


@pytest.mark.parametrize(
    ("metric", "made"), [(RIGHT, list), (MEAN, list), (F1, as_labels)], ids=["0/1", "mean", "F1"]
)
def test_on_a_board_of_equal_systems_hardly_ever_somebody_is_below_the_first_rank(metric, made):
    """60 boards, of which 7 below would be one in a thousand."""
    below = 0
    for board in range(60):
        systems = made(right(np.random.default_rng(board), 12, 100))
        below += max(placed(metric, systems)) > 1
    assert below <= 7


# The ranks


def test_a_rank_counts_who_is_proven_better():
    better = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]], bool)
    assert ranks([0.9, 0.8, 0.1], better) == [1, 1, 3]


def test_a_higher_figure_has_no_worse_rank_though_less_was_proven_below_it():
    """The second is proven worse than the first, the third, whose figure is lower still, is not."""
    better = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    assert ranks([0.9, 0.8, 0.7], better) == [1, 1, 1]


def test_equal_figures_have_equal_ranks():
    better = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    assert ranks([0.9, 0.5, 0.5], better) == [1, 1, 1]


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10_000))
def test_no_rank_contradicts_the_figures(systems, seed):
    rng = np.random.default_rng(seed)
    heights = rng.integers(0, 8, systems) / 8
    better = (heights[:, None] > heights) & (rng.random((systems, systems)) < 0.4)
    found = ranks(heights, better)
    assert min(found) == 1
    for i in range(systems):
        for j in range(systems):
            if heights[i] > heights[j]:
                assert found[i] <= found[j]
            if heights[i] == heights[j]:
                assert found[i] == found[j]
        assert found[i] <= 1 + better[:, i].sum()
