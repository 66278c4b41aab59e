"""`harness gate` through the front door: real runs, broken systems, killed runs, what a CI sees."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from harness.reports.gate.gate import REGRESSION, Limits, gate
from harness.reports.gate.measurements import measured
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.run import load
from tests.support.fake_runs import fake_run
from tests.support.running import Project, rows
from tests.support.shell import Shell

BEFORE, FALLEN, SLIPPED = "1" * 150 + "0" * 50, "1" * 135 + "0" * 65, "1" * 145 + "0" * 55


@pytest.fixture(autouse=True)
def outside_of_a_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def night(shell: Shell) -> Callable[[str], None]:
    """Write a baseline of `nb` and tonight's run of it."""

    def written(answers: str) -> None:
        fake_run(shell.home / "before", "nb", BEFORE)
        fake_run(shell.home / "runs", "nb", answers)

    return written


# The whole road -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a backend of its own, `mine`, and a baseline of it in `baseline.json`."""
    project = Project(tmp_path)
    project.reviews(test=rows(200), train=rows(200, "t"))
    project.write("backends/mine.yaml", "extends: nb\n")
    assert run(project, "before") == 0
    assert project.harness("gate", "--update", "baseline.json", "before").returncode == 0
    return project


def run(project: Project, where: str = "runs", *extra: str) -> int:
    words = ("run", "-q", "-t", "reviews", "-b", "mine", "--data-dir", "data", "--runs-dir", where, *extra)
    return project.harness(*words).returncode


def test_the_same_system_again_passes(project):
    assert run(project) == 0
    done = project.harness("gate", "--baseline", "baseline.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("### ✅ Gate: pass\n")


def test_a_system_that_was_broken_meanwhile_is_a_regression(project):
    project.write("backends/mine.yaml", "adapter: dummy\nsettings: {reply: 부정}\n")
    assert run(project) == 0
    for baseline in ("baseline.json", "before"):
        done = project.harness("gate", "--baseline", baseline)
        assert done.returncode == 1
        assert "| ❌ regression | reviews | mine   | accuracy |" in done.stdout


def test_training_data_that_changed_meanwhile_are_a_regression_too(project):
    """The labels are turned round; the test split, and so the column, is as it was."""
    turned = [(name, text, str(1 - int(label))) for name, text, label in rows(200, "t")]
    project.reviews(test=rows(200), train=turned)
    assert run(project) == 0
    assert project.harness("gate", "--baseline", "baseline.json").returncode == 1


def test_test_data_that_changed_meanwhile_are_not_compared(project):
    project.reviews(test=rows(199), train=rows(200, "t"))
    assert run(project) == 0
    done = project.harness("gate", "--baseline", "baseline.json")
    assert done.returncode == 3
    assert "not comparable: data " in done.stdout


def test_a_run_that_was_killed_is_infrastructure(project):
    project.write("backends/mine.yaml", "adapter: dummy\nsettings: {reply: 부정, latency_ms: 5}\n")
    project.killed_at(3, "run", "-q", "-t", "reviews", "-b", "mine", "--data-dir", "data")
    done = project.harness("gate", "--baseline", "baseline.json")
    assert done.returncode == 3
    assert "not finished: killed, or still running" in done.stdout


def test_a_run_with_too_many_failures_is_infrastructure(project):
    project.write("backends/mine.yaml", "adapter: dummy\nsettings: {reply: 부정, failure_rate: 0.05}\n")
    assert run(project) == 4
    done = project.harness("gate", "--baseline", "baseline.json")
    assert done.returncode == 3
    assert "partial: stopped by a limit" in done.stdout


def test_real_records_that_only_chance_tells_apart_hardly_ever_ring(shell):
    """Each of two real systems' answers is drawn for the one side or the other, five hundred nights long."""
    shell("run", "-q", "-t", "nsmc_fewshot", "-b", "nb,tfidf", "--sample")
    one, other = (measured(entry) for entry in load([shell.home / "runs"], pytest.fail))
    keys, a, _ = one.statistics()
    b, rng, rung = other.statistics().rows, np.random.default_rng(5), 0
    for _ in range(500):
        swap = rng.random((len(a), 1)) < 0.5
        sides = np.where(swap, b, a), np.where(swap, a, b)
        before, now = (replace(one, statistics=partial(Statistics, keys, rows, None)) for rows in sides)
        rung += gate({one.slot: before}, {one.slot: now}, Limits()).verdict == REGRESSION
    assert (a != b).sum() > 20
    assert rung <= 5


# What a CI sees ---------------------------------------------------------------------------------------


def test_the_page_of_the_ci_gets_what_is_printed(shell, night, monkeypatch):
    night(FALLEN)
    page = shell.write("summary.md", "what an earlier step said\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    said = shell("gate", "--baseline", "before")
    assert page.read_text(encoding="utf-8") == "what an earlier step said\n" + said.out


def test_a_page_that_cannot_be_written_fails_nothing(shell, night, monkeypatch):
    night(BEFORE)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shell.home))
    said = shell("gate", "--baseline", "before")
    assert said.code == 0
    assert said.complaint.startswith("warning: no step summary")


def test_the_ci_gets_annotations_on_stderr(shell, night, monkeypatch):
    night(FALLEN)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = shell("gate", "--baseline", "before", "--json")
    assert said.complaint.startswith("::error title=harness gate%3A regression::reviews, nb: ")
    assert said.json["verdict"] == "regression"


def test_elsewhere_there_are_none(shell, night):
    night(FALLEN)
    assert shell("gate", "--baseline", "before").err == ""


