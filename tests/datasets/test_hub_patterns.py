"""A pattern means those files that the hub lists, of one commit; the hubs' own layouts are read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.running import Project
from tests.support.servers import Server, status, whole

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LETTERS = "ABCDEFGHIJ"


def parquet(*rows: Mapping[str, Any]) -> bytes:
    import pyarrow
    from pyarrow.parquet import write_table

    stream = io.BytesIO()
    write_table(pyarrow.Table.from_pylist(list(rows)), stream)
    return stream.getvalue()


def csv(*rows: Mapping[str, Any]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    return "\n".join(lines).encode() + b"\n"


def serve(server: Server, repo: str, files: Mapping[str, bytes], revision: str = "main") -> None:
    """Serve a repository as the hub does: what it holds at a revision, and each file at the commit."""
    told = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
    server.answer(
        f"/api/datasets/{repo}/revision/{quote(revision, safe='')}",
        whole(json.dumps(told).encode(), Content_Type="application/json"),
    )
    for name, content in files.items():
        etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        answer = whole(content, ETag=f'"{etag}"', X_Repo_Commit=COMMIT, Accept_Ranges="bytes")
        for at in (COMMIT, revision):
            server.answer(f"/datasets/{repo}/resolve/{quote(at, safe='')}/{name}", answer)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)  # read as the library was imported
    project = Project(tmp_path)
    project.env |= {"HARNESS_MIRROR": server.url, "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "0"}
    return project


def sizes(run: dict[str, Any], field: str) -> dict[str, int]:
    """Return how many examples each group of a field has."""
    return {group: next(iter(metrics.values()))["n"] for group, metrics in run["breakdown"][field].items()}


def exam(of: str, answer: object = 2, **more: object) -> dict[str, object]:
    options = {letter: f"{of} {letter}" for letter in "ABCD"}
    return {"question": f"{of}에 관한 물음", **options, "answer": answer, **more}


# What each suite's repository holds, by its card and by others' loaders; the rows are ours.
LAYOUTS: dict[str, tuple[str, str, dict[str, bytes]]] = {
    "hrm8k": (
        "HAERAE-HUB/HRM8K",
        "main",
        {
            "README.md": b"card",
            "HRM8K/gsm8k_test.csv": csv({"question": "2+3은?", "answer": 5.0, "original": "2+3?"}),
            "HRM8K/math_do_test.csv": csv({"question": "7-3은?", "answer": 4.0, "original": "7-3?"}),
            "HRM8K/omni-math_do_test.csv": csv({"question": "2*3은?", "answer": 6.0, "original": "2*3?"}),
        },
    ),
    "kmmlu_hard": (
        "HAERAE-HUB/KMMLU-HARD",
        "refs/convert/parquet",
        {
            "law/dev/0000.parquet": parquet(exam("법", 1)),
            "law/test/0000.parquet": parquet(exam("법", 2), exam("법", 3)),
            "math/test/0000.parquet": parquet(exam("수학", "D")),
        },
    ),
    "kormedmcqa": (
        "sean0042/KorMedMCQA",
        "main",
        {
            f"{subject}/{split}-00000-of-00001.parquet": parquet(
                exam(subject, 5, E=f"{subject} E", subject=subject, year=2020, cot="")
            )
            for subject in ("dentist", "doctor", "nurse", "pharm")
            for split in ("train", "dev", "test", "fewshot")
        },
    ),
    "kosimpleqa": (
        "bzantium/KoSimpleQA",
        "main",
        {"kosimpleqa.jsonl": '{"topic": "역사", "problem": "물음", "answer": "답", "urls": ""}\n'.encode()},
    ),
    "haerae": (
        "HAERAE-HUB/HAE_RAE_BENCH_1.1",
        "main",
        {
            f"{kind}/test-00000-of-00001.parquet": parquet(
                {"query": f"{kind} 물음", "options": options, "answer": "(B)"}
            )
            for kind, options in (("history", ["가", "나"]), ("loan_words", "가 | 나"))
        },
    ),
}
SOURCES = {
    "kosimpleqa": ("topic", {"역사": 1}),
    "hrm8k": ("source", {"gsm8k": 1, "math": 1, "omni-math": 1}),
    "kmmlu_hard": ("category", {"law": 2, "math": 1}),
    "kormedmcqa": ("subject", {"dentist": 1, "doctor": 1, "nurse": 1, "pharm": 1}),
    "haerae": ("category", {"history": 1, "loan_words": 1}),
}


@pytest.mark.parametrize("task", LAYOUTS)
def test_a_suite_is_read_from_its_hubs_own_layout(task, project, server):
    repo, revision, files = LAYOUTS[task]
    serve(server, repo, files, revision)
    done = project.harness("run", "-t", task, "-b", "dummy", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["runs"]
    group, counts = SOURCES[task]
    assert sizes(found, group) == counts


def test_kobalts_list_is_read_though_its_name_says_lines(project, server):
    question = "다음 중 맞는 것은?\n" + "\n".join(f"{letter}: 보기 {letter}" for letter in LETTERS)
    rows = [{"ID": "1", "Class": "Syntax", "Subclass": "Agreement", "Level": 2}]
    rows = [{**row, "Question": question, "Answer": "C"} for row in rows]
    repo, commit = "snunlp/KoBALT-700", "30c30a431066508e6bef77cfa6d6059b85b12f0d"
    content = json.dumps(rows).encode()
    answer = whole(content, ETag='"x"', X_Repo_Commit=commit, Accept_Ranges="bytes")
    server.answer(f"/datasets/{repo}/resolve/{commit}/data/train.jsonl", answer)
    done = project.harness("run", "-t", "kobalt", "-b", "random", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["runs"]
    assert sizes(found, "area") == {"Syntax": 1}


def test_offline_a_pattern_means_the_files_that_it_meant_before(project, server):
    repo, revision, files = LAYOUTS["kmmlu_hard"]
    serve(server, repo, files, revision)
    assert project.harness("data", "get", "kmmlu_hard").returncode == 0
    asked = len(server.seen)
    assert project.harness("run", "-t", "kmmlu_hard", "-b", "random", "--offline").returncode == 0
    assert len(server.seen) == asked


def test_offline_without_a_listing_the_pattern_is_not_guessed(project, server):
    done = project.harness("run", "-t", "kmmlu_hard", "-b", "random", "--offline")
    assert done.returncode == 3
    assert "its list of files" in done.stderr
    assert not server.seen


def test_a_pattern_that_nothing_fits_names_what_is_there(project, server):
    serve(server, "HAERAE-HUB/HRM8K", {"all.csv": b"question,answer\n"})
    done = project.harness("run", "-t", "hrm8k", "-b", "random")
    assert done.returncode == 3
    assert "has no file 'HRM8K/*_test.csv' at main, but all.csv" in done.stderr


def test_a_hub_that_does_not_list_is_said_in_one_line(project, server):
    server.answer("/api/datasets/HAERAE-HUB/HRM8K/revision/main", status(404, X_Error_Code="RepoNotFound"))
    done = project.harness("run", "-t", "hrm8k", "-b", "random")
    assert done.returncode == 3
    assert "its list of files at main: no such repository" in done.stderr
