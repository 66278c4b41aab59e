"""IFEval's instructions: what follows each, what does not, and the four accuracies of a reply."""

from __future__ import annotations

import json

import pytest

from harness.errors import BadInput
from harness.metrics import instruction_following as ifeval
from harness.metrics.instructions import counts
from harness.metrics.instructions.registry import CHECKS, ENGLISH

# name, what it says, a reply that follows it, one that does not
TABLE = [
    ("keywords:existence", {"keywords": ["harbour", "tide"]}, "A Harbour at low tide.", "A harbour."),
    (
        "keywords:frequency",
        {"keyword": "tide", "frequency": 2, "relation": "at least"},
        "tide, Tides",
        "tide",
    ),
    ("keywords:frequency", {"keyword": "tide", "frequency": 2, "relation": "less than"}, "tide", "tide tide"),
    ("keywords:forbidden_words", {"forbidden_words": ["sea"]}, "A season.", "The sea."),
    (
        "keywords:letter_frequency",
        {"letter": "z", "let_frequency": 2, "let_relation": "at least"},
        "Zigzag",
        "Zag",
    ),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "two words", "it's three"),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "Dr. Bell rang. Nobody came.",
        "Dr. Bell rang at 5 p.m. today.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.", "One.\n\nTwo."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Yet"},
        "One.\n\n'yet, two.",
        "Yet.\n\nTwo.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] and [b]", "[a] and (b)"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\n\nP. S. One more.", "Bye."),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye.\nP.P.S. Two.", "Bye.\nP.S."),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n- two", "** one **\n* two"),
    ("detectable_format:constrained_response", {}, "Well. My answer is no.", "No."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and *b*", "*a* and * *"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "PART", "num_sections": 2},
        "PART 1\na\nPART 2\nb",
        "PART one\na\nPART 2",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1}"),
    ("detectable_format:title", {}, "<<A title>>\ntext", "<< >>\ntext"),
    ("combination:two_responses", {}, "One.\n******\nTwo.", "One.\n******\nOne."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hi."}, "say hi. Hi!", "Hi!"),
    ("startend:end_checker", {"end_phrase": "The end."}, '"So it was. the end."', "The end. Really"),
    ("startend:quotation", {}, '"All of it."', '"Part" of it.'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "less than"},
        "ONE bell",
        "TWO BELLS",
    ),
    ("punctuation:no_comma", {}, "One and two.", "One, two."),
    ("ko:existence", {"keywords": ["계산"]}, "컴퓨터는 계산을 합니다.", "컴퓨터입니다."),
    ("ko:frequency", {"keyword": "별", "frequency": 2, "relation": "이상"}, "별과 별", "별"),
    ("ko:forbidden_words", {"forbidden_words": ["초록"]}, "연초록 잎", "초록은 좋다"),
    (
        "ko:syllable_frequency",
        {"letter": "물", "let_frequency": 2, "let_relation": "이상"},
        "물과 눈물",
        "물",
    ),
    ("ko:number_sentences", {"num_sentences": 2, "relation": "이상"}, "비가 온다. 춥다!", "비가 온다."),
    ("ko:number_eojeol", {"num_words": 3, "relation": "미만"}, "비가 온다 .", "비가 많이 온다"),
    ("ko:number_characters", {"num_characters": 4, "relation": "이상"}, "비가 온다", "비 온다"),
    ("ko:postscript", {"postscript_marker": "추신"}, "안녕.\n추신: 하나 더", "추신은 없다 하고 안녕"[3:]),
    ("ko:constrained_response", {}, "제 대답은 예입니다.", "예."),
    ("ko:multiple_sections", {"section_spliter": "장", "num_sections": 2}, "제1장\n글\n제2장\n글", "제1장"),
    ("ko:quotation", {}, "“모두 안에”", "“일부” 밖"),
    ("ko:no_comma", {}, "하나 그리고 둘", "하나, 둘"),
    ("ko:polite", {}, "비가 옵니다. 춥네요!", "비가 옵니다. 춥다."),
    ("ko:no_latin", {}, "셈틀 2대", "PC 2대"),
]
OF_LANGUAGE = [
    (
        "language:response_language",
        {"language": "de"},
        "Der Leuchtturm warnt die Schiffe vor den Felsen.",
        "It warns ships.",
    ),
    ("change_case:english_capital", {}, "THE LIGHT WARNS THE SHIPS OF ROCKS.", "The light warns the ships."),
    (
        "change_case:english_lowercase",
        {},
        "the light warns the ships of rocks.",
        "The light warns the ships.",
    ),
]


@pytest.mark.parametrize(("name", "told", "follows", "fails"), TABLE)
def test_an_instruction_is_followed_or_not(name, told, follows, fails):
    assert CHECKS[name](follows, **told)
    assert not CHECKS[name](fails, **told)


@pytest.mark.parametrize(("name", "told", "follows", "fails"), OF_LANGUAGE)
def test_an_instruction_about_a_language_is_followed_or_not(name, told, follows, fails):
    pytest.importorskip("langdetect")
    assert CHECKS[name](follows, **told)
    assert not CHECKS[name](fails, **told)


def test_the_tables_hold_every_instruction():
    assert {row[0] for row in (*TABLE, *OF_LANGUAGE)} == set(CHECKS)
    assert len(ENGLISH) == 25


def test_a_full_stop_before_a_curly_quotation_mark_ends_no_sentence():
    assert counts.sentences("“Where are you?” he said. Nobody came.") == 2


def target(*instructions: tuple[str, dict]) -> str:
    return json.dumps(
        {"ids": [name for name, _ in instructions], "kwargs": [told for _, told in instructions]}
    )


BOTH = target(("punctuation:no_comma", {}), ("startend:end_checker", {"end_phrase": "done."}))


def test_a_prompt_is_followed_where_all_of_its_instructions_are():
    assert ifeval.prompt_strict(()).statistics("So it is done.", BOTH) == (1.0,)
    assert ifeval.prompt_strict(()).statistics("Well, done.", BOTH) == (0.0,)
    assert ifeval.instruction_strict(()).statistics("Well, done.", BOTH) == (1.0, 2.0)


def test_loosely_the_first_line_the_last_line_and_stars_are_forgiven():
    said = "Sure, here it is:\nSo it is **done.**"
    assert ifeval.verdicts(said, BOTH, loosely=False) == (False, False)
    assert ifeval.verdicts(said, BOTH, loosely=True) == (True, True)


@pytest.mark.parametrize("reply", [None, "", "  \n "])
def test_an_empty_reply_follows_nothing(reply):
    assert ifeval.verdicts(reply, BOTH, loosely=True) == (False, False)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("no JSON", "should be JSON"),
        (target(("punctuation:no_coma", {})), "Did you mean"),
        (target(("keywords:frequency", {"keyword": "a"})), "cannot be checked"),
        (target(("keywords:existence", {"keywords": ["("]})), "cannot be checked"),
    ],
)
def test_a_target_that_cannot_be_checked_is_the_users_error(wrong, words):
    with pytest.raises(BadInput, match=words):
        ifeval.verdicts("a reply", wrong, loosely=False)


def test_a_null_that_a_parquet_file_has_for_what_is_not_said_is_left_out():
    asked = target(("punctuation:no_comma", {"num_words": None}))
    assert ifeval.verdicts("No comma", asked, loosely=False) == (True,)
