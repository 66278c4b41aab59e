from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.normalize import CLEANERS, bare, folded, hangul_only, ko_v1, nfc, one_space

texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
odd = st.text(
    alphabet="가힣ㄱㅏㆍﾡￂ㉠①②❶⓪½²⁻⁄0１9,.。´˜ʼ'「」 \u1100\u1161\u11a8\u3164\u200b\ufe0f\u0301Ａŉß",
    max_size=12,
)
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
        ("서울…", "서울"),
        ("《서울》", "“서울”"),
        ("〈서울〉", "「서울」"),
        ("【서울】", "[서울]"),
        ("´서울´", "서울"),
        ("서울ㆍ부산", "서울·부산"),
        ("서울‧부산", "서울・부산"),
        ("3〜5", "3～5"),
        ("3∼5", "3~5"),
        ("1950–1953", "1950-1953"),
        ("1950—1953", "1950−1953"),
        ("−5", "-5"),
        ("서울\u00a0시", "서울\u3000시"),
        ("\ufeff서\u200b울", "서울"),
        ("서\u00ad울", "서울"),
        ("\u3164서울\uffa0", "서울"),
        ("\uffa1", "ㄱ"),
        ("\u1100", "ㄱ"),
        ("\u11a8", "ㄱ"),
        ("㉠", "ㄱ"),
        ("㈀", "(ㄱ)"),
        ("㉮", "가"),
        ("㈎", "(가)"),
        ("\uffbb\uffbb", "ㅋㅋ"),
        ("ㅋㅋ", "\u110f\u110f"),
        ("❶", "①"),
        ("➀", "1"),
        ("⓵", "1"),
        ("⓫", "11"),
        ("㉑", "21"),
        ("⑴", "(1)"),
        ("⒈", "1."),
        ("4\ufe0f\u20e3", "4"),
        ("①②", "1,2"),
        ("① 서울", "1 서울"),
        ("Ⅳ", "IV"),
        ("½", "1/2"),
        ("3½", "3 1/2"),
        ("m²", "㎡"),
        ("．5", ".5"),
        ("ŉ", "ʼn"),
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
        ("①②", "12"),
        ("10²", "102"),
        (".5", "5"),
        ("ㄱㅏ", "가"),
        ("국가", "국"),
        ("3½", "31/2"),
        ("셋", "3"),
    ],
)
def test_particles_signs_and_blanks_inside_still_count(one, other):
    assert ko_v1(one) != ko_v1(other)


@given(st.one_of(korean, texts, odd))
def test_normalising_twice_changes_nothing_more(text):
    assert ko_v1(ko_v1(text)) == ko_v1(text)
    assert bare(bare(text)) == bare(text)
    assert folded(folded(text)) == folded(text)


def test_normalising_any_sign_with_two_forms_twice_changes_nothing_more():
    every = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    signs = [sign for sign in every if unicodedata.normalize("NFKC", sign).casefold() != sign]
    assert len(signs) > 6_000
    assert [sign for sign in signs if ko_v1(ko_v1(sign)) != ko_v1(sign)] == []


def test_old_hangul_keeps_its_own_letters():
    assert ko_v1("\u1112\u119e\u11ab") == "ㅎ\u119eㄴ"


@given(st.text(alphabet=" ~Aa1가힣ㄱㅣ\t\n", max_size=20))
def test_plain_text_folds_to_itself_but_for_blanks(text):
    assert folded(text) == one_space(text)


@given(st.one_of(texts, odd))
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
