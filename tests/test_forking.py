"""Forked commands end, write and see their surroundings as those of `python -m harness` do."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support import forking


@pytest.mark.parametrize(
    "words",
    [("--version",), ("list", "metrics", "--json"), ("nowhere",), ("check", "tasks"), ("show", "mine")],
    ids=" ".join,
)
def test_a_fork_says_what_a_process_of_its_own_says(tmp_path, words):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/mine.yaml").write_text("extends: nsmc_fewshot\nmetrcs: [accuracy]\n")
    env = {**os.environ, "COLUMNS": "60", "PYTHONUTF8": "1"}
    alone = subprocess.run(
        [sys.executable, "-m", "harness", *words], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    forked = forking.run(words, tmp_path, env, timeout=120)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        *(alone.returncode, alone.stdout),
        alone.stderr,
    )


def test_no_call_sees_the_folder_or_the_environment_of_another(tmp_path):
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.yaml").write_text("adapter: dummy\n")
        env = {**os.environ, "HARNESS_CACHE": str(folder / "cache")}
        assert forking.run(["check", f"{name}.yaml"], folder, env, timeout=120).returncode == 0
        told = json.loads(forking.run(["doctor", "--json"], folder, env, timeout=120).stdout)
        assert told["cache"]["path"] == str(folder / "cache")


def test_what_takes_too_long_is_killed_and_the_next_call_is_not_answered_for_it(tmp_path):
    slow = ["run", "-t", "nsmc_fewshot", "-b", "dummy", "-m", "latency_ms=1000", "--sample", "-q"]
    with pytest.raises(subprocess.TimeoutExpired):
        forking.run(slow, tmp_path, os.environ, timeout=2)
    assert forking.run(["--version"], tmp_path, os.environ, timeout=120).stdout.startswith("harness ")
