"""Asks whose answer is no choice and no reply: a run of each, cut short and judged again, says the same."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import dummy
from harness.errors import BadInput
from harness.evaluation.grid import plans
from harness.options.running import RunOptions
from harness.prompts.renderer import Prompts
from harness.schema import Example, Request, Response
from harness.scoring.rescore import rescore
from tests.support.running import REVIEWS, Project, doubled, here, keys_of, outcome, records_of, said
from tests.support.small_tasks import small_task

COUNT = 40
TASK = """\
version: 1
description: A task of one ask
language: ko
data: {format: jsonl, files: {test: rows.jsonl}}
"""
ASKS = {
    "score": """\
fields: {id: id, text: context}
metrics: [bits_per_byte, perplexity]
""",
    "embed": """\
fields: {id: id, sentence1: context, sentence2: question, target: score}
metrics: [spearman, pearson]
""",
    "rate": """\
fields: {id: id, sentence: context, target: score}
range: [0, 5]
templates: {plain: {query: "{{ sentence }}"}}
metrics: [pearson]
""",
    "tag": """\
fields: {id: id, context: context, target: spans}
options: {PS: 인물, LC: 지역}
templates: {plain: {query: "{{ context }}"}}
metrics: [entity_f1]
""",
    "extract": """\
fields: {id: id, context: context, question: question, target: answer}
templates: {plain: {query: "{{ context }} {{ question }}"}}
metrics: [korquad_f1, exact_match]
""",
}
each = pytest.mark.parametrize("ask", ASKS)


def row(n: int) -> dict[str, Any]:
    return {
        "id": f"r{n}",
        "context": f"{n}번째 날에 이순신은 한산도에서 {n % 7}척을 이끌고 싸웠다.",
        "question": f"{n}번째 날에 누가 싸웠나",
        "score": n % 6,
        "spans": [[len(f"{n}번째 날에 "), len(f"{n}번째 날에 ") + 3, "PS"]],
        "answer": "이순신",
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    rows = "".join(json.dumps(row(n), ensure_ascii=False) + "\n" for n in range(COUNT))
    project.write("data/rows.jsonl", rows)
    for ask, rest in ASKS.items():
        project.write(f"tasks/{ask}_task.yaml", f"{TASK}ask: {ask}\n{rest}")
    return project


@each
@pytest.mark.parametrize("backend", ["random", "dummy"])
def test_it_is_answered(project, ask, backend):
    run = here(project, backend, task=f"{ask}_task").run.to_dict()
    assert run["status"] == "complete"
    assert run["counts"]["answered"] == COUNT
    assert len(records_of(project.only())) == COUNT


@each
def test_judging_again_changes_no_bit(project, ask):
    directory = here(project, "random", task=f"{ask}_task").directory
    before, journal = said(directory), (directory / "samples.jsonl").read_bytes()
    after = rescore(directory).to_dict()
    assert after.pop("rescored")
    assert after == before
    assert (directory / "samples.jsonl").read_bytes() == journal


@each
def test_a_run_that_lost_its_last_lines_ends_as_if_it_had_not(project, ask):
    directory = here(project, "random", task=f"{ask}_task").directory
    before = outcome(directory)
    lines = (directory / "samples.jsonl").read_bytes().splitlines(keepends=True)
    (directory / "samples.jsonl").write_bytes(b"".join([*lines[:15], lines[15][:30]]))
    run = said(directory) | {"status": "running", "sessions": []}
    (directory / "run.json").write_text(json.dumps(run))
    done = here(project, "random", task=f"{ask}_task")
    assert done.directory == directory
    assert done.run.sessions[-1].requests == COUNT - 15
    assert outcome(directory) == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@each
def test_a_run_that_is_killed_ends_as_if_it_never_was(project, tmp_path, ask):
    command = ("run", "-t", f"{ask}_task", "-b", "dummy", "--data-dir", "data")
    project.killed_at(10, *command, "-m", "latency_ms=20")
    killed = project.only()
    assert said(killed)["status"] == "running"
    assert project.harness(*command).returncode == 0
    again = here(project, "dummy", task=f"{ask}_task", fresh=True).directory
    assert again != killed
    assert doubled(killed) == []
    assert keys_of(killed) == keys_of(again)
    assert outcome(killed) == outcome(again)


def test_spans_said_in_words_are_found_again_in_their_context(project):
    done = here(project, "dummy", {"reply": "인물: 이순신\n지역: 한산도"}, task="tag_task")
    before = outcome(done.directory)
    start = row(3)["context"].index("이순신")
    assert records_of(done.directory)[3]["prediction"][0] == [start, start + 3, "PS"]
    assert done.run.metrics["entity_f1"].value == pytest.approx(2 / 3)  # 한산도 is in no target
    rescore(done.directory)
    assert outcome(done.directory) == before


def replied(request: Request, response: Response) -> None:
    """Answer in words without having read a prompt: the journal has the bare fields then."""
    response.text = "인물: 이순신"


def test_they_are_found_where_nothing_was_read_but_the_fields(project, monkeypatch):
    monkeypatch.setattr(dummy, "_answer", replied)
    monkeypatch.setattr(dummy, "MEASURED", ("tag",))
    directory = here(project, "dummy", task="tag_task").directory
    before = outcome(directory)
    assert "fields" in records_of(directory)[0]["request"]
    rescore(directory)
    assert outcome(directory) == before
    assert said(directory)["metrics"]["entity_f1"]["value"] == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("ask", ["score", "embed", "rate"])
def test_a_value_that_json_cannot_hold_is_judged_the_same_again(project, monkeypatch, ask, value):
    def measured(request: Request, response: Response) -> None:
        broken = request.example.id == "r5"
        response.value, response.tokens = (value if broken else float(len(request.example.id)) - 9.0), 7

    monkeypatch.setattr(dummy, "_answer", measured)
    directory = here(project, "dummy", task=f"{ask}_task").directory
    before = outcome(directory)
    rescore(directory)
    assert outcome(directory) == before


def test_a_value_that_is_no_number_is_no_answer(project, monkeypatch):
    def measured(request: Request, response: Response) -> None:
        response.value, response.tokens = math.nan if request.example.id == "r5" else -21.0, 7

    monkeypatch.setattr(dummy, "_answer", measured)
    run = here(project, "dummy", task="score_task").run.to_dict()
    assert run["counts"]["unanswered"] == 1
    assert run["metrics"]["perplexity"]["value"] == pytest.approx(math.exp(3))


def test_words_are_no_answer_where_a_number_is_measured(project, monkeypatch):
    monkeypatch.setattr(dummy, "_answer", replied)
    run = here(project, "dummy", task="embed_task").run.to_dict()
    assert run["counts"]["unanswered"] == COUNT


def test_the_range_of_a_rating_reaches_the_adapter():
    task = small_task(ask="rate", options=None, range=[0, 5], metrics=["pearson"])
    assert Prompts(task).request(Example("1", {"input": "산"}, "3")).bounds == (0, 5)
    assert Prompts(small_task()).request(Example("1", {"input": "산"}, "1")).bounds is None


@each
def test_an_adapter_knows_what_it_will_be_asked(project, ask):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.home)
        options = RunOptions(f"{ask}_task", "dummy", data_dir="data")
        ((plan,), _) = plans(options, lambda _: None)
    assert plan.profile.ask == ask


@each
def test_the_decoding_is_said_to_be_sent_where_text_is_written(project, ask):
    project.write(f"tasks/{ask}_long.yaml", f"extends: {ask}_task\ndecoding: {{max_tokens: 9}}\n")
    run = here(project, "dummy", task=f"{ask}_long").run.to_dict()
    assert run["decoding"]["asked"] == {"max_tokens": 9}
    assert run["decoding"]["sent"] == ({"max_tokens": 9} if ask in ("rate", "tag", "extract") else {})


@pytest.mark.parametrize("ask", ["rate", "tag", "extract"])
def test_a_key_of_decoding_that_cannot_be_honoured_is_refused(project, ask):
    project.write("backends/hf.yaml", "adapter: huggingface\nmodel: nobody/nothing\n")
    project.write(f"tasks/{ask}_long.yaml", f"extends: {ask}_task\ndecoding: {{n: 2}}\n")
    with pytest.raises(BadInput, match="cannot honour 'n'"):
        here(project, "hf", task=f"{ask}_long")


@pytest.mark.parametrize("backend", ["majority", "tfidf"])
def test_a_learner_on_a_task_without_a_train_split_says_so_before_any_work(project, backend):
    task = "rate_task" if backend == "majority" else "embed_task"
    with pytest.raises(BadInput, match=f"{backend} learns from the split 'train', and {task} has only test"):
        here(project, backend, task=task)
    assert project.runs() == []


def test_a_choice_said_in_words_has_no_rank_and_that_is_no_poor_one(tmp_path):
    project = Project(tmp_path)
    project.write("backends/wordy.yaml", "adapter: dummy\nchoose_by: extract\nsettings: {reply: 긍정}\n")
    project.reviews(text=REVIEWS.replace("[accuracy,", "[accuracy, mrr, {top_k_accuracy: {k: 1}}, ece,"))
    done = project.harness("run", "-t", "reviews", "-b", "wordy,random", "--data-dir", "data")
    assert done.returncode == 0, done.stderr
    for directory in project.runs():
        metrics = said(directory)["metrics"]
        wordy = directory.parent.name == "wordy"
        assert metrics["accuracy"]["value"] is not None
        assert [metrics[name]["value"] is None for name in ("mrr", "top_k_accuracy", "ece")] == [wordy] * 3
    board = project.harness("leaderboard", "--sort", "mrr")
    (row,) = [line for line in board.stdout.splitlines() if "wordy" in line]
    assert row.startswith("|      | wordy")  # without a rank
    assert "undefined" in row


def test_what_is_thought_is_no_part_of_the_reply_that_a_text_metric_reads(tmp_path):
    project = Project(tmp_path)
    reply = "settings: {reply: '<think>let me see</think> 긍정'}\n"
    project.write("backends/thinker.yaml", f"adapter: dummy\nchoose_by: extract\n{reply}")
    project.reviews(
        text=REVIEWS.replace("ask: choose", "ask: generate").replace("[accuracy,", "[hangul_share,")
    )
    done = project.harness("run", "-t", "reviews", "-b", "thinker", "--data-dir", "data")
    assert done.returncode == 0, done.stderr
    assert said(project.only())["metrics"]["hangul_share"]["value"] == 1.0
