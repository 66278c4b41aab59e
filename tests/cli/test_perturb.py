"""`harness run --perturb`: the same questions as people write them, and what that costs."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.perturbations import hangul
from harness.perturbations.kinds import NAMES, TEXTS

REVIEW = "배우들 연기가 정말 좋은데 이야기가 지루했어요. 그래도 다시 보고 싶네요!"
WRITTEN = {
    "spacing": REVIEW,
    "typo": REVIEW,
    "jamo": unicodedata.normalize("NFD", REVIEW),
    "honorific": "배우들 연기가 정말 좋은데 이야기가 지루했어. 그래도 다시 보고 싶네!",
    "dialect": "배우들 연기가 정말 좋은데 이야기가 지루했어예. 그래도 다시 보고 싶네예!",
    "romanise": "baeudeul yeongiga jeongmal joteunde iyagiga jiruhaeteoyo. geuraedo dasi bogo sipneyo!",
}
# blake2b decides every draw: these bytes are the same on every machine.
SAME_BYTES = "2942f363847e3cf96d089f6882f06ea434fef7ace76c8b6ffb3a56058ddc3f11"


def changed(kind: str, text: str, name: str = "1") -> str:
    return TEXTS[kind].change(text, (1234, "perturb", kind, name, "input"))


@pytest.mark.parametrize("kind", ["jamo", "honorific", "dialect", "romanise"])
def test_what_no_draw_decides_is_written_so(kind):
    if TEXTS[kind].kiwi:
        pytest.importorskip("kiwipiepy")
    assert changed(kind, REVIEW) == WRITTEN[kind]


def test_the_draws_are_the_same_bytes_on_every_machine():
    written = "\n".join(
        changed(kind, REVIEW, str(i)) for i in range(50) for kind in ("spacing", "typo", "jamo", "romanise")
    )
    assert hashlib.sha256(written.encode()).hexdigest() == SAME_BYTES


@given(st.text("가나다라 영화좋아요.!abc", max_size=60))
def test_spacing_loses_spaces_and_nothing_else(text):
    assert changed("spacing", text).replace(" ", "") == text.replace(" ", "")


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=12))
def test_a_slip_is_one_key_beside_the_right_one(word):
    slipped = changed("typo", word)
    ((was, now),) = [(a, b) for a, b in zip(word, slipped, strict=True) if a != b] or [("가", "가")]
    before, after = hangul.parts(was), hangul.parts(now)
    assert before is not None
    assert after is not None
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1


def test_each_perturbed_run_is_paired_with_the_plain_one(shell):
    said = shell("run", "-t", "nsmc_fewshot", "-b", "nb", "--sample", "--perturb", "typo,romanise", "-q")
    assert said.code == 0, said.err
    assert "What perturbed inputs cost: nb · nsmc_fewshot · accuracy" in said.out
    assert "worst case" in said.out
    assert "nb [perturb=typo]" in said.out
    plain = next(line for line in said.out.splitlines() if re.match(r"\| +1 \| nb +\|", line))
    assert re.search(r"\| 0\.\d{4} \((typo|romanise)\) \|", plain)
    assert "What perturbed inputs cost" in shell("leaderboard", "runs").out


def test_the_journal_holds_what_was_asked_and_the_answer_that_is_right(shell):
    assert shell("run", "-t", "nsmc_fewshot", "-b", "nb", "--sample", "--perturb", "romanise", "-q").code == 0
    plain, other = (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in sorted(
            Path("runs").rglob("samples.jsonl"),
            key=lambda path: "perturb" in json.loads((path.parent / "run.json").read_text("utf-8"))["task"],
        )
    )
    assert [(r["id"], r["target"]) for r in plain] == [(r["id"], r["target"]) for r in other]
    asked = plain[0]["request"]["fields"]["input"], other[0]["request"]["fields"]["input"]
    assert asked[1] == hangul.romanised(asked[0])


def test_an_option_that_moves_takes_its_answer_along(shell):
    assert shell("run", "-t", "kmmlu_stem", "-b", "dummy", "--sample", "--perturb", "order", "-q").code == 0
    right = []
    for path in Path("runs").rglob("samples.jsonl"):
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        right.append({row["id"]: row["request"]["choices"][int(row["target"])] for row in rows})
    assert right[0] == right[1]


@pytest.mark.parametrize(
    ("kind", "complaint"), [("typos", "Did you mean 'typo'?"), ("order", "the same for all")]
)
def test_what_cannot_be_perturbed_is_said_before_anything_runs(shell, kind, complaint):
    said = shell("run", "-t", "nsmc_fewshot", "-b", "nb", "--sample", "--perturb", kind)
    assert (said.code, complaint in said.complaint) == (2, True)
    assert not Path("runs").exists()


def test_help_names_every_kind(shell):
    words = " ".join(shell("run", "--help").out.split())
    assert all(kind in words for kind in NAMES)
