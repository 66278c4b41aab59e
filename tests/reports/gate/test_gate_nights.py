"""A few of the nights of `python -m benchmarks.gate`: what must be found on every one, and what never may."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.gate import METRICS, cases, ended, night
from harness.reports.gate.gate import INCONCLUSIVE, PASS, REGRESSION

ALL = list(cases())
COLLAPSED = [case for case in ALL if case.bound == "all"]
FEW = [
    case
    for case in ALL
    if case.name == "unchanged" and "articles" in case.about and "whole" not in case.about
]


@pytest.mark.parametrize("case", COLLAPSED, ids=lambda case: f"{case.about}, {case.metric}")
def test_a_collapse_in_two_to_four_articles_is_a_regression_every_night(case):
    assert Counter(ended(case, np.random.default_rng(1), 2)) == {REGRESSION: 2}


@pytest.mark.parametrize("case", FEW, ids=lambda case: f"{case.about}, {case.metric}")
def test_articles_in_which_nothing_happened_ring_no_alarm(case):
    assert REGRESSION not in set(ended(case, np.random.default_rng(2), 2))


def test_a_collapse_of_answers_that_are_one_for_all_repeats_is_no_proof_but_no_pass():
    (case,) = [case for case in ALL if case.bound == "no regressions"]
    ends = Counter(ended(case, np.random.default_rng(3), 10))
    assert ends[REGRESSION] == 0
    assert ends[INCONCLUSIVE] > ends[PASS]


def test_a_fall_of_0_05_of_a_thousand_questions_is_found():
    for case in ALL:
        if "by 0.05" in case.about and case.churn == 0.1:
            assert set(ended(case, np.random.default_rng(4), 1)) == {REGRESSION}


def test_a_fall_in_24_questions_is_found_on_every_night_on_which_any_test_could_find_it():
    """At 0.01 that is where seven are lost and none is won: 2^-7 is less, 2^-6 more."""
    case = next(case for case in ALL if case.about.startswith("by 0.3, 24") and case.metric == "F1")
    drawn = [night(case, np.random.default_rng((6, number)), case.lost) for number in range(12)]
    proven = [(now.rows < before.rows).sum() >= 7 for before, now in drawn]
    judged = [next(ended(case, np.random.default_rng((6, number)), 1)) for number in range(12)]
    assert [verdict == REGRESSION for verdict in judged] == proven
    assert any(proven)
    assert not all(proven)


@pytest.mark.parametrize("metric", METRICS)
def test_the_nights_are_as_good_as_they_say(metric):
    case = next(
        case for case in ALL if case.name == "fall" and "1,000" in case.about and case.metric == metric
    )
    rng = np.random.default_rng(5)
    drawn = [night(case, rng, case.lost) for _ in range(100)]
    before, now = (np.mean([side[place].rows.mean() for side in drawn]) for place in (0, 1))
    assert before == pytest.approx(0.88, abs=0.01)
    assert before - now == pytest.approx(0.05, abs=0.01)
