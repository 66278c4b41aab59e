"""Code in a folder that somebody sent: it runs when the user says so, and at no other time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.running import REVIEWS, Project, here, rows
from tests.support.shell import Shell

RAN = "ran.txt"
EVIL = f"""\
from pathlib import Path
Path({RAN!r}).write_text("ran")
raise RuntimeError("ran")
"""
needs_evaluate = pytest.mark.skipif(find_spec("evaluate") is None, reason="evaluate is not installed")
RUN = ("run", "-t", "reviews", "-b", "majority", "--data-dir", "data")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a complete run in it."""
    project = Project(tmp_path_factory.mktemp("honest"))
    project.reviews(rows(10), rows(10, "t"))
    here(project, "majority")
    return project.home


@pytest.fixture
def cloned(shell: Shell, honest: Path) -> Path:
    """That project as somebody sends it on, his script and the metric that is called so within; its run."""
    shutil.copytree(honest, shell.home, dirs_exist_ok=True)
    for name in ("share", "accuracy"):
        shell.write(f"{name}/{name}.py", EVIL)
    (run,) = (shell.home / "runs").glob("*/*/*")
    return run


def plant(shell: Shell, run: Path, metric: str) -> None:
    """Let the project's task, and the run's own, name the metric."""
    shell.write("tasks/reviews.yaml", REVIEWS.replace("[accuracy,", f'["evaluate:{metric}", accuracy,'))
    kept = run / "task.yaml"
    kept.write_text(kept.read_text().replace("metrics:\n", f'metrics:\n- "evaluate:{metric}"\n', 1))
    about = run / "run.json"
    about.write_text(about.read_text().replace('"complete"', '"partial"', 1))
    journal = run / "samples.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:5]))


@needs_evaluate
@pytest.mark.parametrize("metric", ["./share", "share/share.py", "accuracy", "somebody/accuracy"])
@pytest.mark.parametrize("command", ["run", "resume", "rescore"])
def test_a_metric_s_script_runs_only_with_leave(shell, cloned, metric, command):
    plant(shell, cloned, metric)
    before = (cloned / "run.json").read_bytes()
    commands = {
        "run": RUN,
        "resume": ("run", "--data-dir", "data", "--resume", cloned),
        "rescore": ("rescore", cloned),
    }
    said = shell(*commands[command])
    assert said.code == 3
    assert "--trust-remote-code allows it" in said.err
    assert not (shell.home / RAN).exists()
    assert (cloned / "run.json").read_bytes() == before  # it says so before anything is written


@needs_evaluate
@pytest.mark.parametrize(
    "command",
    [("leaderboard",), ("report", "--out", "site"), ("list", "runs"), ("check",), ("show", "reviews")],
    ids=" ".join,
)
def test_what_only_reads_runs_none(shell, cloned, command):
    plant(shell, cloned, "./share")
    assert shell(*command).code == 0
    assert not (shell.home / RAN).exists()


@needs_evaluate
@pytest.mark.parametrize("metric", ["accuracy", "somebody/accuracy"])
def test_a_bare_name_is_never_a_script_here(shell, cloned, metric):
    plant(shell, cloned, metric)
    name = metric.rpartition("/")[2]
    shell.write(f"{metric}/{name}.py", EVIL)
    said = shell("rescore", cloned, "--trust-remote-code", "--offline")
    assert said.code == 2
    assert f"is the hub's, and {metric}/{name}.py would be run in its place" in said.err
    assert not (shell.home / RAN).exists()


@needs_evaluate
def test_what_the_user_s_own_argument_names_runs(shell, cloned):
    shell.write("answers.jsonl", '{"prediction": "1", "target": "1"}\n')
    project = Project(shell.home)
    project.apart = True  # where the library looks for code is read when it is imported
    project.env["HF_HOME"] = str(shell.home / "hf")
    said = project.harness("score", "answers.jsonl", "--metric", "evaluate:./share")
    assert "cannot be loaded: RuntimeError: ran" in said.stderr
    assert (shell.home / RAN).read_text() == "ran"


def test_the_working_directory_is_no_place_for_modules_or_plugins(tmp_path):
    """`python -m harness` would find both before what is installed."""
    for name in ("orjson", "yaml", "typer", "evil"):
        (tmp_path / f"{name}.py").write_text(EVIL)
    about = tmp_path / "evil-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[harness]\nevil = evil\n")
    command = [sys.executable, "-m", "harness", "list", "backends", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["backends"]
    assert not (tmp_path / RAN).exists()


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_a_pickle_is_refused_and_nobody_is_told_to_allow_it(tmp_path):
    import pickle

    import torch

    from harness.adapters.lm.model_files import explained
    from harness.errors import Unavailable
    from harness.schema import Profile

    class Evil:
        def __reduce__(self):
            return (exec, (EVIL,))

    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps(Evil()))
    (tmp_path / "config.json").write_text("{}")
    profile = Profile(name="sent", adapter="huggingface", model=str(tmp_path))
    with pytest.raises(Unavailable) as caught, explained(profile):
        torch.load(path, weights_only=True)
    assert "pickle" in str(caught.value)
    assert "safetensors" in str(caught.value)
    assert "weights_only" not in str(caught.value)
    assert not Path(RAN).exists()
