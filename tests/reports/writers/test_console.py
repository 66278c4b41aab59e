"""Tables on a terminal: no line is wider than it, nothing is lost, colour only where it is wanted."""

from __future__ import annotations

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reports.writers import console
from harness.reports.writers.blocks import Lines, Note, TableBlock
from harness.terminal import in_colour, is_console
from harness.text.width import plain, width, wrapped
from tests.support.fake_runs import fake_run

BOARD = TableBlock(
    [
        "rank",
        "system",
        "film reviews in context accuracy (sample)",
        "topics macro_f1 (sample)",
        "kind",
        "examples/s",
    ],
    [
        ["1", "exaone", "0.8712 [0.8676, 0.8748]", "0.6612 [0.6501, 0.6723] (3 failed)", "instruct", "12.4"],
        ["2", "tfidf", "0.8101 [0.8060, 0.8142]", "", "classical", "9,112"],
    ],
)
TEXTS = st.text("가나다라 abc🙂👩‍👩‍👧🇰🇷,.[]()0123456789", max_size=40)


def test_a_table_that_fits_stands_side_by_side():
    assert console.document([TableBlock(["system", "n"], [["대화 모델", "12"], ["nb", "3"]], 0)], 80) == (
        "system      n\n─────────  ──\n대화 모델  12\nnb          3"
    )


def test_headers_wrap_before_anything_else_gives_way():
    narrow = console.document([BOARD], 103).splitlines()
    assert width(narrow[2]) <= 103
    assert "film reviews in context" in narrow[0]
    assert "accuracy (sample)" in narrow[1]


def test_columns_without_room_stand_below_beside_the_names_again():
    lines = console.document([BOARD], 60).splitlines()
    assert [line.split() for line in lines if line.lstrip().startswith(("1 ", "2 "))] == [
        ["1", "exaone", "0.8712", "[0.8676,", "0.8748]"],
        ["2", "tfidf", "0.8101", "[0.8060,", "0.8142]"],
        ["1", "exaone", "0.6612", "[0.6501,", "0.6723]", "(3", "failed)", "instruct"],
        ["2", "tfidf", "classical"],
        ["1", "exaone", "12.4"],
        ["2", "tfidf", "9,112"],
    ]


@given(
    st.lists(st.lists(TEXTS, min_size=4, max_size=4), min_size=1, max_size=4),
    st.integers(20, 120),
    st.booleans(),
)
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(rows, edge, colour):
    block = TableBlock(["이름", "a header of some words", "값", "n"], rows, 0)
    text = re.sub("\x1b\\[[0-9]*m", "", console.document([block], edge, colour=colour))
    longest = max(width(plain(cell)) for row in rows for cell in row[1:])
    if longest <= 16:  # a number is never broken, and a terminal has to hold one beside its name
        assert max(map(width, text.split("\n"))) <= max(edge, 2 * 16 + 2)
    for word in (word for row in rows for cell in row for word in plain(cell).split() if width(word) < 7):
        assert word in text


@given(TEXTS, st.integers(2, 30))
def test_wrapped_lines_fit_and_hold_every_sign(text, cells):
    lines = wrapped(text, cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_notes_and_lists_wrap_with_their_indent():
    said = console.document([Note("하나 둘 셋 넷"), Lines(["alpha beta gamma"])], 20)
    assert said == "하나 둘 셋 넷\n\n• alpha beta gamma"
    assert console.document([Lines(["alpha beta gamma delta"])], 20) == "• alpha beta gamma\n  delta"


def test_colour_marks_headers_intervals_and_what_a_figure_is_not():
    said = console.document([BOARD], 200, colour=True)
    assert "\x1b[2m[0.8676, 0.8748]\x1b[0m" in said
    assert "\x1b[33m(3 failed)\x1b[0m" in said
    assert said.startswith("\x1b[1m")


def test_an_escape_in_a_name_is_written_out():
    assert "\x1b" not in console.document([TableBlock(["a"], [["\x1b[31mred"]], 0)], 80)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "variables", "laid_out", "coloured"),
    [
        (Terminal(), {}, True, True),
        (Terminal(), {"NO_COLOR": "1"}, True, False),
        (Terminal(), {"TERM": "dumb"}, True, False),
        (io.StringIO(), {}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True, True),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_no_color_and_force_color_are_honoured(monkeypatch, stream, variables, laid_out, coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (is_console(stream), in_colour(stream)) == (laid_out, coloured)


@pytest.mark.parametrize("columns", [80, 120])
def test_commands_fit_a_terminal_and_are_plain_in_a_file(shell, monkeypatch, columns):
    monkeypatch.setenv("HARNESS_LANG", "ko" if columns == 80 else "en")
    a, b = (
        fake_run(shell.home / "runs", name, answers) for name, answers in (("nb", "1110"), ("tf", "0110"))
    )
    commands = [
        ["leaderboard"],
        ["list", "runs"],
        ["compare", a, b],
        ["estimate", "-t", "nsmc_fewshot", "-b", "tfidf", "--sample"],
    ]
    piped = [shell(*command) for command in commands]
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    for command, filed in zip(commands, piped, strict=True):
        with monkeypatch.context() as patch:
            patch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
            said = shell(*command)
        bare = re.sub("\x1b\\[[0-9]*m", "", said.out)
        assert (said.code, filed.code) == (0, 0)
        assert "\x1b" in said.out
        assert "\x1b" not in filed.out
        assert max(map(width, bare.splitlines())) <= columns, command
