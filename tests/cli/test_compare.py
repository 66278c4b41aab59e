"""`harness compare` as a command; what a comparison says is tested in tests/reports."""

from __future__ import annotations

import json

import pytest

from tests.support.fake_runs import fake_run


@pytest.fixture
def project(shell):
    """Two runs of the shipped sample, each in a folder of its own."""
    assert shell("run", "-t", "nsmc_fewshot", "-b", "nb,tfidf", "--sample", "--quiet").code == 0
    return shell


NB, TFIDF = "runs/nsmc_fewshot/nb", "runs/nsmc_fewshot/tfidf"


def test_two_runs_are_compared(project):
    said = project("compare", NB, TFIDF)
    assert (said.code, said.err) == (0, "")
    for word in (
        "* A: nb on nsmc_fewshot",
        "B − A",
        "McNemar exact (accuracy, unanswered)",
        "A right, B wrong",
    ):
        assert word in said.out


def test_the_figures_are_those_that_the_runs_wrote(project):
    found = project("compare", NB, TFIDF, "-f", "json").json
    for side, place in (("a", NB), ("b", TFIDF)):
        (path,) = (project.home / place).glob("*/run.json")
        written = json.loads(path.read_text(encoding="utf-8"))["metrics"]
        assert {name: one[side] for name, one in found["metrics"].items()} == {
            name: one["value"] for name, one in written.items()
        }


def test_flips_are_counted_as_the_journals_have_them(project):
    found = project("compare", NB, TFIDF, "-f", "json", "-n", 1000).json
    right = {}
    for side, place in (("a", NB), ("b", TFIDF)):
        (path,) = (project.home / place).glob("*/samples.jsonl")
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        right[side] = {one["id"] for one in lines if one["prediction"] == one["target"]}
    flips = found["flips"]
    assert {flip["id"] for flip in flips["a_examples"]} == right["a"] - right["b"]
    assert {flip["id"] for flip in flips["b_examples"]} == right["b"] - right["a"]
    assert (flips["a_better"], flips["b_better"]) == tuple(
        len(flips[key]) for key in ("a_examples", "b_examples")
    )
    assert all(flip["prompt"] for flip in flips["a_examples"])


def test_templates_of_one_system_are_compared(project):
    ran = project(
        "run", "-t", "nsmc_fewshot", "-b", "dummy", "--sample", "-q", "--template", "all", "--limit", 20
    )
    assert ran.code == 0
    runs = sorted((project.home / "runs/nsmc_fewshot/dummy").iterdir())
    found = project("compare", *runs, "-f", "json").json
    assert "task.template" in found["settings"]
    assert found["n"] == 20


def test_a_metric_may_be_named(project):
    found = project("compare", NB, TFIDF, "--metric", "macro_f1", "-f", "json").json
    assert list(found["metrics"]) == ["macro_f1"]
    said = project("compare", NB, TFIDF, "--metric", "f1")
    assert (said.code, said.out) == (2, "")
    assert "--metric f1: not a metric of both runs." in said.complaint


@pytest.mark.parametrize("kind", ["md", "json"])
def test_a_file_holds_what_stdout_would(project, kind):
    shown = (
        project("compare", NB, TFIDF).out if kind == "md" else project("compare", NB, TFIDF, "-f", kind).out
    )
    said = project("compare", NB, TFIDF, "--out", f"deep/difference.{kind}")
    assert (said.out, said.err) == ("", f"written: deep/difference.{kind}\n")
    assert (project.home / f"deep/difference.{kind}").read_text(encoding="utf-8") == shown


def test_an_unknown_format_is_a_mistake(project):
    said = project("compare", NB, TFIDF, "--format", "mdd")
    assert (said.code, said.complaint.endswith("Did you mean 'md'?")) == (2, True)


@pytest.mark.parametrize(
    ("runs", "complaint"),
    [
        ((NB, "nowhere"), "nowhere is neither a run directory nor a system with a run in runs"),
        (("runs", NB), "runs holds 2 runs; name one of them"),
        ((NB, "empty"), "no run in empty"),
        ((NB, "other"), "only "),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(project, runs, complaint):
    (project.home / "empty").mkdir()
    fake_run(project.home / "other", "else")
    said = project("compare", *runs)
    assert (said.code, said.out) == (2, "")
    assert said.complaint.startswith(f"harness: {complaint}")


def test_torn_runs_are_named(project):
    (path,) = (project.home / NB).glob("*/run.json")
    path.write_text("{", encoding="utf-8")
    said = project("compare", NB, TFIDF)
    assert said.code == 2
    assert "run.json:1: not JSON" in said.complaint
