"""The committed board, made again from the letters beside it."""

from __future__ import annotations

import re

import pytest

from benchmarks import example
from harness.reports.run import load

SYSTEMS = ("GPT-5.1", "Phi-4")  # with calls that failed, filtered replies, replies that could not be read


@pytest.fixture
def remade(tmp_path, monkeypatch):
    """The lines of these systems in a board made from the letters: system → figure without its interval."""
    monkeypatch.chdir(tmp_path)  # and back at the end
    example.replay(tmp_path / "runs", SYSTEMS)
    runs = load([tmp_path / "runs"], pytest.fail)
    return {run.label: without_interval(example.shown(run)) for run in runs if run.label in SYSTEMS}


def without_interval(figure: str) -> str:
    return re.sub(r" \[.*?\]", "", figure)


def test_the_letters_give_the_committed_figures_failures_and_unread_replies(remade):
    lines = example.BOARD.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    assert remade == {row[2]: without_interval(row[3]) for row in cells if len(row) > 3 and row[2] in SYSTEMS}
