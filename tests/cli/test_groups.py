"""Groups as a user meets them: what runs of one that is not all here, its score, `show` and `check`."""

from __future__ import annotations

import pytest

from tests.support.shell import Said, Shell

TASK = """\
version: 1
description: reviews
data:
  format: jsonl
  files: {{train: {name}/train.jsonl, test: {name}/test.jsonl}}
fields: {{input: text, target: label}}
ask: choose
options: {{0: 부정, 1: 긍정}}
templates:
  plain: {{query: "{{{{ input }}}}"}}
metrics: [accuracy, macro_f1]
"""
RATED = """\
extends: here
ask: rate
range: [0, 5]
metrics: [pearson]
"""
ROWS = '{"text": "좋다", "label": 1}\n{"text": "싫다", "label": 0}\n' * 10
HERE = ("--data-dir", "data", "--quiet")


@pytest.fixture
def project(shell: Shell) -> Shell:
    """A project with the group `both`, of whose tasks `here` has its data and `away` has none."""
    for name in ("here", "away", "test_only"):
        shell.write(f"tasks/{name}.yaml", TASK.format(name=name))
    for path in ("here/train", "here/test", "test_only/test"):
        shell.write(f"data/{path}.jsonl", ROWS)
    shell.write("tasks/both.yaml", "score: {scale: 100}\nmembers: [away, here]\n")
    return shell


def complaints(said: Said) -> list[str]:
    return [line for line in said.err.splitlines() if line.startswith("harness: ")]


def ran(shell: Shell) -> list[str]:
    return sorted(path.parts[-4] for path in shell.home.glob("runs/*/*/*/run.json"))


class TestWhatIsNotHere:
    def test_a_member_without_data_is_one_line_and_the_others_run(self, project):
        said = project("run", "-t", "both", "-b", "random,majority,dummy", *HERE)
        assert said.code == 2
        (line,) = complaints(said)
        assert line.startswith("harness: the data of away is not here (data holds no away/test.jsonl")
        assert ran(project) == ["here"] * 3

    def test_a_task_that_the_user_named_stops_everything(self, project):
        for names in ("away,here", "both,away", "here,away"):
            said = project("run", "-t", names, "-b", "random", *HERE)
            assert said.code == 2
            assert said.complaint.startswith("harness: the data of away is not here")
        assert not ran(project)

    def test_of_all_tasks_those_run_whose_data_are_here(self, project):
        said = project("run", "-t", "all", "-b", "random", "--limit", "2", "--offline", *HERE)
        assert said.code == 2
        assert {"here", "test_only"} <= set(ran(project))
        assert "away" not in ran(project)
        assert len([line for line in complaints(said) if "the data of away " in line]) == 1

    def test_what_reads_no_train_split_is_not_stopped_by_one_that_is_not_here(self, project):
        project.write("tasks/both.yaml", "members: [test_only, here]\n")
        said = project("run", "-t", "both", "-b", "random,majority", *HERE)
        (line,) = complaints(said)
        assert (said.code, "test_only/train.jsonl" in line) == (2, True)
        assert ran(project) == ["here", "here", "test_only"]
        assert list(project.home.glob("runs/test_only/random/*/run.json"))

    def test_a_group_of_which_nothing_is_here_runs_nothing(self, project):
        project.write("tasks/both.yaml", "members: [away]\n")
        said = project("run", "-t", "both", "-b", "random", *HERE)
        assert (said.code, said.out, len(complaints(said))) == (2, "", 1)

    def test_a_member_that_a_backend_cannot_be_asked_is_one_line_too(self, project):
        project.write("tasks/rated.yaml", RATED)
        project.write("tasks/both.yaml", "members: [rated, here]\n")
        said = project("run", "-t", "both", "-b", "nb,random", *HERE)
        (line,) = complaints(said)
        assert (said.code, "nb (nb) cannot 'rate'" in line) == (2, True)
        assert ran(project) == ["here", "here", "rated"]
        assert project("run", "-t", "rated", "-b", "nb", *HERE).complaint == line

    def test_data_that_are_wrong_stop_everything_before_anything_runs(self, project):
        project.write("data/away/test.jsonl", ROWS + '{"text": "글", "label": 2}\n')
        said = project("run", "-t", "both", "-b", "random", *HERE)
        assert said.complaint.startswith("harness: data/away/test.jsonl:21: unknown label '2'")
        assert (said.code, ran(project)) == (2, [])

    def test_a_folder_of_data_that_is_none_stops_everything(self, project):
        said = project("run", "-t", "both", "-b", "random", "--data-dir", "nowhere")
        assert (said.code, said.complaint) == (2, "harness: --data-dir nowhere: no such folder")


