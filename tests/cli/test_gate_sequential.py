"""`harness gate --sequential` through the front door: runs that end when their verdict is known."""

from __future__ import annotations

import json

import pytest

from tests.support.shell import Shell

ASK = ("-t", "reviews", "-b", "mine", "--data-dir", "data", "-q")


ASK = ("-t", "reviews", "-b", "mine", "--data-dir", "data", "-q")
TASK = {
    "version": 1,
    "description": "reviews of a test",
    "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
    "fields": {"id": "id", "input": "text", "target": "label"},
    "options": {"0": "no", "1": "yes"},
    "ask": "choose",
    "templates": {"plain": {"query": "{{ input }}"}},
    "metrics": ["accuracy", "unanswered"],
}


@pytest.fixture
def night(shell: Shell) -> Shell:
    """A task of 600 reviews, a system that guesses, and a baseline of it."""
    rows = ({"id": f"r{n}", "text": f"t{n}", "label": str(n % 2)} for n in range(600))
    shell.write("data/test.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    shell.write("tasks/reviews.yaml", json.dumps(TASK))
    silent(shell, 0)
    assert shell("run", *ASK, "--runs-dir", "before").code == 0
    assert shell("gate", "--update", "base.json", "before").code == 0
    return shell


def silent(shell: Shell, share: float) -> None:
    """Let the system be silent to this share of the reviews."""
    shell.write("backends/mine.yaml", f"adapter: dummy\nsettings: {{unanswered_rate: {share}}}\n")


def watched(shell: Shell, *options: str):
    return shell("gate", "--sequential", "--baseline", "base.json", *ASK, *options)


def test_a_fall_ends_the_run_as_soon_as_it_is_proven(night):
    silent(night, 0.4)
    said = watched(night, "--json")
    (stop,), line = said.json["stops"], said.json["lines"][0]
    assert (said.code, line["verdict"]) == (1, "regression")
    assert stop["asked"] < stop["size"] == 600
    assert line["paired"]["adjusted"] <= 0.01
    assert line["paired"]["ci_high"] < 0
    assert len(line["paired"]["flipped"]) == 5


def test_a_run_that_was_stopped_is_gone_on_with_by_harness_run(night):
    silent(night, 0.4)
    asked = watched(night, "--json").json["stops"][0]["asked"]
    assert night("run", *ASK, "--json").json["runs"][0]["counts"]["examples"] == 600 > asked


def test_the_same_gate_again_asks_nothing_and_says_the_same(night):
    silent(night, 0.4)
    first, again = (watched(night, "--json").json for _ in range(2))
    assert again["stops"] == first["stops"]
    assert again["lines"][0]["paired"] == first["lines"][0]["paired"]


def test_what_has_not_fallen_passes_once_no_fall_is_left_that_all_would_find(night):
    said = watched(night, "--margin", "0.05")
    assert said.code == 0
    assert "600 examples no fall is left that all would find" in said.out
    assert "of 600 examples were asked" in said.out


def test_a_run_of_too_few_examples_comes_to_its_end_and_has_the_usual_test_at_half_the_level(night):
    few = ("--limit", "40")
    assert night("run", *ASK, *few, "--runs-dir", "few").code == 0
    assert night("gate", "--update", "base.json", "few").code == 0
    silent(night, 0.5)
    said = watched(night, *few, "--json").json
    assert said["stops"][0]["asked"] == 40
    assert said["limits"]["alpha"] == 0.01
    assert said["lines"][0]["paired"]["test"] != "bets"


def test_a_run_that_the_baseline_does_not_know_is_not_asked(night):
    said = watched(night, "--limit", "50")
    assert said.code == 2
    assert "the baseline holds none of these runs; `harness gate --update` takes them in" in said.err
    assert not (night.home / "runs").exists()


@pytest.mark.parametrize("words", [("--update", "x.json"), ("--baseline", "base.json", "before")])
def test_sequential_wants_a_baseline_and_makes_the_runs_itself(night, words):
    said = night("gate", "--sequential", *ASK, *words)
    assert said.code == 2
    assert "--sequential makes the runs: name a --baseline, -t TASK and -b BACKEND, and no RUNS" in said.err


def test_tasks_and_backends_are_of_a_sequential_gate_alone(night):
    said = night("gate", "--baseline", "base.json", *ASK, "before")
    assert said.code == 2
    assert "without it RUNS are judged" in said.err
