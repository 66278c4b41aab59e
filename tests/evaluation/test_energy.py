"""The energy of a run: told where it was asked for and measured, absent where not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from harness.evaluation import energy
from harness.records.run_schema import EnergyInfo, SessionInfo
from tests.support.fake_runs import fake_run
from tests.support.shell import Shell

RUN = ("run", "-q", "-t", "nsmc_zeroshot", "-b", "majority", "--sample", "--limit", "20")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


def said(shell: Shell) -> dict:
    (path,) = shell.home.glob("runs/*/*/*/run.json")
    return json.loads(path.read_bytes())


def test_a_run_that_was_not_asked_tells_none(shell):
    shell(*RUN)
    assert said(shell)["energy"] is None


def test_a_run_that_was_asked_tells_joules_and_how_they_were_found(shell):
    pytest.importorskip("codecarbon")
    done = shell(*RUN, "--energy")
    assert done.code == 0
    found = said(shell)["energy"]
    assert found["joules"] > 0
    assert found["co2_g"] > 0
    assert found["examples"] == 20
    assert "J/example" in done.out
    rapl = list(Path("/sys/class/powercap").glob("*rapl*/energy_uj"))
    assert ("an estimate, not measured" in found["method"]) or rapl


def test_without_the_package_nothing_is_begun(shell, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = shell(*RUN, "--energy")
    assert done.code == 3
    assert done.complaint == "harness: --energy needs codecarbon: pip install 'harness-ko[energy]'"
    assert not (shell.home / "runs").exists()


def test_energy_is_of_the_sessions_that_measured_theirs():
    used = EnergyInfo(joules=2.0, co2_g=0.5, method="so")
    sessions = [SessionInfo(answered=10, energy=used), SessionInfo(answered=5), SessionInfo(answered=7)]
    assert energy.total(sessions) == EnergyInfo(joules=2.0, co2_g=0.5, examples=10, method="so")
    assert energy.total(sessions[1:]) is None


def test_a_board_tells_joules_an_example(shell):
    fake_run(
        shell.home / "runs", run={"energy": {"joules": 50.0, "co2_g": 1.0, "examples": 20, "method": "m"}}
    )
    said = shell("leaderboard").out
    heads, _, row, *_ = said.split("\n")
    assert "J/example | g CO₂/1k" in heads
    assert [cell.strip() for cell in row.split("|")[-3:-1]] == ["2.5", "50.0"]
    assert "J/example: m." in said
