from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import CLEANERS, bare, folded, hangul_only, ko_v1, nfc, one_space

texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
korean = st.text(alphabet="가힣ㄱㅏ한글 .,。！Ａａ1１\t\n“”『』()·", max_size=20)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("서울.", "서울"),
        ("서울。", "서울"),
        (" 서울 ", "서울"),
        ("「서울」", "서울"),
        ("“서울”입니다.", '"서울"입니다'),
        ("『서울』", "서울"),
        ("**서울**", "서울"),
        ("`서울`", "서울"),
        ("(서울)", "서울"),
        ("서울\n특별시", "서울 특별시"),
        ("서울\u3000특별시", "서울 특별시"),
        ("ＳＥＯＵＬ", "seoul"),
        ("Seoul", "SEOUL"),
        ("１２３", "123"),
        ("1，234", "1,234"),
        ("①", "1"),
        ("㎏", "kg"),
        ("Straße", "STRASSE"),
        (nfd("서울 특별시"), "서울 특별시"),
        ("...", ""),
    ],
)
def test_one_answer_written_in_two_ways_is_one_answer(said, meant):
    assert ko_v1(said) == ko_v1(meant)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("인도", "인"),
        ("제주도", "제주"),
        ("회의", "회"),
        ("서울은", "서울"),
        ("서울 시", "서울시"),
        ("1.5", "15"),
        ("-5", "5"),
        ("C++", "C"),
        ("50%", "50"),
    ],
)
def test_particles_signs_and_blanks_inside_still_count(one, other):
    assert ko_v1(one) != ko_v1(other)


@given(korean)
def test_normalising_twice_changes_nothing_more(text):
    assert ko_v1(ko_v1(text)) == ko_v1(text)
    assert bare(bare(text)) == bare(text)


@given(texts)
def test_hangul_in_pieces_is_the_same_answer(text):
    assert ko_v1(nfd(text)) == ko_v1(unicodedata.normalize("NFC", text))


def test_folding_keeps_case_and_outer_punctuation():
    assert folded(" Ａ。\n나！ ") == "A. 나!"


@given(texts)
def test_nfc_is_unicodes(text):
    assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("아 더빙.. 진짜 짜증나네요 목소리", "아 더빙 진짜 짜증나네요 목소리"),
        ("ㅋㅋㅋ 굿!! ㅠㅠ", "ㅋㅋㅋ 굿 ㅠㅠ"),
        ("2편이 1편보다", "편이 편보다"),
        ("재미 !! 있다", "재미  있다"),
        ("Good 영화 :)", "영화"),
        ("10/10 ★★★★★", ""),
        (nfd("정말 좋다!"), "정말 좋다"),
        ("줄\n바꿈\t칸", "줄\n바꿈\t칸"),
        ("漢字 한자", "한자"),
        ("가\ud800나", "가나"),
    ],
)
def test_only_hangul_and_white_space_stay(raw, clean):
    assert hangul_only(raw) == clean


@pytest.mark.parametrize("clean", CLEANERS.values(), ids=CLEANERS.keys())
@given(text=texts)
def test_cleaning_twice_changes_nothing_more(clean, text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [("  가 \n\t 나  ", "가 나"), ("가\u00a0나\u3000다\u0085라", "가 나 다 라"), ("", ""), ("\n", "")],
)
def test_one_space_is_one_blank_for_every_run_of_white_space(raw, clean):
    assert one_space(raw) == clean
