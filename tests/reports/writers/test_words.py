"""Reports in Korean: no word is missing, and none of ours stays English."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from harness import leaderboard
from harness.backends.schema import BackendFile
from harness.errors import BadInput
from harness.reports.comparison import drift
from harness.reports.comparison import render as compare_render
from harness.reports.comparison.compare import compare
from harness.reports.gate import render as gate_render
from harness.reports.gate.gate import VERDICTS, Limits, gate
from harness.reports.gate.measurements import latest, measured
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import board
from harness.reports.run import load
from harness.reports.site import run_facts as facts
from harness.reports.site import table
from harness.reports.writers import translations as words
from harness.reports.writers.translations import KOREAN, language, translated
from harness.stats.effect_sizes import COHEN_DZ, COHEN_H
from harness.stats.significance import MCNEMAR, PERMUTATION
from tests.support.fake_runs import fake_run
from tests.support.paths import ROOT

FAR, MIDDLE = "1" * 180 + "0" * 20, "1" * 100 + "0" * 100

PACKAGE = Path(words.__file__).parents[1]
CALLS = [
    node
    for path in sorted(PACKAGE.rglob("*.py"))
    if "translated(" in (text := path.read_text(encoding="utf-8"))
    for node in ast.walk(ast.parse(text))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "translated"
]
SITE = ROOT / "reports" / "templates" / "site"
IN_PAGES = {
    found[1]
    for path in SITE.rglob("*.j*")
    for found in re.finditer(r'(?:\b_|\btranslated)\("([^"]*)"', path.read_text(encoding="utf-8"))
}
SAID = IN_PAGES | {call.args[0].value for call in CALLS if isinstance(call.args[0], ast.Constant)}
# What is looked up by a value: statuses, verdicts, kinds, costs, what a site says of examples and run.json.
NAMED = {
    *(
        "right",
        "wrong",
        "answered",
        "complete",
        "silent",
        "killed",
        "characters",
        "words",
        table.UNKNOWN,
        drift.OTHER,
        *drift.MEASURED.values(),
    ),
    *(*facts.GROUPS, *facts.LATENCY.values()),
    *("running", "partial", "failed", *VERDICTS, MCNEMAR, PERMUTATION, COHEN_H, COHEN_DZ),
    *("cost", "p95", "failures", "unanswered", "run"),
    *(word for kinds in get_args(BackendFile.model_fields["kind"].annotation) for word in get_args(kinds)),
}


def test_pages_and_scripts_have_sentences_too():
    assert len(IN_PAGES) > 80


def test_every_sentence_is_a_literal_that_can_be_looked_up():
    assert len(CALLS) > 100
    assert all(isinstance(call.args[0], ast.Constant) for call in CALLS)


def test_every_word_of_a_report_has_its_korean():
    assert KOREAN.keys() >= SAID | NAMED


def places(text: str) -> set[tuple[str, str]]:
    """Return a sentence's places and how each is written; a Korean particle is not how, but what follows."""
    found = [(name, how or "") for _, name, how, _ in string.Formatter().parse(text) if name is not None]
    return {(name, "" if re.fullmatch("[가-힣]+/[가-힣]+", how) else how) for name, how in found}


@pytest.mark.parametrize("english", KOREAN)
def test_a_translation_has_the_places_of_its_sentence(english):
    assert places(english) == places(KOREAN[english])


# What a Korean report may hold of Latin letters: names of metrics and tasks, units, and what is typed.
LATIN = {
    *(
        "accuracy",
        "macro_f1",
        "unanswered",
        "p50",
        "p95",
        "ms",
        "J",
        "CO",
        "g",
        "USD",
        "KRW",
        "id",
        "A",
        "B",
        "k",
        "x",
    ),
    *("p", "n", "h", "dz"),  # as statistics write them
}


