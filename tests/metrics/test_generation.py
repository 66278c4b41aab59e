import unicodedata

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.exact_match import exact_match, number, numeric_match


@pytest.mark.parametrize(
    ("prediction", "target", "wanted"),
    [
        ("서울", "서울", 1.0),
        (unicodedata.normalize("NFD", "서울"), "서울", 1.0),
        ("서울", unicodedata.normalize("NFD", "서울"), 1.0),
        (" 서울\n", "서울", 1.0),
        ("서울", ["부산", "서울 "], 1.0),
        ("서울.", "서울", 1.0),
        ("서울。", "서울", 1.0),
        ("Ｓｅｏｕｌ", "seoul", 1.0),
        ("서울은", "서울", 0.0),
        ("인도", "인", 0.0),
        ("3.5", "35", 0.0),
        ("서울", ["부산", "대구"], 0.0),
        ("서울특별시", "서울", 0.0),
        (None, "서울", 0.0),
        ("", ["", "없음"], 1.0),
        # What is unanswered says nothing, and matches nothing.
        (None, ["", "없음"], 0.0),
        (None, "] )", 0.0),
        # Of punctuation alone nothing is left to compare but the signs themselves.
        ("] )", "] )", 1.0),
        (" ]  ) ", "] )", 1.0),
        ("> >", "] )", 0.0),
        (") ]", "] )", 0.0),
        ("", "] )", 0.0),
        ("...", "?", 0.0),
        ("》", ">", 0.0),
        # Brackets that say something.
        ("[3,4)", "[3, 4)", 0.0),
        ("[3,4)", "[3,4)", 1.0),
        ("［3，4）", "[3,4)", 1.0),
        ("[3,4)", "(3,4]", 0.0),
        ("(1,2)", "[1,2]", 0.0),
        ("3,4", "[3,4)", 0.0),
        ("> 3", "< 3", 0.0),
        ("3", "> 3", 0.0),
        # Brackets around an answer that say nothing.
        ("(서울)", "서울", 1.0),
        ("서울", "**[서울]**!", 1.0),
        ("<서울>", "《서울》", 1.0),
        ("1)", "1", 1.0),
    ],
)
def test_a_reply_matches_a_reference_under_ko_v1(prediction, target, wanted):
    assert exact_match(()).statistics(prediction, target) == (wanted,)


@pytest.mark.parametrize("target", [None, []])
def test_a_reply_cannot_be_judged_without_a_reference(target):
    with pytest.raises(BadInput, match="needs a target"):
        exact_match(()).statistics("서울", target)


def test_exact_match_is_a_share_that_names_its_normalisation():
    metric = exact_match(())
    assert (metric.signature, metric.interval) == ("exact_match|v:2|norm:ko.v1", "wilson")
    assert metric.aggregate(np.array([[1.0], [0.0], [1.0]]), np.ones((1, 3))) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("prediction", "target"),
    [
        ("18", "18"),
        ("18.0", "18"),
        ("18.", "18.00"),
        ("1,800", "1800"),
        ("1,234,567.5", "1234567.50"),
        ("+5", "5"),
        ("-5", "−5"),
        ("-0", "0"),
        (".5", "0.5"),
        ("1.8e1", "18"),
        (" 18\n", "18"),
        ("１８", "18"),
        ("－１，８００．５", "-1800.5"),
        ("0.1", "0.10"),
        ("9007199254740993", "9007199254740993.0"),  # 2**53 + 1: no float has it
        ("1e9999", "10e9998"),
        ("18", ["17", "18"]),
        (18, "18"),
        (18.0, "18"),
        (0.1, "0.1"),
    ],
)
def test_numbers_match_however_they_are_written(prediction, target):
    assert numeric_match(()).statistics(prediction, target) == (1.0,)


@pytest.mark.parametrize(
    ("prediction", "target"),
    [
        ("18", "17"),
        ("9007199254740993", "9007199254740992"),
        ("0.30000000000000004", "0.3"),
        (0.1 + 0.2, "0.3"),
        ("18", ["17", "19"]),
        ("18개", "18"),
        ("$18", "18"),
        ("18 19", "18"),
        ("1,80", "180"),
        ("1,8000", "18000"),
        ("1/2", "0.5"),
        ("2³", "8"),
        ("2³", "23"),
        ("⑱", "18"),
        ("0x12", "18"),
        ("1_800", "1800"),
        ("열여덟", "18"),
        ("nan", "18"),
        ("inf", "18"),
        (float("nan"), "18"),
        (".", "0"),
        ("", "0"),
        (None, "0"),
    ],
)
def test_another_number_or_none_at_all_is_wrong(prediction, target):
    assert numeric_match(()).statistics(prediction, target) == (0.0,)


@pytest.mark.parametrize("digits", [10, 100_000])
def test_numbers_of_any_length_are_compared_exactly(digits):
    assert number("7" * digits) == number("7" * digits + ".000")
    assert number("7" * digits) != number("7" * (digits - 1) + "8")


@pytest.mark.parametrize("target", [None, []])
def test_a_number_cannot_be_judged_without_a_reference(target):
    with pytest.raises(BadInput, match="needs a target"):
        numeric_match(()).statistics("18", target)


@pytest.mark.parametrize("target", ["eighteen", "", ["18", "#### 18"]])
def test_a_target_that_is_no_number_is_said_so(target):
    with pytest.raises(BadInput, match="is no number"):
        numeric_match(()).statistics("18", target)


def test_numeric_match_is_a_share_that_names_its_arithmetic():
    metric = numeric_match(())
    assert (metric.signature, metric.interval) == ("numeric_match|v:1|norm:decimal", "wilson")
