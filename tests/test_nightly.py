"""The repository's own nightly: its commands work as they are written, and nothing in it is secret."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.backends import backend as backends
from harness.tasks import task as tasks
from tests.support.paths import ROOT
from tests.support.shell import Shell

TEXT = (ROOT / ".github/workflows/nightly.yml").read_text(encoding="utf-8")
STEPS: list[dict[str, Any]] = yaml.safe_load(TEXT)["jobs"]["classical"]["steps"]
TYPED = [shlex.split(step["run"])[1:] for step in STEPS if step.get("run", "").startswith("harness ")]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell where the workflow starts: the committed baseline, and nothing else."""
    monkeypatch.chdir(tmp_path)
    for name in ("HARNESS_DATA", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    shutil.copytree(ROOT / "reports", tmp_path / "reports")
    return Shell(tmp_path, monkeypatch, capsys)


def offline(words: list[str]) -> list[str]:
    """Return the command on the sample: the real data are not for a test to download."""
    real = words[0] == "run" and "--sample" not in words
    return [*words, "--sample"] if real else words


def test_its_commands_run_and_pass_in_their_order(shell):
    assert [words[0] for words in TYPED] == ["run", "gate", "run", "gate", "gate", "leaderboard"]
    for words in TYPED:
        said = shell(*offline(words))
        assert said.code == 0, said.err


def test_the_committed_baseline_is_of_the_commands_own_runs(shell):
    run, gate = TYPED[:2]
    shell(*run)
    found = shell(*gate, "--json").json
    assert [(line["system"], line["before"] == line["now"]) for line in found["lines"][::2]] == [
        *(("majority", True), ("nb", True), ("tfidf", True))
    ]
    assert found["new"] == []


def test_a_broken_backend_would_ring(shell):
    run, gate = TYPED[:2]
    shell.write("backends/tfidf.yaml", "adapter: dummy\nsettings: {reply: 부정}\n")
    assert shell(*run).code == 0
    assert shell(*gate).code == 1


def test_its_tasks_and_backends_are_there():
    for words in TYPED:
        for flag, load in (("-t", tasks.load), ("-b", backends.load)):
            for word in [words[i + 1] for i, one in enumerate(words) if one == flag]:
                assert all(map(load, word.split(",")))


def test_it_needs_no_secret_and_may_write_nothing():
    assert "secrets." not in TEXT
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}
