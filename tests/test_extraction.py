from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import extraction
from harness.errors import BadInput
from harness.extraction import chosen
from harness.schema import Option

SENTIMENT = ("부정", "긍정")
STRENGTH = ("매우 부정", "부정", "긍정", "매우 긍정")
LETTERS = ("A", "B", "C", "D")


def options(*texts: str) -> tuple[Option, ...]:
    return tuple(Option(str(index), text) for index, text in enumerate(texts))


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("text", "found"),
    [(" 긍정\n", "긍정"), ("긍정", "긍정"), ("", None), (" \n\t", None), ("두\n줄", "두\n줄")],
)
def test_strip_takes_blanks_and_line_ends_off(text, found):
    assert extraction.strip()(text, ()) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("긍정", "긍정", "긍정"),
        ("\n 첫째 \r\n둘째\n\n", "첫째", "둘째"),
        ("", None, None),
        ("\n \n", None, None),
        ("첫째\u0085줄\n둘째", "첫째\u0085줄", "둘째"),
    ],
)
def test_first_and_last_line_pass_over_empty_ones(text, first, last):
    assert extraction.first_line()(text, ()) == first
    assert extraction.last_line()(text, ()) == last


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<think>긍정일까</think> 부정", "부정"),
        ("생각하고</think>\n\n부정\n", "부정"),
        ("부정", "부정"),
        ("<think>긍정일까", None),
        ("긍정 <think>아니", None),
        ("<think>하나</think>긍정<think>둘", None),
        ("<think>하나</think><think>둘</think>긍정", "긍정"),
        ("<think>긍정</think>", None),
        ("<think></think>  ", None),
        ("", None),
    ],
)
def test_after_think_waits_for_the_thought_to_end(text, found):
    assert extraction.after_think()(text, ()) == found


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("긍정", SENTIMENT, "긍정"),
        ("이 문장은 긍정입니다.", SENTIMENT, "긍정"),
        ("긍정/부정 중에서는 부정", SENTIMENT, "긍정"),
        ("부정. 긍정은 아님", SENTIMENT, "부정"),
        ("중립", SENTIMENT, None),
        ("", SENTIMENT, None),
        ("긍 정", SENTIMENT, None),
        (nfd("감정: 부정"), SENTIMENT, "부정"),
        ("매우 긍정", STRENGTH, "매우 긍정"),
        ("매우긍정입니다", STRENGTH, "매우 긍정"),
        ("매우  긍정", STRENGTH, "매우 긍정"),
        ("매우\n긍정", STRENGTH, "매우 긍정"),
        ("긍정, 매우 긍정은 아님", STRENGTH, "긍정"),
        ("대체로 긍정", STRENGTH, "긍정"),
        ("긍정적입니다", ("긍정", "긍정적"), "긍정적"),
        ("긍정입니다", ("긍정적", "긍정"), "긍정"),
        ("The answer is B.", LETTERS, "B"),
        ("정답은 B입니다", LETTERS, "B"),
        ("정답: (Ｃ)", LETTERS, "C"),
        ("b", LETTERS, "B"),
        ("b)", LETTERS, "B"),
        ("This is a hard one: D", LETTERS, "D"),
        ("I cannot say", LETTERS, None),
        ("ABCD", LETTERS, None),
        ("I do not know", ("yes", "no"), None),
        ("Nothing. Yes!", ("yes", "no"), "yes"),
        ("NO", ("yes", "no"), "no"),
        ("notably: no", ("yes", "no"), "no"),
        ("10점", ("0", "1", "2"), None),
        ("1.5점", ("1", "5"), None),
        ("1,5", ("1", "5"), None),
        ("2점", ("0", "1", "2"), "2"),
        ("답은 2.", ("0", "1", "2"), "2"),
        ("정답: ②", ("1", "2"), "2"),
        ("3", ("1", "2"), None),
        ("서울。", ("서울", "부산"), "서울"),
        ("(가)", ("(가)", "(나)"), "(가)"),
        ("정답: 나", ("(가)", "(나)"), "나"),
        ("a.c", ("abc", "a.c"), "a.c"),
        ("abc", ("a.c", "x"), None),
        ("new york city", ("New York", "York"), "New York"),
    ],
)
def test_first_option_finds_the_word_that_comes_first_and_guesses_nothing(text, words, found):
    assert extraction.first_option()(text, options(*words)) == found


@pytest.mark.parametrize("words", [(), ("",), ("?", "...")])
@pytest.mark.parametrize("text", ["", "긍정", "?", "."])
def test_without_words_to_find_there_is_no_first_option(text, words):
    assert extraction.first_option()(text, options(*words)) is None


@given(st.lists(st.text(max_size=5), max_size=5), st.text(max_size=30))
def test_what_first_option_finds_is_always_one_of_the_options(words, text):
    found = extraction.first_option()(text, options(*words))
    assert found is None or chosen(found, options(*words)) is not None


