"""Races: what may be claimed at any look, with which chance of an error, and what is never claimed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.race import Race, race_through
from harness.stats.sequential import MeanTest, difference_bounds

ALPHA = 0.1


def shuffled(values, draw):
    return draw.permutation(np.asarray(values, dtype=float))


def test_the_wealth_of_a_population_whose_mean_is_zero_rarely_ever_reaches_its_threshold():
    draw = np.random.default_rng(1)
    populations = np.stack([shuffled([1] * 60 + [-1] * 60 + [0] * 180, draw) for _ in range(2000)])
    wealth = MeanTest(300, -1, 1, (2000,)).observe(populations)
    assert (wealth >= np.log(1 / ALPHA)).any(axis=1).mean() <= ALPHA


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=40), st.integers(1, 5))
def test_how_many_come_at_once_changes_nothing(values, chunk):
    at_once = MeanTest(len(values), -1, 1).observe(np.array(values))
    bit_by_bit = MeanTest(len(values), -1, 1)
    pieces = [bit_by_bit.observe(np.array(values[at : at + chunk])) for at in range(0, len(values), chunk)]
    assert np.concatenate(pieces) == pytest.approx(at_once)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=30))
def test_all_values_seen_decide_for_sure(values):
    certain = MeanTest(len(values), -1, 1).observe(np.array(values))[-1] == np.inf
    assert certain == (sum(values) > 0)


def test_what_cannot_be_undone_any_more_is_certain_before_the_end():
    wealth = MeanTest(10, -1, 1).observe(np.ones(6))
    assert np.flatnonzero(np.isinf(wealth))[0] == 5  # four are left, and six were won


def test_zero_has_to_lie_within_the_bounds():
    with pytest.raises(ValueError, match="zero"):
        MeanTest(10, 0, 1)


def test_the_interval_holds_the_mean_at_every_look():
    draw = np.random.default_rng(3)
    values, missed = [1] * 90 + [-1] * 30 + [0] * 120, 0
    for _ in range(20):
        order = shuffled(values, draw)
        bounds = [difference_bounds(order[:n], 240, ALPHA) for n in (15, 60, 150, 240)]
        missed += any(not low <= 0.25 <= high for low, high in bounds)
    assert missed / 20 <= ALPHA


def test_of_nothing_the_interval_is_everything():
    assert difference_bounds(np.array([]), 10, 0.05) == (-1, 1)


def test_the_interval_of_all_is_a_step_of_the_grid_wide():
    low, high = difference_bounds(shuffled([1] * 30 + [0] * 70, np.random.default_rng(0)), 100, 0.05)
    assert (low, high) == (pytest.approx(0.3, abs=0.003), pytest.approx(0.3, abs=0.003))


def systems(*shares, size=400):
    draw = np.random.default_rng(7)
    return np.stack(
        [shuffled([1] * round(share * size) + [0] * (size - round(share * size)), draw) for share in shares]
    )


def order(seed, size=400):
    return np.random.default_rng(seed).permutation(size)


def test_the_better_of_two_is_found_with_a_part_of_the_calls():
    race, calls = race_through(systems(0.5, 0.75), order(0))
    assert (race.verdict, race.running) == ("winner", [1])
    assert calls < 400


def test_whoever_has_lost_is_asked_no_more():
    race, calls = race_through(systems(0.9, 0.2, 0.2, 0.85), order(0))
    assert race.running == [0]
    assert calls < 4 * race.asked


def test_exactly_equal_systems_are_told_apart_no_more_often_than_alpha():
    scores = systems(0.6, 0.6, size=200)
    wrong = [race_through(scores, order(seed, 200), alpha=ALPHA)[0].lost for seed in range(400)]
    assert np.mean([bool(lost) for lost in wrong]) <= ALPHA


def test_equal_systems_are_equal_once_all_is_asked():
    scores = systems(0.6, 0.6, size=60)
    race, calls = race_through(scores, order(1, 60), alpha=0.001)
    assert (race.verdict, race.asked, calls) == ("tie", 60, 120)


def test_a_margin_apart_is_no_tie_more_often_than_alpha():
    scores = systems(0.65, 0.6, size=200)
    found = [race_through(scores, order(seed, 200), alpha=ALPHA, margin=0.05)[0] for seed in range(400)]
    assert np.mean([race.verdict == "tie" or 0 in race.lost for race in found]) <= ALPHA


def test_nearly_equal_systems_end_within_a_margin_early():
    scores = systems(0.6, 0.61, size=2000)
    race, _ = race_through(scores, order(0, 2000), margin=0.2)
    assert (race.verdict, race.asked < 1000) == ("tie", True)


def test_a_missing_answer_says_nothing_of_who_is_better():
    scores = systems(0.5, 0.5)
    scores[0, scores[0] == 0] = np.nan  # right wherever it answered
    scores[1] = np.where(np.isnan(scores[0]), scores[1], 1)
    race, _ = race_through(scores, order(2))
    assert (race.verdict, race.lost) == ("tie", {})


@given(st.integers(0, 1000))
def test_in_the_end_the_verdict_is_that_of_the_whole(seed):
    draw = np.random.default_rng(seed)
    scores = (draw.random((3, 30)) < 0.5).astype(float)
    race, _ = race_through(scores, draw.permutation(30), alpha=1e-9)
    assert set(race.running) == set(np.flatnonzero(scores.sum(axis=1) == scores.sum(axis=1).max()))


@pytest.mark.parametrize(
    ("systems", "size", "alpha", "margin"), [(1, 9, 0.05, 0), (2, 0, 0.05, 0), (2, 9, 1, 0), (2, 9, 0.1, 1)]
)
def test_what_is_no_race_is_refused(systems, size, alpha, margin):
    with pytest.raises(ValueError, match="a race needs"):
        Race(systems, size, alpha, margin)
