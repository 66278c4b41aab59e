"""Figures by group, from the task's YAML to the leaderboard."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from harness.metrics.classification import accuracy
from harness.stats.breakdown import breakdown, macro
from harness.stats.intervals import estimates
from tests.support.running import REVIEWS, Project, records_of, said

TASK = (
    REVIEWS.replace("cluster: ", "")
    + """\
meta: {topic: id}
breakdown:
  topic: topic
  half: {field: topic, groups: {first: [r0000, r0001], rest: [r0002]}}
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.reviews(test=[(f"r{n:04}", f"글 {n}", str(n % 2)) for n in range(5)], text=TASK)
    return made


def run(project: Project, *extra: str) -> None:
    done = project.harness("run", "-t", "reviews", "-b", "random", "--data-dir", "data", *extra)
    assert done.returncode == 0, done.stderr


def test_each_example_is_in_its_group_and_in_other_where_it_is_in_none(project):
    run(project)
    groups = [record["groups"]["half"] for record in records_of(project.only())]
    assert groups == ["first", "first", "rest", "(other)", "(other)"]


def test_run_json_has_every_group_and_their_mean(project):
    run(project)
    found = said(project.only())
    half = found["breakdown"]["half"]
    assert {name: group["accuracy"]["n"] for name, group in half.items()} == {
        "first": 2,
        "rest": 1,
        "(other)": 2,
    }
    values = [group["accuracy"]["value"] for group in half.values()]
    assert found["macro"]["half"]["accuracy"]["value"] == pytest.approx(sum(values) / 3)
    assert list(found["breakdown"]["topic"]) == [f"r{n:04}" for n in range(5)]


def test_a_rescored_run_has_the_same_groups(project):
    run(project)
    before = said(project.only())
    assert project.harness("rescore", project.only()).returncode == 0
    after = said(project.only())
    assert (after["breakdown"], after["macro"]) == (before["breakdown"], before["macro"])


def test_the_leaderboard_shows_them_by_name(project):
    run(project)
    table = project.harness("leaderboard", "--by", "half").stdout.splitlines()
    assert [line.split("|")[1].strip() for line in table[2:]] == [
        *("(other)", "first", "rest", "mean of the groups", "all"),
    ]
    assert table[0].split("|")[1].strip() == "reviews accuracy by half"


def test_a_breakdown_that_no_run_has_is_named(project):
    run(project)
    done = project.harness("leaderboard", "--by", "halves")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--by halves: no run is broken down by it. Did you mean 'half'?" in done.stderr


def test_a_run_without_a_breakdown_has_none(tmp_path):
    project = Project(tmp_path)
    project.reviews()
    run(project)
    assert not {"breakdown", "macro"} & said(project.only()).keys()
    assert all("groups" not in record for record in records_of(project.only()))


def test_a_groups_figures_are_those_of_its_rows_alone():
    hits = np.random.default_rng(1).integers(0, 2, (60, 1)).astype(float)
    names = ["a", "b", "c"] * 20
    found = breakdown({"accuracy": (accuracy(("0", "1")), hits)}, names, None, seed=1)
    alone = estimates({"accuracy": (accuracy(("0", "1")), hits[1::3])}, seed=1)["accuracy"]
    assert found["b"]["accuracy"]["value"] == alone.value
    assert (found["b"]["accuracy"]["ci_low"], found["b"]["accuracy"]["n"]) == (alone.ci_low, 20)


def test_the_mean_of_groups_has_the_error_of_independent_samples():
    groups = {
        name: {
            "accuracy": {
                "value": value,
                "stderr": e,
                "ci_low": value - 1.96 * e,
                "ci_high": value + 1.96 * e,
                "n": 9,
            }
        }
        for name, value, e in (("a", 0.5, 0.03), ("b", 0.9, 0.04))
    }
    mean = macro(groups)["accuracy"]
    assert mean["value"] == pytest.approx(0.7)
    assert mean["stderr"] == pytest.approx(0.025)  # sqrt(0.03² + 0.04²) / 2
    assert mean["ci_high"] - mean["value"] == pytest.approx(1.96 * 0.025, rel=1e-4)


def test_a_group_too_small_for_an_interval_leaves_the_mean_without_one():
    known = {"m": {"value": 0.0, "stderr": 0.1, "ci_low": -0.2, "ci_high": 0.2, "n": 9}}
    groups = {"a": {"m": {"value": 1.0, "stderr": None, "ci_low": None, "ci_high": None, "n": 1}}, "b": known}
    mean = macro(groups)["m"]
    assert (mean["value"], mean["ci_low"], mean["stderr"]) == (0.5, None, None)
    assert not math.isnan(mean["value"])


def test_the_mean_of_small_groups_is_as_unsure_as_their_scatter():
    """Wilson's ends of five examples, added up, cover 83 to 87 %: benchmarks/coverage.md."""
    rng = np.random.default_rng(3)
    names = [f"g{number}" for number in range(57) for _ in range(5)]
    held, widths = [], []
    for share in (0.7, 0.95):
        for _ in range(60):
            right = (rng.random((len(names), 1)) < share).astype(float)
            mean = macro(breakdown({"accuracy": (accuracy(()), right)}, names, None, seed=1))["accuracy"]
            held.append(mean["ci_low"] <= share <= mean["ci_high"])
            widths.append((mean["ci_high"] - mean["ci_low"]) / (3.92 * math.sqrt(share * (1 - share) / 285)))
    assert np.mean(held) > 0.91
    assert np.mean(widths) < 1.25


def test_a_small_group_without_a_mistake_leaves_the_mean_unsure():
    names = ["few"] * 5 + ["many"] * 1000
    right = np.array([[number % 30 != 7] for number in range(len(names))], float)
    right[:5] = 1
    mean = macro(breakdown({"accuracy": (accuracy(()), right)}, names, None, seed=1))["accuracy"]
    assert mean["ci_low"] < 0.9
