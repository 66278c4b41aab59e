"""Runs with --train-limit become a curve a system: how good it is by how much it learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.browsing import no_site
from tests.support.shell import Shell

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Shell(tmp_path, monkeypatch, capsys)


def curve(page: Path) -> dict[str, Any]:
    """Return what a task's page hands to Plotly under the heading."""
    from bs4 import BeautifulSoup

    parsed = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    (figure,) = [one for one in parsed.select("figure") if one.strong.get_text() == "Learning curves"]
    found: dict[str, Any] = orjson.loads(figure.script.decode_contents())
    return found


def test_accuracy_is_drawn_against_train_size(shell):
    run = ("run", "-t", "nsmc_fewshot", "-b", "nb,majority", "--sample", "--limit", "60", "--quiet")
    assert shell(*run, "--train-limit", "50,200,all").code == 0
    assert shell("report", "--out", "site").code == 0
    board = {row["system"]: row for row in shell("leaderboard", "--format", "json").json["rows"]}

    drawn = curve(shell.home / "site/tasks/nsmc-fewshot.html")
    lines = {trace["name"]: trace for trace in drawn["data"]}
    assert set(lines) == {"nb", "majority"}
    for system, line in lines.items():
        assert line["x"] == [50, 200, 400]
        labels = (f"{system} [train_limit=50]", f"{system} [train_limit=200]", system)
        assert line["y"] == [board[label]["cells"][0]["value"] for label in labels]
        assert len(line["error_y"]["array"]) == 3
    assert drawn["layout"]["xaxis"]["type"] == "log"
    assert drawn["layout"]["yaxis"]["title"]["text"].startswith("nsmc_fewshot accuracy")
