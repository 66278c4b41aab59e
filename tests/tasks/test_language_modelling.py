"""Language modelling: the news on file and the samples, and any text of one's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.datasets import examples as datasets
from harness.datasets.sources import Where, locate
from harness.schema import Example
from harness.tasks import task as tasks
from harness.text.normalize import nfc
from tests.support.paths import DATA
from tests.support.shell import Shell

needs_data = pytest.mark.skipif(not (DATA / "koen_news").is_dir(), reason="the real data is not here")
BOTH = ("korean_news_lm", "english_news_lm")
HANGUL = re.compile("[가-힣]")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return Shell(tmp_path, monkeypatch, capsys)


def examples(name: str, split: str, *, sample: bool) -> list[Example]:
    task = tasks.load(name)
    source = locate(task, [split], Where(None if sample else DATA, sample=sample), lambda _: None)
    return list(datasets.examples(task, source, split))


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("split", "rows"), [("dev", 1000), ("test", 2000)])
def test_every_line_is_a_text(name, split, rows):
    found = examples(name, split, sample=False)
    assert len(found) == rows
    assert all(example.fields["text"] == example.target != "" for example in found)


@pytest.mark.data
@needs_data
def test_each_language_reads_its_own_side():
    def hangul(name: str) -> int:
        return sum(bool(HANGUL.search(str(e.target))) for e in examples(name, "test", sample=False))

    assert hangul("korean_news_lm") == 1997  # three lines hold none, as the data's README says
    assert hangul("english_news_lm") < 20


@pytest.mark.parametrize("name", BOTH)
def test_the_sample_has_two_dozen_texts_that_all_differ(name):
    texts = [str(e.target) for split in ("dev", "test") for e in examples(name, split, sample=True)]
    assert len(texts) == len(set(texts)) == 24
    assert all(nfc(text) == text == text.strip() for text in texts)
    assert {bool(HANGUL.search(text)) for text in texts} == {name == "korean_news_lm"}


@pytest.mark.parametrize("name", BOTH)
def test_a_model_that_knows_nothing_needs_eight_bits_a_byte(shell, name):
    shell("run", "-t", name, "-b", "random", "--sample", "--quiet")
    (path,) = shell.home.glob("runs/*/*/*/run.json")
    metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    assert metrics["bits_per_byte"]["value"] == pytest.approx(8, abs=1e-12)
    assert metrics["perplexity"]["value"] == pytest.approx(256)


def test_the_task_in_the_comment_is_a_task(shell):
    text = tasks.load("korean_news_lm").document.path.read_text(encoding="utf-8")
    lines = re.findall(r"^#     (.*)$", text, re.MULTILINE)
    shell.write("tasks/diary.yaml", "\n".join(lines) + "\n")
    shell.write("data/diary.jsonl", '{"body": "오늘은 맑았다."}\n{"body": ""}\n')
    said = shell("run", "-t", "diary", "-b", "random", "--data-dir", "data", "--json")
    assert said.code == 0
    (path,) = shell.home.glob("runs/diary/*/*/run.json")
    assert json.loads(path.read_text(encoding="utf-8"))["metrics"]["bits_per_character"]["value"] > 8