def english(text: str) -> set[str]:
    """Return the Latin words of a report that are not names, code or paths."""
    told = re.sub(r"`[^`]*`|'harness [^']*'|/\S+", "", text)
    return set(re.findall(r"(?<![\w.])[A-Za-z][A-Za-z_0-9]*", told)) - LATIN


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs with all that a report can tell of, every name of theirs Korean."""
    about = {
        "cost": {"currency": "KRW", "per_1k_examples": 12.5, "total": 1.0},
        "latency_s": {"e2e": {"p50": 0.1, "p95": 0.2}},
        "fit": {"seconds": 2.0, "examples": 150_000, "reused": False},
        "energy": {"joules": 5.0, "co2_g": 0.1, "examples": 200, "method": "추정"},
        "backend": {"parameters": 2.4e9, "licence": "공개", "kind": "classical"},
        "counts": {"cached": 3, "truncated": 1},
    }
    rows = [{"system": "한글 모델", "accuracy": 0.7, "source": "논문", "note": "표본", "n": 10}]
    changes = {"tags": ["한국어"], "reference": rows}
    return [
        fake_run(
            tmp_path, "가", FAR[:-1] + "x", task="감성", run={**about, "status": "partial"}, changes=changes
        ),
        fake_run(tmp_path, "나", MIDDLE, task="감성", run=about, changes=changes),
        fake_run(tmp_path, "나", MIDDLE, task="주제", run={"data": {"sample": True}, "task": {"limit": 5}}),
        fake_run(tmp_path, "다", "xx", task="감성", run={"status": "failed"}),
    ]


def test_a_korean_leaderboard_has_no_english_word(runs):
    with language("ko"):
        found = board(load(runs, pytest.fail), pytest.fail, baseline="나")
        said = render.markdown(found)
        pages = [render.written(render.blocks(found), kind) for kind in ("html", "latex")]
    assert english(said) == set()
    assert "| 순위 |" in said
    assert "순위" in pages[0]
    assert '<html lang="ko">' in pages[0]
    assert "% compile with xelatex + kotex" in pages[1]


def test_a_korean_comparison_has_no_english_word(tmp_path, runs):
    for run in runs[:2]:
        (run / "samples.jsonl").write_text("")
    with language("ko"):
        said = compare_render.markdown(compare(*load(runs[:2], pytest.fail), examples=0))
    settings = {word for word in english(said) if "_" in word or word in ("backend", "label", "name")}
    assert english(said) - settings == set()
    assert "| 지표 " in said


def test_a_korean_comparison_tells_of_drift_in_korean():
    found = drift.Drift("weights", ("가", "나"), 40, 1, 2, 3, "log-probabilities", 1e-3, 1e-4)
    with language("ko"):
        said = drift.sentence(found), drift.sentence(replace(found, same="name", roads=("가", "가")))
    assert [english(one) for one in said] == [set(), set()]
    assert said[0].startswith("표류: 같은 가중치, 가와 나로: 예측 40개 중 2개가 다름")


def test_a_korean_gate_has_no_english_word(tmp_path):
    for side, answers in (("before", "1" * 200), ("now", "1" * 150 + "0" * 50)):
        fake_run(tmp_path / side, "가", answers, task="감성")
        fake_run(
            tmp_path / side, "나", "1" * 200, task="감성", run={"label": "나" if side == "now" else "라"}
        )
    with language("ko"):
        sides = [latest(map(measured, load([tmp_path / side], pytest.fail))) for side in ("before", "now")]
        found = gate(*sides, Limits(max_cost_increase=0.1, max_p95_increase=0.1, max_unanswered=0.1))
        said = gate_render.markdown(found)
        told = [gate_render.sentence(line) for line in found.lines]
    examples = {f"e{number}" for number in range(200)}  # that changed, by their ids
    assert english(said) <= examples
    assert "회귀" in said
    assert {word for line in told for word in english(line)} <= examples


def test_without_a_choice_the_environment_decides(monkeypatch):
    assert translated("rank") == "rank"
    monkeypatch.setenv("HARNESS_LANG", "ko")
    assert translated("rank") == "순위"
    with language("en"):
        assert translated("rank") == "rank"


def test_another_language_is_a_mistake():
    with pytest.raises(BadInput, match="--lang fr: reports speak en and ko"), language("fr"):
        pass


def test_what_programs_read_stays_english(tmp_path):
    fake_run(tmp_path, "가", "11x")
    english, korean = (leaderboard(tmp_path, lang=lang) for lang in ("en", "ko"))
    assert (korean.csv(), korean.to_dict()) == (english.csv(), english.to_dict())
    assert "순위" in korean.markdown()
    assert "rank" in english.markdown()
