"""Runs with --train-limit become a curve a system: how good it is by how much it learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browsing import no_site
from tests.support.shell import Shell

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


def curve(page: Path) -> dict[str, list[float]]:
    """Return the tips of the curve's points by system, as a task's page has them under the heading."""
    from bs4 import BeautifulSoup

    parsed = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    figure = next(f for f in parsed.select("figure") if f.strong.get_text() == "Learning curves")
    found: dict[str, list[float]] = {}
    for tip in figure.select(".at-desk .point title"):
        name, _, value = tip.get_text().rpartition(", ")
        found.setdefault(name, []).append(float(value.split(": ")[1]))
    return found


def test_accuracy_is_drawn_against_train_size(shell):
    run = ("run", "-t", "nsmc_fewshot", "-b", "nb,majority", "--sample", "--limit", "60", "--quiet")
    assert shell(*run, "--train-limit", "50,200,all").code == 0
    assert shell("report", "--out", "site").code == 0
    board = {row["system"]: row for row in shell("leaderboard", "--format", "json").json["rows"]}

    lines = curve(shell.home / "site/tasks/nsmc-fewshot.html")
    assert set(lines) == {"nb", "majority"}
    for system, line in lines.items():
        labels = (f"{system} [train_limit=50]", f"{system} [train_limit=200]", system)
        assert line == pytest.approx([board[label]["cells"][0]["value"] for label in labels], abs=5e-5)
