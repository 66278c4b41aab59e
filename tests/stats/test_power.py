"""What a paired test can find, beside every outcome counted one by one and beside simulations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom, binomtest, norm

from harness.metrics.aggregates import OfSums, mean
from harness.metrics.classification import accuracy
from harness.schema import Metric
from harness.stats.margins import p_of_score
from harness.stats.power import (
    MOST,
    Sensitivity,
    fewest,
    mcnemar_detectable,
    mcnemar_needed,
    mcnemar_power,
    normal_detectable,
    normal_needed,
    sensitivity,
)
from harness.stats.significance import significance

ACCURACY = accuracy(["0", "1"])
MEAN = Metric("mean", lambda seen, target: (0.0,), OfSums(mean), "mean|v:1")


def counted(fall: float, n: int, discordant: float, alpha: float, margin: float) -> float:
    """Return the power by going through all numbers of wins and losses, scipy's test for each."""
    share = max(discordant, fall)
    win, loss = (share - fall) / 2, (share + fall) / 2
    power = 0.0
    for wins, losses in itertools.product(range(n + 1), repeat=2):
        ties = n - wins - losses
        if ties < 0 or not wins + losses or (margin and score(losses, wins, n, margin) < norm.isf(alpha)):
            continue
        if binomtest(losses, wins + losses, alternative="greater").pvalue <= alpha:
            ways = math.comb(n, wins) * math.comb(n - wins, losses)
            power += ways * win**wins * loss**losses * (1 - share) ** ties
    return power


def score(losses: int, wins: int, n: int, margin: float) -> float:
    """Return Tango's z, the likeliest shares under the null found by search."""

    def unlikely(won: float) -> float:
        return -(
            xlogy(losses, won + margin) + xlogy(wins, won) + xlogy(n - losses - wins, 1 - 2 * won - margin)
        )

    won = minimize_scalar(unlikely, bounds=(0, (1 - margin) / 2), options={"xatol": 1e-10}).x
    return (losses - wins - n * margin) / math.sqrt(n * (2 * won + margin - margin**2))


def test_the_score_test_is_tangos():
    for losses, wins, margin in ((9, 3, 0.1), (5, 0, 0.02), (0, 4, 0.05), (30, 10, 0.3)):
        assert p_of_score(losses, wins, 60, margin) == pytest.approx(
            norm.sf(score(losses, wins, 60, margin)), rel=1e-4
        )


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize(
    ("fall", "n", "discordant"), [(0.3, 20, 0.5), (0.5, 20, 0.2), (0.0, 20, 0.4), (0.9, 12, 0.95), (1, 9, 0)]
)
def test_the_power_is_that_of_all_outcomes_counted_one_by_one(fall, n, discordant, alpha, margin):
    assert mcnemar_power(fall, n, discordant, alpha, margin) == pytest.approx(
        counted(fall, n, discordant, alpha, margin), abs=1e-9
    )


def test_without_any_difference_there_is_no_alarm():
    assert mcnemar_power(0.0, 500, 0.0, 0.01) == 0


@pytest.mark.parametrize("n", [10, 500, 20_000])
def test_a_false_alarm_is_never_likelier_than_alpha(n):
    for discordant, alpha in itertools.product((0.01, 0.1, 0.5, 1.0), (0.05, 0.01, 0.0001)):
        assert mcnemar_power(0.0, n, discordant, alpha) <= alpha


@pytest.mark.parametrize(
    ("n", "discordant", "alpha", "margin"),
    [(500, 0.1, 0.01, 0.0), (500, 0.02, 0.001, 0.0), (2000, 0.1, 0.01, 0.03), (60, 0.3, 0.01, 0.0)],
)
def test_what_is_detectable_is_found_four_times_in_five(n, discordant, alpha, margin):
    fall = mcnemar_detectable(n, discordant, alpha, margin)
    assert fall is not None
    assert mcnemar_power(fall, n, discordant, alpha, margin) == pytest.approx(0.8, abs=0.004)
    assert mcnemar_power(0.95 * fall, n, discordant, alpha, margin) < 0.8


def test_where_no_answer_differs_now_seven_losses_must_come_together_at_one_per_cent():
    fall = mcnemar_detectable(500, 0.0, 0.01)
    assert fewest(0.01) == 7
    assert binom.sf(6, 500, fall) == pytest.approx(0.8, abs=0.004)


