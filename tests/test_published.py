"""Published figures come out of the replies behind them; `python -m benchmarks.published` does all."""

from __future__ import annotations

import pytest

import harness
from benchmarks.published import CLICK_KEY, GSM8K, ROW_KEY, TASKS
from harness.config.documents import dump
from tests.support.paths import DATA, SHARED

REPLIES = SHARED / "replies"
pytestmark = pytest.mark.skipif(not REPLIES.is_dir(), reason="the replies are not beside the checkout")


def figures(folder, task, file, settings, *, data=DATA):
    (made,) = harness.run(
        task,
        "recorded",
        settings={"file": str(REPLIES / file), **settings},
        data_dir=data,
        runs_dir=folder,
        max_failures=1.0,
    )
    return made, {name: one.value for name, one in made.metrics.items()}


def test_a_verifier_on_gsm8k_by_its_authors_reader_and_by_ours(tmp_path):
    system = "175b_verification"
    settings = {"id": "question", "example": "question", "reply": f"{system}.solution"}
    _, found = figures(tmp_path, "gsm8k", "gsm8k/openai_solutions.jsonl.gz", settings)
    assert round(1319 * found["numeric_match@gsm8k.v1"]) == GSM8K[system]


def test_phi_4_on_click_matched_by_id_and_answer(tmp_path):
    made, found = figures(tmp_path, "click", "korean/click/phi-4.csv.gz", {"label": "pred", **CLICK_KEY})
    assert 100 * found["accuracy"] == pytest.approx(59.15, abs=0.05)
    assert made.document.counts.failed == 0


def test_codex_on_bbh_where_the_recorded_file_is_the_data(tmp_path):
    task = tmp_path / "navigate.yaml"
    values = {"extends": str(TASKS / "bbh_recorded.yaml"), "data": {"files": {"test": "navigate.jsonl"}}}
    task.write_text(dump(values), encoding="utf-8")
    folder = REPLIES / "bbh/cot"
    _, found = figures(tmp_path, str(task), "bbh/cot/navigate.jsonl.gz", ROW_KEY, data=folder)
    assert 100 * found["exact_match@bbh.v1"] == pytest.approx(96.4)


def test_on_a_file_with_holes_what_is_missing_is_counted_apart(tmp_path):
    settings = {"reply": "response", "failed": "BAD_REQUEST_ERROR", "filtered": "CONTENT_FILTER_ERROR"}
    file = "korean/click/gpt-5.1-2025-11-13.csv.gz"
    made, found = figures(tmp_path, "click", file, {**settings, **CLICK_KEY})
    assert made.document.failed_because == {"missing": 118, "recorded": 50, "ambiguous": 2}
    assert made.document.unanswered_because["filtered"] == 10
    assert 100 * found["accuracy"] == pytest.approx(81.00, abs=0.05)
