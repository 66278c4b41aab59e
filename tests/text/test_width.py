"""Text in columns: Hangul is two cells wide, whatever form it comes in."""

from __future__ import annotations

import unicodedata

import pytest

from harness.text.width import cut, pad, padded, plain, width


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("abc", 3),
        ("한글", 4),
        (unicodedata.normalize("NFD", "한글"), 4),
        ("ㄱㅏ", 4),
        ("ＡＢ", 4),
        ("漢字かな", 8),
        ("é", 1),
        ("e\u0301", 1),
        ("→…·", 3),
        ("a\u200bb", 2),
        ("\u1100\u1161\u11a8", 2),
        ("👍", 2),
        ("👍🏽", 2),  # with its skin
        ("👩‍👩‍👧", 2),  # a family, joined
        ("🇰🇷", 2),
        ("🇰🇷🇯🇵", 4),
        ("❤️", 2),
        ("☀️가", 4),
        ("1️⃣", 2),
    ],
    ids=ascii,
)
def test_width_counts_the_cells_of_a_terminal(text, cells):
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("한국어", 6, "한국어"),
        ("한국어", 5, "한국…"),
        ("한국어", 4, "한…"),
        ("👩‍👩‍👧나무", 4, "👩‍👩‍👧…"),
        ("🇰🇷🇯🇵", 3, "🇰🇷…"),
    ],
)
def test_what_is_cut_keeps_whole_characters_and_says_so(text, cells, shown):
    assert cut(text, cells) == shown
    assert width(shown) <= cells


def test_padding_fills_up_to_the_width_on_either_side():
    assert [pad("가", 4), pad("가", 4, right=True), pad("가나다", 4)] == ["가  ", "  가", "가나다"]


def test_every_line_of_a_table_is_as_wide_as_the_others():
    lines = [["name", "n"], ["네이버", "1"], ["a", "10,000"]]
    shown = list(padded(lines, right=[False, True], least=3))
    assert shown == [["name  ", "     n"], ["네이버", "     1"], ["a     ", "10,000"]]
    assert {width(" ".join(line)) for line in shown} == {13}


def test_a_table_without_lines_has_none():
    assert list(padded([])) == []


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("한글 name", "한글 name"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("exa\u202eone", "exa\\u202eone"),
        ("exa\u200bone", "exa\\u200bone"),
        ("bell\x07", "bell\\x07"),
        ("\x00", "\\x00"),
        ("  blanks   between  ", "blanks between"),
    ],
    ids=ascii,
)
def test_what_a_terminal_would_obey_is_written_out_and_not_hidden(hostile, shown):
    assert plain(hostile) == shown


def test_ten_thousand_lines_take_linear_time():
    """Padding once measured every column for every line: minutes for what takes a moment."""
    lines = [["이름", "값"]] * 10_000
    assert len(list(padded(lines))) == 10_000
