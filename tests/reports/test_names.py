"""What a system is called: the model's last name where that is one system's, and no folder and no host."""

from __future__ import annotations

from typing import Any

import pytest

from harness.reports.names import names, private
from harness.reports.run import load
from tests.support.fake_runs import fake_run


def run(backend: str, name: str | None = None, **given: Any) -> tuple[str, str, dict[str, Any]]:
    extra = ", ".join(f"{key}={value}" for key, value in given.items())
    label = name or (f"{backend} [{extra}]" if extra else backend)
    return label, backend, given


@pytest.mark.parametrize(
    ("runs", "called"),
    [
        ([run("huggingface", model="acme/small-2b")], ["small-2b"]),
        ([run("huggingface", model="/home/me/models/small-2b/")], ["small-2b"]),
        ([run("huggingface", model="C:\\models\\small")], ["small"]),
        ([run("local_server", model="a/b", base_url="http://10.0.0.7:8000/v1")], ["b"]),
        ([run("huggingface", model="a/b", dtype="float32")], ["b [dtype=float32]"]),
        ([run("huggingface", model="a/b"), run("huggingface", model="c/b")], ["a/b", "c/b"]),
        ([run("vllm", model="/x/b"), run("vllm", model="/y/b")], ["b (vllm)", "b (vllm) (2)"]),
        ([run("vllm", model="a/b"), run("huggingface", model="a/b")], ["a/b (vllm)", "a/b (huggingface)"]),
        ([run("huggingface", "My model", model="/x/b")], ["My model"]),
        ([run("tfidf", ngram_max=2), run("tfidf")], ["tfidf [ngram_max=2]", "tfidf"]),
        ([run("recorded", file="/tmp/replies/a.csv")], ["recorded [file=a.csv]"]),
    ],
)
def test_a_system_is_called_by_its_model(runs, called):
    assert names(runs) == called


def test_one_label_has_one_name():
    twice = run("huggingface", model="a/b")
    assert names([twice, twice]) == ["b", "b"]


def test_runs_that_are_read_together_are_named_together(tmp_path):
    for owner in ("a", "c"):
        given = {"given": {"model": f"{owner}/b"}, "backend": {"name": "hf"}}
        fake_run(tmp_path, f"hf [model={owner}/b]", run=given)
    assert sorted(entry.system for entry in load([tmp_path], print)) == ["a/b", "c/b"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("harness run -m base_url=http://10.1.1.1:80/v1", "harness run -m base_url=http://…/v1"),
        ("--data-dir /home/me/data", "--data-dir …/data"),
        ("~/models/x", "…/x"),
        ("acme/small-2b", "acme/small-2b"),
        ("data/nsmc", "data/nsmc"),
    ],
)
def test_pages_name_no_host_and_no_folder_of_a_machine(text, shown):
    assert private({"command": [text]}) == {"command": [shown]}
