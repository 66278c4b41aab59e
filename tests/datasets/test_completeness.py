"""A part of a dataset, and files that are not the authors', are said and stand beside every figure."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from harness import load_runs
from harness.datasets.completeness import check
from harness.datasets.sources import Where, locate
from harness.tasks import task as tasks
from tests.support.running import Project

ROWS = {name: f"text\tlabel\n{name} 하나\t0\n{name} 둘\t1\n" for name in ("a", "B", "c")}
HASHES = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in ROWS.items()}
TASK = """\
version: 1
description: three files
data:
  format: tsv
  files: {{test: "set/*.tsv"}}
{source}
fields: {{input: text, target: label}}
options: {{0: 부정, 1: 긍정}}
ask: choose
templates: {{plain: {{query: "{{{{ input }}}}"}}}}
metrics: [accuracy]
"""
URLS = "  url:\n    test:\n" + "".join(
    f"      - {{url: 'https://example.org/{name}.tsv', sha256: {value}, path: set/{name}.tsv}}\n"
    for name, value in HASHES.items()
)
HUB = "  hub: {id: o/d, revision: main, files: {test: [set/a.tsv, set/b.tsv, set/c.tsv]}}"


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


def written(project: Project, source: str = URLS, **files: str) -> None:
    project.write("tasks/three.yaml", TASK.format(source=source))
    for name, text in files.items():
        project.write(f"data/set/{name}.tsv", text)


def found(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project.home)
    task = tasks.load("three")
    return check(task, locate(task, ["test"], Where(data_dir=project.home / "data"), lambda _: None))


class TestWhatIsNoticed:
    def test_a_whole_dataset_of_the_authors_own_files_is_nothing_to_say(self, project, monkeypatch):
        written(project, **ROWS)
        assert found(project, monkeypatch) is None

    def test_missing_files_are_counted_and_named(self, project, monkeypatch):
        written(project, a=ROWS["a"])
        facts = found(project, monkeypatch).facts()
        assert (facts.expected, facts.found, facts.altered) == (3, 1, [])
        assert facts.missing == ["set/B.tsv", "set/c.tsv"]

    def test_another_content_is_not_the_authors(self, project, monkeypatch):
        written(project, **ROWS | {"c": ROWS["a"]})
        facts = found(project, monkeypatch).facts()
        assert (facts.found, facts.missing, facts.altered) == (3, [], ["set/c.tsv"])

    def test_a_packed_copy_is_compared_unpacked(self, project, monkeypatch):
        written(project, a=ROWS["a"], B=ROWS["B"])
        packed = Path(project.home / "data/set/c.tsv.gz")
        packed.write_bytes(gzip.compress(ROWS["c"].encode()))
        assert found(project, monkeypatch) is None
        packed.write_bytes(gzip.compress(b"text\tlabel\nx\t0\n"))
        assert found(project, monkeypatch).altered == ("set/c.tsv",)

    def test_another_case_is_the_same_file(self, project, monkeypatch):
        written(project, a=ROWS["a"], b=ROWS["B"], C=ROWS["c"])
        assert found(project, monkeypatch) is None

    def test_a_git_blob_is_a_hash_as_well(self, project, monkeypatch):
        body = ROWS["a"].encode()
        blob = hashlib.sha1(f"blob {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()
        one = f"  url: {{test: {{url: 'https://example.org/a.tsv', git_blob: {blob}, path: set/a.tsv}}}}"
        written(project, one, a=ROWS["a"])
        assert found(project, monkeypatch) is None
        written(project, one, a=ROWS["B"])
        assert found(project, monkeypatch).altered == ("set/a.tsv",)

    def test_of_a_hub_the_files_are_known_and_their_hashes_not(self, project, monkeypatch):
        written(project, HUB, a=ROWS["c"])
        facts = found(project, monkeypatch).facts()
        assert (facts.found, facts.expected, facts.altered) == (1, 3, [])

    def test_a_hub_that_keeps_the_data_in_another_form_says_nothing(self, project, monkeypatch):
        written(project, "  hub: {id: o/d, revision: main, files: {test: [x.parquet]}}", a=ROWS["a"])
        assert found(project, monkeypatch) is None

    def test_files_of_the_user_s_own_under_other_names_are_no_part(self, project, monkeypatch):
        written(project, URLS, mine=ROWS["a"])
        assert found(project, monkeypatch) is None


def test_a_part_is_said_before_the_run_and_beside_its_figure_everywhere(project):
    written(project, a=ROWS["a"], c=ROWS["B"])
    done = project.harness("run", "-t", "three", "-b", "dummy", "--data-dir", "data")
    assert done.returncode == 0, done.stderr
    assert "three: 2 of 3 files are here, without B.tsv; c.tsv is not its authors' file" in done.stderr
    marks = "2 of 3 files, not the authors' files: 1"
    assert marks in done.stdout
    assert json.loads((project.only() / "run.json").read_text("utf-8"))["data"]["files"]["expected"] == 3
    for kind in ("md", "html", "csv"):
        shown = project.harness("leaderboard", "--format", kind).stdout
        assert "2 of 3 files" in shown, kind
    assert "파일 3개 중 2개" in project.harness("leaderboard", "--lang", "ko").stdout
    (one,) = load_runs(project.home / "runs")
    assert "2 of 3 files" in repr(one)


def test_a_sample_is_no_part_of_the_dataset(project):
    done = project.harness("run", "-t", "kmmlu_humss", "-b", "dummy", "--sample")
    assert "files" not in done.stdout