@pytest.mark.parametrize(("n", "possible"), [(1, False), (6, False), (7, True)])
def test_six_examples_can_tell_nothing_at_one_per_cent(n, possible):
    assert (mcnemar_detectable(n, 0.0, 0.01) is not None) is possible


@pytest.mark.parametrize(("alpha", "units"), [(0.5, 1), (0.125, 3), (0.05, 5), (0.01, 7), (0.001, 10)])
def test_the_fewest_units_are_as_many_as_a_fair_coin_must_fall_alike(alpha, units):
    assert fewest(alpha) == units


@pytest.mark.parametrize(
    ("fall", "discordant", "margin"), [(0.02, 0.1, 0.0), (0.05, 0.1, 0.03), (0.004, 0.004, 0.0)]
)
def test_so_many_examples_as_are_needed_find_it_and_a_tenth_less_do_not(fall, discordant, margin):
    n = mcnemar_needed(fall, discordant, 0.01, margin)
    assert n is not None
    assert mcnemar_power(fall, n, discordant, 0.01, margin) >= 0.8
    assert mcnemar_power(fall, int(0.9 * n), discordant, 0.01, margin) < 0.8


@pytest.mark.parametrize(("fall", "margin"), [(0.01, 0.01), (0.01, 0.02), (1e-5, 0.0)])
def test_a_fall_that_no_number_of_examples_finds_has_none(fall, margin):
    assert mcnemar_needed(fall, 0.1, 0.01, margin) is None
    assert normal_needed(fall, 0.1, 500, 0.01, margin) is None


def test_the_normal_fall_is_the_sum_of_both_quantiles():
    assert normal_detectable(0.02, 0.01) == pytest.approx(0.02 * (norm.isf(0.01) + norm.isf(0.2)))


def test_a_fall_must_pass_a_margin_by_as_much_as_it_must_pass_nothing():
    assert normal_detectable(0.02, 0.01, margin=0.5) == pytest.approx(0.5 + normal_detectable(0.02, 0.01))


def test_four_times_the_examples_find_half_the_fall():
    fall = normal_detectable(0.02, 0.01)
    assert normal_needed(fall, 0.02, 500, 0.01) == pytest.approx(500, abs=1)
    assert normal_needed(fall / 2, 0.02, 500, 0.01) == pytest.approx(2000, abs=1)
    assert normal_needed(fall / 1000, 0.02, 500, 0.01) is None
    assert MOST < 500 * 1000**2


def test_one_example_that_differs_says_little_of_how_far_others_may():
    one, many = Sensitivity(500, 1, 0.001), Sensitivity(500, 400, 0.001)
    assert one.detectable(0.01) == pytest.approx(math.sqrt(7) * many.detectable(0.01))
    assert one.needed(0.002, 0.01) == pytest.approx(7 * many.needed(0.002, 0.01), rel=0.01)


def test_where_no_figure_differs_nothing_is_known_of_how_far_they_may():
    assert Sensitivity(500, 0, 0.0).detectable(0.01) is None
    assert Sensitivity(500, 0, 0.0).needed(0.1, 0.01) is None


def test_of_clusters_those_in_which_any_example_differs_are_counted():
    a, b = np.zeros((6, 1)), np.array([[0.0], [1], [1], [0], [0], [0]])
    clusters = np.array([0, 0, 0, 1, 1, 2])
    assert sensitivity(ACCURACY, a, b, clusters, stderr=0.1) == Sensitivity(6, 1, 0.1, units=3)
    assert sensitivity(ACCURACY, a, b, stderr=0.1) == Sensitivity(6, 2, units=6)


def test_what_has_no_test_can_find_nothing():
    a = np.zeros((1, 1))
    assert sensitivity(ACCURACY, a, a, stderr=None) is None


def test_of_any_other_metric_what_is_detectable_is_found_four_times_in_five():
    rng = np.random.default_rng(4)
    before = rng.random((500, 1))
    noise = rng.normal(0, 0.2, (500, 1))
    stderr = float(noise.std(ddof=1)) / math.sqrt(500)
    fall = sensitivity(MEAN, before + noise, before, stderr=stderr).detectable(0.01)
    found = 0
    for _ in range(1000):
        now = before + rng.normal(0, 0.2, (500, 1)) - fall
        found += significance(MEAN, now, before, alternative="less", draws=999).p_value <= 0.01
    assert 0.77 <= found / 1000 <= 0.83