def test_junit_is_written_in_a_folder_that_is_not_there_yet(shell, night):
    night(FALLEN)
    said = shell("gate", "--baseline", "before", "--junit", "out/gate.xml")
    assert said.code == 1
    assert ElementTree.parse(shell.home / "out/gate.xml").getroot().get("failures") == "1"


@pytest.mark.parametrize(
    ("answers", "options", "code"),
    [
        (BEFORE, [], 0),
        (FALLEN, [], 1),
        (FALLEN, ["--margin", "0.1"], 0),
        (FALLEN, ["--margin", "reviews=0.1"], 0),
        (FALLEN, ["--margin", "0.1,accuracy=0.02"], 1),
        (FALLEN, ["--alpha", "0.00001"], 0),
        (SLIPPED, [], 0),
        (SLIPPED, ["--strict"], 1),
        (SLIPPED, ["--strict", "--margin", "0.03"], 0),
        ("-" * 10 + BEFORE[10:], ["--margin", "0.1", "--max-unanswered", "4%"], 1),
        ("xx" + BEFORE[2:], ["--max-failures", "1"], 3),
        (BEFORE, ["--max-cost-increase", "10%", "--max-p95-increase", "2.5"], 0),
    ],
)
def test_exit_codes(shell, night, answers, options, code):
    night(answers)
    assert shell("gate", "--baseline", "before", *options, "--json").code == code


def test_runs_may_be_named(shell, night):
    night(BEFORE)
    fake_run(shell.home / "others", "nb", FALLEN)
    assert shell("gate", "--baseline", "before", "others").code == 1


def test_where_nothing_was_run_every_run_is_missing(shell):
    fake_run(shell.home / "before", "nb", BEFORE)
    said = shell("gate", "--baseline", "before")
    assert said.code == 3
    assert "no run tonight" in said.out
    assert said.complaint == "warning: no runs in runs; --runs-dir names another place"


def test_a_limit_that_nothing_can_be_held_to_is_named(shell, night):
    night(BEFORE)
    said = shell("gate", "--baseline", "before", "--max-cost-increase", "0.1")
    assert (
        said.complaint == "warning: --max-cost-increase: no run, tonight or in the baseline, tells its cost"
    )


# Mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "one of the two"),
        (["--baseline", "before", "--update", "x.json"], "one of the two"),
        (
            ["--baseline", "absent.json"],
            "--baseline absent.json: No such file or directory; `harness gate --update",
        ),
        (["--baseline", "before", "absent"], "no such directory: absent"),
        (["--baseline", "before", "--alpha", "0"], "--alpha 0: the chance of a false alarm"),
        (["--baseline", "before", "--alpha", "nan"], "--alpha nan: the chance of a false alarm"),
        (["--baseline", "before", "--margin", "-1"], "--margin '-1': should be 0.01"),
        (["--baseline", "before", "--margin", "nan"], "--margin 'nan': should be 0.01"),
        (["--baseline", "before", "--margin", "0.1,0.2"], "--margin '0.2': given twice"),
        (["--baseline", "before", "--margin", "acuracy=1"], "Did you mean 'accuracy'?"),
        (["--baseline", "before", "--max-cost-increase", "much"], "should be a share such as 0.1 or 10%"),
        (["--baseline", "before", "--max-p95-increase", "inf"], "should be a share such as 0.1 or 10%"),
        (["--baseline", "before", "--max-unanswered", "1.5"], "--max-unanswered '1.5'"),
        (["--baseline", "runs"], "of the baseline runs and of tonight"),
        (["--baseline", "before", "--junit", "before"], "--junit before: Is a directory"),
        (["--baseline", "text.json"], "not JSON"),
        (["--baseline", "list.json"], "not a baseline"),
        (["--update", "before"], "--update before: Is a directory"),
    ],
)
def test_mistakes_are_told_in_a_line(shell, night, words, complaint):
    night(BEFORE)
    shell.write("text.json", "baseline")
    shell.write("list.json", "[]")
    said = shell("gate", *words)
    assert (said.code, said.out) == (2, "")
    assert complaint in said.complaint


# Making a baseline ------------------------------------------------------------------------------------


def test_the_baseline_that_is_made_is_the_one_that_is_read(shell, night):
    night(FALLEN)
    said = shell("gate", "--update", "reports/baseline.json", "before")
    assert (said.code, said.out) == (0, "")
    size = os.path.getsize(shell.home / "reports/baseline.json")
    assert said.complaint == f"written: reports/baseline.json (1 run, {size:,} bytes)"
    by_file = shell("gate", "--baseline", "reports/baseline.json", "--json")
    by_folder = shell("gate", "--baseline", "before", "--json")
    assert by_file.json == by_folder.json
    assert by_file.code == 1


@pytest.mark.parametrize("answers", ["xxxx", "x" * 10 + BEFORE])
def test_no_baseline_is_made_of_a_run_that_says_nothing(shell, answers):
    fake_run(shell.home / "runs", "good", BEFORE)
    fake_run(shell.home / "runs", "bad", answers)
    shell.write("baseline.json", "as it was")
    said = shell("gate", "--update", "baseline.json")
    assert said.code == 3
    assert "reviews, bad: " in said.complaint
    assert (shell.home / "baseline.json").read_text() == "as it was"


def test_of_no_runs_no_baseline_is_made(shell):
    (shell.home / "runs").mkdir()
    assert shell("gate", "--update", "baseline.json").code == 2


def test_a_dated_baseline_says_when_it_was_made(shell, night):
    night(BEFORE)
    shell("gate", "--update", "baseline.json", "--dated")
    assert "made" in json.loads((shell.home / "baseline.json").read_bytes())
