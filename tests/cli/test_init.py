"""`harness init`: a project that runs as it stands, word for word."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from harness import DISTRIBUTION
from harness.cli.init import FILES


def commands(out: str) -> list[list[str]]:
    """Return the commands under `next:`, as a shell would split them."""
    return [shlex.split(line) for line in out.partition("next:\n")[2].splitlines()]


def test_every_file_is_written_and_named(shell):
    said = shell("init", "project")
    assert (said.code, said.err) == (0, "")
    for name in FILES:
        assert (shell.home / "project" / name).is_file()
        assert f"written project/{name}\n" in said.out
    assert (shell.home / "project" / "reports").is_dir()


def test_what_it_says_next_works_word_for_word(shell):
    for first, *words in commands(shell("init").out):
        assert first == "harness"
        said = shell(*words)
        assert said.code == 0
    assert "| my_tfidf" in said.out
    assert "| majority" in said.out


def test_in_another_folder_it_says_to_go_there_first(shell, monkeypatch):
    cd, *rest = commands(shell("init", "my project").out)
    assert cd == ["cd", "my project"]
    monkeypatch.chdir(shell.home / cd[1])
    for _, *words in rest:
        assert shell(*words).code == 0


def test_what_the_tasks_own_comments_say_works(shell):
    shell("init")
    comment = (shell.home / "tasks/my_task.yaml").read_text(encoding="utf-8").splitlines()[1]
    typed = re.split(r" {3,}", comment.removeprefix("# "))
    assert len(typed) == 2
    for line in typed:
        assert shell(*shlex.split(line)[1:]).code == 0


def test_existing_files_are_kept(shell):
    shell.write("tasks/my_task.yaml", "mine")
    said = shell("init")
    assert "kept    tasks/my_task.yaml\n" in said.out
    assert (shell.home / "tasks/my_task.yaml").read_text() == "mine"


def test_a_second_time_nothing_changes(shell):
    shell("init")
    before = {path: path.read_bytes() for path in shell.home.rglob("*") if path.is_file()}
    assert "written" not in shell("init").out
    assert {path: path.read_bytes() for path in shell.home.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["project", "project/tasks"])
def test_a_file_in_the_way_is_a_mistake(shell, name):
    path = shell.write(name, "")
    said = shell("init", "project")
    assert said.code == 2
    assert str(path.relative_to(shell.home)) in said.complaint


def test_the_definitions_point_at_no_problem(shell):
    shell("init")
    said = shell("check", "tasks", "backends", "--json")
    assert (said.code, said.json["files"], said.json["problems"]) == (0, 2, [])


def nightly(shell) -> dict:
    shell("init")
    return yaml.safe_load((shell.home / ".github/workflows/nightly.yml").read_text(encoding="utf-8"))


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("direct", "installed"),
    [
        (
            {"url": "https://example.org/a/b", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"{DISTRIBUTION} @ git+https://example.org/a/b@{COMMIT}",
        ),
        (
            {"url": "https://example.org/b.whl", "archive_info": {}},
            f"{DISTRIBUTION} @ https://example.org/b.whl",
        ),
        ({"url": "https://me:secret@example.org/b", "vcs_info": {"commit_id": COMMIT}}, None),
        ({"url": "file:///home/me/b", "dir_info": {"editable": True}}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_nightly_workflow_installs_where_this_harness_came_from(shell, monkeypatch, direct, installed):
    monkeypatch.setattr("harness.cli.init._direct_url", lambda: direct)
    said = shell("init")
    (line,) = [step["run"] for step in steps_of(shell) if step.get("name") == "install"]
    if installed:
        assert shlex.split(line) == ["pip", "install", installed]
        return
    assert "secret" not in line
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("::error::write here what installs the harness, such as: pip install")
    number = re.search(r"fill in \.github/workflows/nightly\.yml:(\d+): what to install", said.out)[1]
    workflow = (shell.home / ".github/workflows/nightly.yml").read_text(encoding="utf-8").splitlines()
    assert "write here" in workflow[int(number) - 1]


def test_what_runs_models_can_write_nothing(shell):
    found = nightly(shell)
    assert found["permissions"] == {"contents": "read"}
    jobs = found["jobs"]
    assert "permissions" not in jobs["evaluate"]
    assert jobs["commit"]["permissions"] == {"contents": "write"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    assert not [
        step for job in ("commit", "comment") for step in jobs[job]["steps"] if "harness " in str(step)
    ]
    assert all(job["timeout-minutes"] <= 60 for job in jobs.values())


def test_a_pull_request_is_told_and_commits_nothing(shell):
    found = nightly(shell)
    assert "pull_request" in found[True]
    assert "!= 'pull_request'" in found["jobs"]["commit"]["if"]
    assert "== 'pull_request'" in found["jobs"]["comment"]["if"]
    assert "--body-file gate.md" in found["jobs"]["comment"]["steps"][-1]["run"]


def steps_of(shell, job: str = "evaluate") -> list[dict]:
    return nightly(shell)["jobs"][job]["steps"]


def test_the_nightly_workflow_runs_every_night_and_on_demand(shell):
    triggers = nightly(shell)[True]  # `on` is a bool to YAML 1.1
    assert triggers["schedule"] == [{"cron": "0 18 * * *"}]
    assert "workflow_dispatch" in triggers


def test_the_commands_of_the_nightly_workflow_do_what_it_says(shell):
    """The steps of the harness, in their order; the shell's own and the market's are left out."""
    steps = steps_of(shell)
    typed = [shlex.split(step["run"])[1:] for step in steps if step.get("run", "").startswith("harness ")]
    assert [words[0] for words in typed] == ["check", "run", "gate", "gate", "leaderboard", "leaderboard"]
    for words in typed:
        bare = words[: next((n for n, word in enumerate(words) if word in ("|", ">", "#")), len(words))]
        said = shell(*bare)
        assert said.code == 0
        if ">" in words and "|" not in words:
            shell.write(words[words.index(">") + 1], said.out)
    (kept,) = [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]
    assert all((shell.home / path).exists() for path in kept.split())
    assert (shell.home / "reports/leaderboard.md").read_text(encoding="utf-8").startswith("| rank")


def test_the_nightly_workflow_makes_a_baseline_where_there_is_none_and_then_keeps_it(shell):
    steps = nightly(shell)["jobs"]["evaluate"]["steps"]
    made, used = (step for step in steps if step.get("run", "").startswith("harness gate"))
    assert made["if"] == "${{ hashFiles('reports/baseline.json') == '' }}"
    assert "--update reports/baseline.json" in made["run"]
    assert "--baseline reports/baseline.json" in used["run"]


def test_a_night_without_answers_fails_the_nightly_workflow(shell):
    steps = nightly(shell)["jobs"]["evaluate"]["steps"]
    run, made, used = (
        shlex.split(step["run"].partition(" > ")[0])[1:]
        for step in steps
        if step.get("run", "").startswith(("harness run", "harness gate"))
    )
    shell(*run)
    shell(*made)
    shell.write("backends/my_tfidf.yaml", "adapter: dummy\nsettings: {failure_rate: 1}\n")
    shell(*run)
    assert shell(*used).code == 3


def test_the_nightly_workflow_judges_and_keeps_a_night_that_failed(shell):
    steps = nightly(shell)["jobs"]["evaluate"]["steps"]
    after = [step for step in steps if "gate.xml" in str(step) or "leaderboard" in str(step).lower()]
    assert len(after) == 5
    assert all(step["if"] == "${{ !cancelled() }}" for step in after)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_two_nights_with_the_same_figures_make_one_commit(shell):
    (commit,) = [step["run"] for step in steps_of(shell, "commit") if "git" in step.get("run", "")]
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", "far"], check=True, cwd=shell.home)
    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", "far"]):
        subprocess.run(["git", *words], check=True, cwd=shell.home)
    subprocess.run(["git", "config", "push.default", "current"], check=True, cwd=shell.home)
    for night, value in enumerate(("0.8", "0.8", "0.7")):
        shell.write("night/reports/figures.csv", f"system,value\na,{value}\n")
        shell.write("night/reports/leaderboard.md", f"| rank | 12.{night} ms |")
        subprocess.run(["bash", "-e", "-c", commit], check=True, cwd=shell.home, capture_output=True)
    log = ["git", "--git-dir", "far", "log", "--format=%s"]
    told = subprocess.run(log, check=True, cwd=shell.home, capture_output=True, text=True).stdout
    assert told.splitlines() == ["Leaderboard of the night"] * 2


def test_the_runs_of_the_project_are_not_committed(shell):
    shell("init")
    assert "runs/" in (shell.home / ".gitignore").read_text().splitlines()
