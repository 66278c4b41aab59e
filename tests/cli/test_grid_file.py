"""A grid of runs as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.running import Project, one_line, said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


def run(project: Project, text: str, *more: str):
    project.write("grid.yaml", text)
    return project.harness("run", "grid.yaml", "--data-dir", "data", *more)


def labels(project: Project) -> dict[str, int]:
    """The rows of the project's runs, and how many examples each was asked."""
    return {said(one)["label"]: said(one)["task"]["n"] for one in project.runs()}


class TestWhatIsRun:
    def test_parts_take_their_options_from_the_defaults_and_their_own(self, project):
        done = run(
            project,
            "version: 1\ndefaults: {limit: 6}\nruns:\n"
            "  - {task: reviews, backend: [nb, random]}\n  - {task: reviews, backend: majority, limit: 4}\n",
        )
        assert done.returncode == 0, done.stderr
        assert labels(project) == {"nb": 6, "random": 6, "majority": 4}
        assert "| nb" in done.stdout

    def test_the_command_line_outweighs_the_file(self, project):
        done = run(project, "version: 1\nruns: [{task: reviews, backend: nb, limit: 6}]\n", "--limit", "3")
        assert done.returncode == 0, done.stderr
        assert labels(project) == {"nb": 3}

    def test_settings_of_the_file_and_of_the_command_line_are_one(self, project):
        several = "settings: [{ngram_min: 1}, {ngram_min: 2}]"
        text = f"version: 1\nruns: [{{task: reviews, backend: tfidf, {several}}}]\n"
        assert run(project, text, "-m", "ngram_max=4", "--limit", "4").returncode == 0
        assert len(labels(project)) == 2
        assert all("ngram_max=4" in label for label in labels(project))

    def test_a_higher_priority_comes_first_and_is_told_in_the_files_order(self, project):
        text = (
            "version: 1\ndefaults: {limit: 4}\nruns:\n"
            "  - {task: reviews, backend: nb}\n  - {task: reviews, backend: random, priority: 1}\n"
        )
        done = run(project, text, "--json")
        ran = json.loads(done.stdout)["runs"]
        assert [one["label"] for one in ran] == ["nb", "random"]
        assert ran[0]["started"] >= ran[1]["started"]

    def test_the_same_command_goes_on(self, project):
        text = "version: 1\nruns: [{task: reviews, backend: [nb, random]}]\n"
        run(project, text)
        done = run(project, text)
        assert done.stderr.count("is complete already") == 2


class TestWhenOneGoesWrong:
    TEXT = (
        "version: 1\non_error: {}\nruns:\n"
        "  - {{task: reviews, backend: dummy, settings: {{failure_rate: 1.0}}}}\n"
        "  - {{task: reviews, backend: majority}}\n"
    )

    @pytest.mark.parametrize(("on_error", "count"), [("go_on", 2), ("stop", 1)])
    def test_the_others_go_on_or_the_grid_stops_with_it(self, project, on_error, count):
        done = run(project, self.TEXT.format(on_error))
        assert done.returncode == 4
        assert len(project.runs()) == count


PURSE = """\
version: 1
defaults: {limit: 2, max_cost: 1USD}
runs:
  - {task: reviews, backend: dummy}
  - {task: reviews, backend: majority}
  - {task: reviews, backend: nb, max_cost: 2USD}
"""


def test_parts_spend_from_one_purse_but_those_that_have_their_own(project):
    from harness.evaluation.grid_file import read_grid
    from harness.options.running import RunOptions

    parts = read_grid(project.write("grid.yaml", PURSE), RunOptions((), ())).parts
    first, second, own = (part.options.budget for part in parts)
    assert first is second is not None
    assert own is not None
    assert str(own.limit) == "2 USD"


NB = "{task: reviews, backend: nb}"


def part(more: str) -> str:
    """A grid whose one part says `more`, in its third line."""
    return f"version: 1\nruns:\n  - {{task: reviews, backend: nb, {more}}}"


def with_defaults(said: str) -> str:
    """A grid whose defaults say something, in its second line."""
    return f"version: 1\ndefaults: {{{said}}}\nruns: [{NB}]"


SERVER = "settings: {base_url: 'http://10.0.0.1/v1'}"
WRONG = {
    "another version": (f"version: 2\nruns: [{NB}]", 1, "version should be 1"),
    "nothing to run": ("version: 1\nruns: []", 2, "runs should list"),
    "no backend": ("version: 1\nruns:\n  - {task: reviews}", 3, "backend is missing"),
    "a slip": (part("limits: 3"), 3, "no such key: 'limits'. Did you mean 'limit'?"),
    "a slip at the top": (f"version: 1\ndefault: {{}}\nruns: [{NB}]", 2, "Did you mean 'defaults'?"),
    "a word for a number": (part("repeat: often"), 3, "repeat should be"),
    "a number out of range": (part("repeat: 0"), 3, "repeat"),
    "a list for a mapping": ("version: 1\nruns:\n  - [reviews, nb]", 3, "should be a mapping"),
    "what else may happen": (f"version: 1\non_error: panic\nruns: [{NB}]", 2, "go_on or stop"),
    "a priority in words": (part("priority: high"), 3, "whole number"),
    "leave to run code": (with_defaults("trust_remote_code: true"), 2, "give --trust-remote-code"),
    "leave to run programs": (part("allow_code_execution: true"), 3, "give --allow-code-execution"),
    "leave to send a key": (part("allow_endpoint: 'http://10.0.0.1'"), 3, "give --allow-endpoint"),
    "a folder to read": (with_defaults("data_dir: /etc"), 2, "give --data-dir"),
    "a folder to write": (with_defaults("runs_dir: /tmp/x"), 2, "give --runs-dir"),
    "an address": (part(SERVER), 3, "base_url is not a grid's to say"),
    "a key": (part("settings: {nb.api_key_env: HOME}"), 3, "api_key_env is not a grid's to say"),
    "a file": (part("settings: [{file: /etc/passwd}]"), 3, "file is not a grid's to say"),
}


@pytest.mark.parametrize(("text", "line", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_line_before_anything_is_run(project, text, line, told):
    done = run(project, text)
    assert done.returncode == 2
    assert f"grid.yaml:{line}: " in one_line(done)
    assert told in one_line(done)
    assert project.runs() == []


def test_a_grid_names_its_tasks_itself(project):
    done = run(project, "version: 1\nruns: [{task: reviews, backend: nb}]", "-t", "reviews")
    assert done.returncode == 2
    assert "leave out -t and -b" in one_line(done)


def test_check_reads_grids_too(project):
    project.write("grid.yaml", "version: 1\nruns:\n  - {task: reviews, backend: nb, repeat: often}\n")
    done = project.harness("check", "grid.yaml")
    assert done.returncode == 2
    assert "grid.yaml:3: repeat should be" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("reviews", "nb"), "Type harness run -t reviews -b nb --data-dir data"),
        (("reviews", "nobody"), "Tasks are named by -t, backends by -b"),
        (("nightly.yaml",), "no such grid file: nightly.yaml"),
    ],
)
def test_tasks_and_backends_without_their_options_are_told_them(project, words, told):
    done = project.harness("run", *words, "--data-dir", "data")
    assert done.returncode == 2
    assert told in one_line(done)
