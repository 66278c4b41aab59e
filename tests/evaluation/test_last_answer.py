"""A signal that comes after the last answer stops nothing that is not done."""

from __future__ import annotations

import os
import signal

import pytest

from harness.evaluation import progress


@pytest.fixture
def signalled(shell, monkeypatch):
    """A shell whose run is sent SIGTERM with its last answer."""
    step = progress.Counting.step

    def last(self, **how):
        step(self, **how)
        if self.done == self.total:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(progress.Counting, "step", last)
    return shell


def test_the_run_is_complete(signalled):
    said = signalled("run", "-t", "nsmc_fewshot", "-b", "majority", "--sample", "--limit", "5", "--json")
    assert said.code == 0
    assert [run["status"] for run in said.json["runs"]] == ["complete"]


def test_the_rest_of_a_grid_is_not_begun(signalled):
    words = ("run", "-t", "nsmc_fewshot", "-b", "majority,random", "--sample", "--limit", "5", "--json")
    said = signalled(*words)
    assert said.code == 130
    assert len(said.json["runs"]) == 1


def test_an_estimate_tells_the_time_of_an_earlier_run(shell):
    words = ("-t", "nsmc_fewshot", "-b", "majority", "--sample")
    assert "by the speed of the run" not in shell("estimate", *words).out
    shell("run", *words, "--limit", "5")
    assert "time of nsmc_fewshot · majority: by the speed of the run" in shell("estimate", *words).out
