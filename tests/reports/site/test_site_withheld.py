"""A site that may be published where the data may not: no text of a data set, and all that is no text."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import no_site, says, why_not
from tests.support.fake_runs import fake_run
from tests.support.shell import Shell

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))
needs_browser = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

INPUT, ANSWER, OWN = "비밀입력", "비밀정답", "비밀보기"  # planted: of no file but the runs'
MANY = 30


def review(row: int) -> dict[str, Any]:
    """A review: a label is right."""
    shares = {"option_scores": [-0.5, -1.5], "text": f"{ANSWER} 감상 {row}"}
    return {
        "request": {"fields": {"input": f"{INPUT} {row}"}, "options": ["부정", "긍정"]},
        "response": shares,
    }


def choice(row: int) -> dict[str, Any]:
    """A question with options of its own, asked with worked examples in a chat."""
    asked = {"messages": [{"role": "user", "content": f"{INPUT} {row}"}], "context": f"{INPUT} 지문"}
    return {
        "request": {**asked, "options": [f"{OWN} 가 {row}", f"{OWN} 나 {row}"]},
        "response": {"text": OWN},
    }


def question(row: int) -> dict[str, Any]:
    """A question that is answered in words; one request failed, and its error quotes it."""
    error = {"kind": "invalid_request", "message": f"cannot read: {INPUT} {row}"}
    response = {"text": f"{ANSWER} {row}", **({"error": error} if row == 3 else {})}
    return {
        **{"request": {"prompt": f"{INPUT} {row}?"}, "response": response},
        **{"prediction": None if row == 3 else f"{ANSWER} {row}", "target": [f"{ANSWER} {row}", ANSWER]},
    }


def runs(folder: Path) -> None:
    """Two runs a task: labels, options of an example's own, free answers."""
    labels = {"options": {"0": "부정", "1": "긍정"}}
    free = {"options": {}, "ask": "generate", "metrics": ["exact_match"]}
    sentences = {
        "options": {"1": "{{ first }}", "0": "{{ second }}"},
        "fields": {"id": "id", "input": "text", "first": "a", "second": "b", "target": "label"},
    }
    for system in ("하나", "둘"):
        answers = "01" * (MANY // 2) if system == "둘" else "1" * MANY
        fake_run(folder, system, answers, task="reviews", changes=labels, journal=review)
        fake_run(folder, system, answers, task="choices", changes=sentences, journal=choice)
        stopped = {"status": "partial", "stopped_because": f"1 failed: cannot read: {INPUT} 3"}
        fake_run(folder, system, "111x", task="questions", run=stopped, changes=free, journal=question)


def contents(site: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file; of data, what a page makes of it."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        found = re.fullmatch(r'harnessData\("\w+","([^"]*)"\);\n', text)
        yield path.name, zlib.decompress(base64.b64decode(found[1])).decode() if found else text


def planted(site: Path) -> set[str]:
    """Return the planted texts that any file of a site holds, written in any way that JSON and HTML know."""
    ways = {
        way: word
        for word in (INPUT, ANSWER, OWN)
        for way in (word, json.dumps(word)[1:-1], ascii(word)[1:-1])
    }
    return {word for _, text in contents(site) for way, word in ways.items() if way in text}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs."""
    made = tmp_path_factory.mktemp("withheld")
    runs(made / "runs")
    return made


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    """The site of the runs without texts, of each run the first 20 examples."""
    with pytest.MonkeyPatch.context() as patch:
        from typer.testing import CliRunner

        from harness.cli.app import app

        patch.chdir(folder)
        done = CliRunner().invoke(app, ["report", "--out", "site", "--no-texts", "--examples", "20"])
    assert done.exit_code == 0, done.output
    return folder / "site"


def test_the_texts_would_be_there(folder, tmp_path):
    from harness.cli.report import report

    report(out=tmp_path / "site", runs=[folder / "runs"])
    assert planted(tmp_path / "site") == {INPUT, ANSWER, OWN}


def test_no_file_of_the_site_has_a_planted_text(site):
    assert planted(site) == set()


def chunks(site: Path) -> list[Any]:
    return [json.loads(text) for name, text in contents(site) if re.fullmatch(r"[0-9a-f]{20}\.js", name)]


def test_labels_places_of_options_and_verdicts_stay(site):
    rows = [row for chunk in chunks(site) if isinstance(chunk, list) for row in chunk]
    asked = [row for row in rows if isinstance(row, list)]
    said = [row for row in rows if isinstance(row, dict)]
    assert [{"options": ["부정", "긍정"]}, "1"] in asked
    assert [{"options": ["1", "0"]}, "1"] in asked
    assert [{}, "(left out)"] in asked
    assert {row["prediction"] for row in said} == {"0", "1", "(left out)", None}
    assert {row["error"]["kind"] for row in said if "error" in row} == {"invalid_request"}
    states = {chunk["states"] for chunk in chunks(site) if isinstance(chunk, dict) and "states" in chunk}
    assert states == {"r" * 20, "wr" * 10, "rrrf"}


def test_figures_and_pictures_are_of_all_examples(site):
    page, _ = [text for name, text in contents(site) if name.startswith("reviews-run")]
    assert "The first 20 of 30 examples are here." in page
    assert "n&nbsp;30" in page


def test_help_says_what_is_left_out(tmp_path, monkeypatch, capsys):
    said = Shell(tmp_path, monkeypatch, capsys)("report", "--help").out
    assert "--no-texts" in said
    assert "licence" in said


@needs_browser
def test_an_example_shows_what_is_left(reader):
    name = next(path.name for path in (reader.site / "runs").iterdir() if path.name.startswith("choices"))
    page = reader.open(f"runs/{name}#id=e3")
    example = page.locator("details[open]")
    example.wait_for()
    assert example.locator("table th[scope=row]").all_inner_texts() == ["1", "0"]
    assert example.locator("table td:nth-child(2)").first.inner_text().startswith("right")
    assert page.locator("[name=text]").is_hidden()
    says(page.locator("#found"), "20 of 20 examples")
