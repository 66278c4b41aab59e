"""Tables of every command on a terminal of 80 columns, in Korean: none is broken, none is Markdown."""

from __future__ import annotations

import re

import pytest

from harness.text.width import width
from tests.support.fake_runs import fake_run

ANSWERS = ("11011101", "11011101", "11011001", "11010001", "11000001")
LONG = "EXAONE-3.5-32B-Instruct-사십팔-비트로-줄인-아주-긴-이름-AWQ"
VOTES = "\n".join(
    ["question,first,second,verdict"]
    + [f"{n},{a},{b},{'A>B' if n % 3 else 'B>A'}" for n in range(9) for a, b in (("가", LONG), (LONG, "나"))]
)
RATINGS = "id,score,rater\n" + "\n".join(f"{n},{n % 3 + 1},{r}" for n in range(9) for r in ("people", "심판"))

COMMANDS = {
    "leaderboard": ["leaderboard"],
    "compare": ["compare", "s1", "s4"],
    "items": ["items", "reviews"],
    "arena": ["arena", "votes.csv"],
    "agree": ["agree", "ratings.csv"],
    "gate": ["gate", "tonight", "--baseline", "runs"],
    "audit": ["audit", "nsmc_fewshot", "--sample"],
    "estimate": ["estimate", "-t", "nsmc_fewshot", "-b", "majority", "--sample"],
    "try --weights": ["try", "-t", "nsmc_fewshot", "-b", "tfidf", "--sample", "정말 좋다", "--weights", "3"],
    "list": ["list", "metrics"],
    "list runs": ["list", "runs"],
    "data": ["data", "list", "nsmc_fewshot"],
}


@pytest.fixture
def place(shell, monkeypatch):
    """A folder with runs of five systems, votes and ratings."""
    for number, answers in enumerate((*ANSWERS, "11011111")):
        name = f"s{number}" if number < len(ANSWERS) else LONG
        fake_run(shell.home / "runs", name, answers, journal=lambda _row: {})
    fake_run(shell.home / "tonight", "s0", ANSWERS[0])
    shell.write("votes.csv", VOTES)
    shell.write("ratings.csv", RATINGS)
    shell("--version")  # help is made once a process, and other tests read it in English
    monkeypatch.setenv("HARNESS_LANG", "ko")
    return shell


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_table_fits_the_terminal_and_is_markdown_in_a_file_only(place, monkeypatch, words):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    said = place(*words)
    assert said.code in (0, 3), said.err  # the gate misses five of its runs
    shown = re.sub(r"\x1b\[[0-9;]*m", "", said.out)
    lines = shown.splitlines()
    assert any(line.startswith("──") for line in lines), shown
    assert [line for line in lines if width(line) > 80 or line.startswith("|")] == []
    rules = [line for line in lines if line.startswith("──")]
    for rule in rules:  # no word stands over the gap between two columns, however wide its letters are
        below = lines[lines.index(rule) + 1]
        assert width(below) <= width(rule)


@pytest.mark.parametrize("words", [COMMANDS["arena"], COMMANDS["items"]], ids=["arena", "items"])
def test_another_program_gets_markdown(place, words):
    assert "|--" in place(*words).out


def test_what_commands_tell_is_korean(place):
    assert "준비됨" in place("doctor").out
    assert "저장" in place("init", "project").out
    asked = ("--ask", "generate", "-b", "dummy", "-m", "reply=글쎄")
    said = place("try", "글", "--sample", "-t", "nsmc_zeroshot", *asked)
    assert "→ 무응답   응답문 '글쎄'" in said.out
