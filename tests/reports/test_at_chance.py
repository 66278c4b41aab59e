"""A network that learnt nothing says so beside its figure."""

from __future__ import annotations

import pytest

from harness.reports.run import load
from tests.support.fake_runs import fake_run

FIT = {"seconds": 1.0, "examples": 400, "reused": False, "steps": 20, "device": "cpu"}
LABELS = {"0": {"0": 1}, "1": {"1": 1}}


@pytest.mark.parametrize(
    ("answers", "changes", "marks"),
    [
        ("10" * 20, {"fit": FIT, "confusion": LABELS}, ["no better than a guess after 20 steps"]),
        ("1" * 40, {"fit": FIT, "confusion": LABELS}, []),
        ("10" * 20, {"fit": {**FIT, "steps": None}, "confusion": LABELS}, []),  # no network
        ("10" * 20, {"confusion": LABELS}, []),
    ],
)
def test_a_network_at_chance_is_marked(tmp_path, answers, changes, marks):
    fake_run(tmp_path, answers=answers, run=changes)
    (run,) = load([tmp_path], pytest.fail)
    assert run.marks == marks
