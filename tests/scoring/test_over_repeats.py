"""pass@k, avg@n and maj@n: Chen's estimator against all draws, votes, and a run that repeats its examples."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scoring.over_repeats import Repeats, figures, majority, majority_of, pass_at
from tests.support.running import Project


@given(st.integers(1, 7), st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_answer(n, data):
    right, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(itertools.combinations([1] * right + [0] * (n - right), k))
    assert pass_at(k, n, right) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_k_overflows_nowhere():
    assert pass_at(100, 1000, 3) == pytest.approx(1 - math.comb(997, 100) / math.comb(1000, 100))


@pytest.mark.parametrize(
    ("said", "right", "wanted"),
    [
        (["a", "b", "b"], [1.0, 0.0, 0.0], 0.0),
        (["b", "a", "a"], [0.0, 1.0, 1.0], 1.0),
        (["a", "b"], [1.0, 0.0], 1.0),
        ([None, None, "a"], [0.0, 0.0, 1.0], 1.0),
        ([None, None], [0.0, 0.0], 0.0),
    ],
)
def test_what_most_say_counts_and_of_equals_the_first(said, right, wanted):
    assert majority(Repeats(said, right)) == wanted


@pytest.mark.parametrize(
    ("said", "k", "wanted"),
    [
        ("aab", 3, 1.0),  # a is right
        ("abbb", 3, 0.0),  # every three have two of b at least
        ("aaabb", 3, 0.7),  # of ten threes, seven have two of a
        ("aabbc", 5, 1.0),  # of equals the first
    ],
)
def test_a_majority_of_k_is_that_of_every_choice_of_k_repeats(said, k, wanted):
    repeats = Repeats(list(said), [float(one == "a") for one in said])
    assert majority_of(k, repeats) == pytest.approx(wanted)


def test_of_many_choices_some_are_drawn_and_always_the_same():
    repeats = Repeats(["a", "b"] * 15, [1.0, 0.0] * 15)
    assert majority_of(9, repeats) == majority_of(9, repeats) == pytest.approx(0.5, abs=0.12)


def test_the_fewest_repeats_decide_which_figures_there_are():
    found = figures([Repeats(["a"] * 5, [1.0] * 5), Repeats(["b"] * 6, [0.0] * 6)])
    assert list(found) == ["pass@1", "pass@2", "pass@4", "pass@5", "avg@5", "maj@4", "maj@5"]
    assert found["avg@5"] == [1.0, 0.0]
    assert figures([Repeats(["a"], [1.0])]) == {}


def test_a_run_that_repeats_says_so(tmp_path):
    project = Project(tmp_path)
    done = project.harness(
        "run", "-t", "nsmc_zeroshot", "-b", "random", "--sample", "--limit", 30, "--repeat", 4, "--json"
    )
    (run,) = json.loads(done.stdout)["runs"]
    found = run["metrics"]
    assert found["pass@1"]["value"] == pytest.approx(found["accuracy"]["value"])
    assert found["pass@1"]["value"] < found["pass@2"]["value"] < found["pass@4"]["value"]
    assert found["pass@4"]["n"] == 30
    assert found["maj@4"]["ci_low"] < found["maj@4"]["value"] < found["maj@4"]["ci_high"]