class TestScore:
    def test_it_is_shown_after_a_run_of_the_group_that_lacks_a_member(self, project):
        said = project("run", "-t", "both", "-b", "dummy", *HERE)
        assert "| both  | score | away | here |" in said.out
        assert "1 of 2; without away" in said.out

    def test_it_is_shown_after_a_run_and_on_the_leaderboard(self, project):
        project.write("data/away/test.jsonl", ROWS)
        said = project("run", "-t", "both", "-b", "random", *HERE)
        assert (said.code, said.err) == (0, "")
        (line,) = [line for line in said.out.splitlines() if line.startswith("| random |")]
        assert line.endswith(" 2 of 2 |")
        assert line in project("leaderboard").out.splitlines()
        assert project("leaderboard", "-f", "json").json["groups"][0]["rows"][0]["missing"] == {}

    def test_one_that_cannot_be_made_is_found_before_anything_runs(self, project):
        project.write("tasks/both.yaml", "score: {}\nmembers: [here, {task: away, metrics: [acuracy]}]\n")
        said = project("run", "-t", "both", "-b", "random", *HERE)
        assert "both.yaml:2: 'acuracy' is no metric of away. Did you mean 'accuracy'?" in said.complaint
        assert (said.code, ran(project)) == (2, [])

    def test_a_group_that_no_run_is_of_is_said(self, project):
        project("run", "-t", "here", "-b", "random", *HERE)
        project.write("tasks/none.yaml", "members: [away]\n")
        said = project("leaderboard", "--group", "none")
        assert (said.code, said.complaint) == (2, "harness: --group none: no run is of one of its tasks")


class TestShowing:
    def test_a_group_is_shown_with_how_its_score_is_made(self, project):
        said = project("show", "both")
        assert (said.code, said.err) == (0, "")
        assert said.out == (
            "members:\n- away\n- here\nscore:\n  scale: 100.0\n"
            "# score: the mean of 2 figures, times 100\n#   away accuracy\n#   here accuracy\n"
        )

    def test_so_is_one_without_a_score_and_one_by_its_path(self, project):
        path = project.write("plain.yaml", "members: [here]\ndescription: one\n")
        assert project("show", "plain.yaml").out == "members:\n- here\ndescription: one\n"
        assert project("show", path).out == project("show", "plain.yaml").out

    def test_a_shipped_group_is_shown(self, project):
        assert "# score: the mean of 9 figures, times 100\n" in project("show", "glue").out

    def test_prompts_are_a_tasks(self, project):
        said = project("show", "both", "-n", "1")
        assert said.complaint.startswith("harness: both is a group; -n, -b, -m, --template")

    def test_a_wrong_group_is_named_with_its_line(self, project):
        project.write("tasks/both.yaml", "members: [here, awya]\n")
        told = project("show", "both").complaint
        assert "both.yaml:1: no task is called 'awya'. Did you mean 'away'?" in told


def test_check_names_every_problem_of_a_score(project):
    path = project.write("tasks/both.yaml", "members:\n- {task: here, part: x}\n- {task: away, weight: 2}\n")
    said = project("check", path)
    assert (said.code, len(said.out.splitlines())) == (2, 2)
    assert "both.yaml:2: 'part' is about a score" in said.out
    assert "both.yaml:3: 'weight' is about a score" in said.out


def test_editors_are_told_what_a_group_may_say(project):
    said = project("check", "--schema", "schemas")
    assert "schemas/group.schema.json   # first line of a group" in said.out
    assert (project.home / "schemas/group.schema.json").is_file()
