"""The gate's page names what fell: task, system, interval, a few examples; and says so of nothing else."""

from __future__ import annotations

from harness.reports.writers.translations import language
from tests.support.fake_runs import fake_run


def test_a_regression_names_task_system_interval_and_five_examples(shell):
    fake_run(shell.home / "runs", "bot", "1" * 60)
    shell("gate", "--update", "base.json")
    fake_run(shell.home / "tonight", "bot", "0" * 20 + "1" * 40)
    said = shell("gate", "--baseline", "base.json", "tonight")
    assert said.code == 1
    (line,) = [line for line in said.out.splitlines() if "fallen, for instance" in line]
    assert line.startswith("* reviews, bot: accuracy -0.3333 [-")
    assert line.endswith("e0, e1, e2, e3, e4")


def test_a_night_that_passes_names_none(shell):
    fake_run(shell.home / "runs", "bot", "1" * 60)
    shell("gate", "--update", "base.json")
    fake_run(shell.home / "tonight", "bot", "1" * 60)
    assert "fallen" not in shell("gate", "--baseline", "base.json", "tonight").out


def test_korean_says_the_same(shell):
    fake_run(shell.home / "runs", "bot", "1" * 60)
    shell("gate", "--update", "base.json")
    fake_run(shell.home / "tonight", "bot", "0" * 20 + "1" * 40)
    with language("ko"):
        assert "나빠진 예제: e0, e1" in shell("gate", "--baseline", "base.json", "tonight").out
