"""Forty hostile strings on a terminal: lists, runs, progress, comparisons, a gate. All of it is text."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import yaml
from rich.console import Console

from harness.evaluation import progress
from harness.evaluation.progress import Bar, Plain
from harness.records import run_file
from harness.terminal import say
from harness.text.width import plain
from tests.support.fake_runs import fake_run
from tests.support.hostile import HOSTILE
from tests.support.shell import Shell

LENGTH = 2000  # characters of each: what a terminal obeys stands in the first of them
TEXTS = [text[:LENGTH] for text in HOSTILE.values()]


def obeyed(text: str) -> set[str]:
    """Return the characters that a terminal acts on, or that show nothing or the text the wrong way round."""
    return {sign for line in text.split("\n") for sign in line if not sign.isprintable()}


def hostile_run(folder: Path, place: int) -> Path:
    """Write a run that is called as a hostile string wherever it has a name, and says it in its answers."""
    text = TEXTS[place]
    about = {
        **{"label": text, "task": {"name": text}, "given": {"reply": text}, "command": f"harness run {text}"},
        "backend": {"name": text, "kind": text, "licence": text, "model": text},
    }
    said = {"request": {"prompt": text}, "response": {"text": text}}
    return fake_run(
        folder, text, "1100" if place % 2 else "1111", task=f"task{place}", run=about, journal=lambda _: said
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run a string."""
    folder = tmp_path_factory.mktemp("hostile")
    for place in range(len(TEXTS)):
        hostile_run(folder / "runs", place)
    return folder / "runs"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, monkeypatch, capsys)


def test_a_list_of_runs_has_each_on_a_line_of_its_own(shell, runs):
    said = shell("list", "runs", "--runs-dir", str(runs))
    assert said.code == 0
    assert len(said.out.splitlines()) == 1 + len(TEXTS)
    assert obeyed(said.out + said.err) == set()
    assert all(plain(text) in said.out for text in TEXTS)


def test_a_list_for_programs_has_the_strings_as_they_are(shell, runs):
    said = shell("list", "runs", "--runs-dir", str(runs), "--json")
    assert {row["backend"] for row in said.json["runs"]} == set(TEXTS)
    assert obeyed(said.out) == set()


def test_a_run_shown_is_text_that_reads_back(shell, tmp_path, runs):
    directory = fake_run(tmp_path / "all", "all", "1100", run={"given": dict(enumerate_texts())})
    said = shell("show", str(directory))
    assert said.code == 0
    assert obeyed(said.out + said.err) == set()
    document = json.loads((directory / run_file.RUN).read_bytes())
    assert document.pop("latency_s") is None  # of a run that timed nothing: the model has nothing to show
    assert yaml.safe_load(said.out) == document


def enumerate_texts() -> Iterator[tuple[str, str]]:
    for place, text in enumerate(TEXTS):
        yield f"setting{place}", text


def test_a_line_said_on_the_way_is_one_line(capsys):
    for text in TEXTS:
        say(f"warning: {text}")
    lines = capsys.readouterr().err.split("\n")
    assert len(lines) == len(TEXTS) + 1
    assert obeyed("".join(lines)) == set()


def test_progress_in_a_log_is_a_line_each(capsys):
    shown = Plain()
    for text in TEXTS:
        shown.start(text, 1, 0)
        shown.phase(f"fitting {text}")
        shown.step(failed=False, score=None)
        shown.stop()
    said = capsys.readouterr().err
    assert said.count("\n") == 2 * len(TEXTS)
    assert obeyed(said) == set()


def test_progress_on_a_terminal_obeys_no_name(monkeypatch):
    drawn = io.StringIO()
    line = progress._line

    def recorded():
        made = line()
        made.live.console = Console(file=drawn, width=10_000, force_terminal=False)
        return made

    monkeypatch.setattr(progress, "_line", recorded)
    for text in TEXTS:
        shown = Bar()
        shown.start(text, 1, 0)
        shown.phase(f"fitting {text}")
        shown.stop()
    assert obeyed(drawn.getvalue()) == set()
    assert "<script>alert(1)</script>" in drawn.getvalue()


def test_a_comparison_and_a_gate_print_text(shell, tmp_path, runs):
    for place in range(0, len(TEXTS), 8):
        one = next((runs / f"task{place}").iterdir())
        other = hostile_run(tmp_path / "other", place)
        task = orjson.loads((one / run_file.RUN).read_bytes())["task"]["name"]
        assert task == TEXTS[place]
        said = shell("compare", str(one), str(other))
        assert said.code == 0, said.err
        assert obeyed(said.out + said.err) == set()
    said = shell(
        "gate", "--baseline", str(runs), str(tmp_path / "other"), "--junit", str(tmp_path / "gate.xml")
    )
    assert said.code == 3  # most runs are not there tonight
    assert obeyed(said.out + said.err) == set()
    assert obeyed((tmp_path / "gate.xml").read_text(encoding="utf-8")) == set()


ECHO = """\
version: 1
description: the strings as inputs
data: {format: jsonl, files: {train: rows.jsonl, test: rows.jsonl}}
fields: {id: id, input: text, target: text}
ask: generate
templates:
  plain: {query: "{{ input }}"}
shots: {k: 1, from: train}
metrics: [exact_match]
"""


def test_prompts_shown_and_answers_tried_are_text(shell):
    shell.write("tasks/echo.yaml", ECHO)
    rows = [orjson.dumps({"id": text[:40], "text": text}) for text in dict.fromkeys(TEXTS) if text.strip()]
    shell.write("data/rows.jsonl", b"\n".join(rows).decode())
    said = shell("show", "echo", "-n", str(len(rows)), "--data-dir", "data")
    assert said.code == 0, said.err
    assert said.out.count("\n# ") > len(rows)
    assert obeyed(said.out + said.err) == set()
    tried = shell("try", "-t", "echo", "-b", "dummy", "--data-dir", "data", *TEXTS[31:38])
    assert tried.code == 0, tried.err
    assert obeyed(tried.out + tried.err) == set()


def test_a_leaderboard_of_all_prints_text(shell, runs):
    said = shell("leaderboard", "--runs-dir", str(runs))
    assert said.code == 0
    assert obeyed(said.out + said.err) == set()
