"""Spans as a model writes them, and the answers that it has to be read from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.extraction.typed_spans import read, written
from harness.schema import Option

OPTIONS = (Option("PS", "사람"), Option("LC", "장소"))
TEXT = "서준은 강릉에서 서준의 책을 샀다."


@pytest.mark.parametrize(
    ("reply", "spans"),
    [
        ("사람: 서준", ((0, 2, "PS"),)),
        ("사람: 서준\n장소: 강릉", ((0, 2, "PS"), (4, 6, "LC"))),
        ("사람: 서준\n사람: 서준", ((0, 2, "PS"), (9, 11, "PS"))),
        ("- **사람**: 서준, 서준", ((0, 2, "PS"), (9, 11, "PS"))),
        ("PS:강릉", ((4, 6, "PS"),)),
        ("없음", ()),
        ("없음.", ()),
        ("", ()),
        ("사람: 없음\n장소: 없음", ()),
        ("사람: 서준\n장소: 없음", ((0, 2, "PS"),)),
        ("장소: “강릉”", ((4, 6, "LC"),)),
        ("1. 장소：강릉", ((4, 6, "LC"),)),
        ("장소: 부산", ((-1, -1, "LC"),)),
        ("장소: 부산\n장소: 대구", ((-1, -1, "LC"), (-2, -2, "LC"))),
    ],
)
def test_a_reply_is_read_line_by_line(reply, spans):
    assert read(reply, TEXT, OPTIONS) == spans


@pytest.mark.parametrize("reply", ["잘 모르겠습니다.", "동물: 고래", "서준은 사람이다", " " * 50_000 + "a"])
def test_a_reply_that_names_no_span_is_no_answer(reply):
    assert read(reply, TEXT, OPTIONS) is None


def test_a_text_without_spans_says_so_in_its_language():
    assert written((), TEXT, OPTIONS, "ko") == "없음"
    assert written((), TEXT, OPTIONS, "en") == "none"


@given(st.sets(st.sampled_from([(0, 2, "PS"), (4, 6, "LC"), (13, 14, "PS")])))
def test_what_is_written_reads_as_it_was(spans):
    ordered = tuple(sorted(spans))
    assert read(written(ordered, TEXT, OPTIONS, "ko"), TEXT, OPTIONS) == ordered