@given(st.text(alphabet="가나다 AbC12.", min_size=1, max_size=6).filter(lambda word: word.strip(" .")))
def test_a_reply_that_is_the_option_is_found(word):
    assert chosen(extraction.first_option()(f" {word}.\n", options(word)) or "", options(word)) == "0"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("42", "42"),
        ("답은 42.", "42"),
        ("3개와 4개를 더하면 7개", "7"),
        ("총 1,234,567원입니다", "1234567"),
        ("-1,234.50", "-1234.50"),
        ("1, 2, 3", "3"),
        ("1,2,3", "3"),
        ("1,2345", "2345"),
        ("0.5점", "0.5"),
        (".5", ".5"),
        ("-.5", "-.5"),
        ("+7", "7"),
        ("기온은 -5도", "-5"),
        ("기온은 −5도", "-5"),
        ("x=-2", "-2"),
        ("10-20", "20"),
        ("2024-05-01", "01"),
        ("GPT-4", "4"),
        ("6.02e23", "6.02e23"),
        ("1e-3", "1e-3"),
        ("１，２３４．５", "1234.5"),
        ("100%", "100"),
        ("x²", None),
        ("없음", None),
        ("", None),
        ("-", None),
        (nfd("삼 3"), "3"),
    ],
)
def test_number_is_the_last_one_without_commas(text, found):
    assert extraction.number()(text, ()) == found


@given(st.text())
def test_number_finds_what_float_can_read(text):
    found = extraction.number()(text, ())
    assert found is None or isinstance(float(found), float)


@pytest.mark.parametrize(
    ("pattern", "group", "text", "found"),
    [
        (r"정답[:은]\s*(\S+)", 1, "풀이… 정답: 서울 (끝)", "서울"),
        (r"정답[:은]\s*(\S+)", 0, "정답: 서울", "정답: 서울"),
        (r"정답: (\S+)", 1, nfd("정답: 서울"), "서울"),
        (nfd(r"정답: (\S+)"), 1, "정답: 서울", "서울"),
        (r"(긍정)|(부정)", 1, "부정", None),
        (r"x*", 0, "abc", None),
        (r"정답: (\S+)", 1, "모르겠다", None),
        (r"(?s)<a>(.*)</a>", 1, "<a>두\n줄</a>", "두\n줄"),
    ],
)
def test_regex_finds_its_group(pattern, group, text, found):
    assert extraction.regex(pattern, group)(text, ()) == found


@pytest.mark.parametrize(
    ("pattern", "group", "reason"),
    [
        ("(", 0, "is not a regular expression: missing"),
        ("*", 0, "is not a regular expression: nothing to repeat"),
        ("a{99999999999}", 0, "is not a regular expression"),
        ("(a)(b)", 3, "has 2 groups, not 3"),
        ("a", 1, "has 0 groups, not 1"),
        ("a", -1, "has 0 groups, not -1"),
    ],
)
def test_a_bad_pattern_is_the_users_error(pattern, group, reason):
    with pytest.raises(BadInput, match=reason):
        extraction.regex(pattern, group)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"answer": "긍정"}', "긍정"),
        ('```json\n{"reason": "좋다니까", "answer": "긍정"}\n```\n끝', "긍정"),
        ('{감정} 은 다음과 같다: {"answer": "부정"}', "부정"),
        ('{ \n "answer" : "긍정" } {"answer": "부정"}', "긍정"),
        ('{"other": {"answer": "부정"}, "answer": "긍정"}', "긍정"),
        ('{"answer": 3}', "3"),
        ('{"answer": 0}', "0"),
        ('{"answer": 1.50}', "1.5"),
        ('{"answer": true}', "true"),
        ('{"answer": ["가", 1]}', '["가", 1]'),
        ('{"answer": null}', None),
        ('{"answer": ""}', None),
        ('{"other": "긍정"}', None),
        ('{"deep": {"answer": "부정"}}', None),
        ('{"deep": {"answer": "부정"}, "answer": "긍', None),
        ("{}", None),
        ("긍정", None),
        ('["answer"]', None),
        ("{'answer': '긍정'}", None),
        ("", None),
        ('{"answer": "\\ud800긍정"}', "?긍정"),
        ('{"answer": ' * 100_000, None),
        ('{"answer": ' + "1" * 5000 + "}", None),
    ],
    ids=lambda text: text[:40] if isinstance(text, str) else None,
)
def test_json_field_reads_the_first_object(text, found):
    assert extraction.json_field("answer")(text, ()) == found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("긍정", "1"),
        (" 긍정. ", "1"),
        ("긍정。", "1"),
        ("‘긍정’", "1"),
        (nfd("긍정"), "1"),
        ("긍정적", None),
        ("긍정 부정", None),
        ("", None),
        ("...", None),
    ],
)
def test_a_label_is_chosen_only_by_its_own_text(text, label):
    assert chosen(text, options(*SENTIMENT)) == label


def test_punctuation_does_not_choose_an_option_made_of_it():
    assert chosen("!!", options("?", "x")) is None


def test_of_two_options_that_read_the_same_the_first_is_chosen():
    assert chosen("Ａ", options("A", "a")) == "0"
