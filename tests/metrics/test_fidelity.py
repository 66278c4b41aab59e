"""Which script a reply is written in."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.korean_script import hangul_share, stray_hanja, stray_kana, stray_latin
from harness.stats.bootstrap import figure_of
from harness.stats.intervals import estimates

STRAYS = {"hanja": stray_hanja, "kana": stray_kana, "latin": stray_latin}


def figure(metric, replies):
    return figure_of(metric, np.array([metric.statistics(reply, None) for reply in replies]))


@pytest.mark.parametrize(
    ("reply", "share"),
    [
        ("서울", 1),
        ("서울 2024! (100 %)", 1),
        ("ㅋㅋ", 1),
        ("ﾡﾢ", 1),  # half-width
        ("서울 Seoul", 2 / 7),
        ("ＡＩ는", 1 / 3),
        ("대한民國", 1 / 2),
        ("서울은 首都です", 3 / 7),
        ("Привет 서울", 2 / 8),
        ("々", 0),
        ("Hello", 0),
        ("你好", 0),
    ],
)
def test_the_share_of_hangul_is_over_the_letters(reply, share):
    assert figure(hangul_share(()), [reply]) == pytest.approx(share)


@pytest.mark.parametrize("reply", ["서울 Seoul", "대한民國", "각 e\u0301"])
def test_nfd_is_judged_as_nfc(reply):
    apart = unicodedata.normalize("NFD", reply)
    assert apart != reply
    for factory in (hangul_share, *STRAYS.values()):
        composed = unicodedata.normalize("NFC", reply)
        assert factory(()).statistics(apart, None) == factory(()).statistics(composed, None)


@pytest.mark.parametrize("silent", ["", "42", "…!?", " \n", None])
def test_a_reply_without_letters_is_left_out(silent):
    assert figure(hangul_share(()), ["서울", "Seoul", silent]) == 0.5
    assert math.isnan(figure(hangul_share(()), [silent]))


def test_every_reply_counts_alike_however_long():
    assert figure(hangul_share(()), ["가" * 1000, "a"]) == 0.5


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("서울은 수도입니다. 1394年", {"hanja"}),
        ("\uf900", {"hanja"}),  # a compatibility form, as KS X 1001 has them
        ("\U00020000", {"hanja"}),
        ("서울はきれい", {"kana"}),
        ("ｶﾀｶﾅ", {"kana"}),
        ("東京タワー", {"hanja", "kana"}),
        ("AI가 답합니다", {"latin"}),
        ("Ａ", {"latin"}),
        ("café", {"latin"}),
        ("서울 100㎞ ①②, 3% ★", set()),
        ("Москва", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_letters_that_strayed_in_are_found_by_script(reply, found):
    assert {
        script for script, factory in STRAYS.items() if factory(()).statistics(reply, None) == (1.0,)
    } == found


@pytest.mark.parametrize(("most", "hit"), [(0.0, 1.0), (0.24, 1.0), (0.25, 0.0), (0.9, 0.0)])
def test_a_share_of_letters_may_be_allowed(most, hit):
    assert stray_latin((), most=most).statistics("AI는 여섯글자다", None) == (hit,)


@pytest.mark.parametrize("most", [-0.1, 1.0, 7, math.nan])
def test_what_is_allowed_is_a_share(most):
    with pytest.raises(BadInput, match="'most' should be a share"):
        stray_latin((), most=most)


def test_strays_are_a_proportion_with_wilsons_interval():
    metric = stray_hanja(())
    found = estimates(
        {"it": (metric, np.array([metric.statistics(r, None) for r in ["漢字", *["한글"] * 9]]))}
    )["it"]
    assert found.value == 0.1
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (0.0179, 0.4042), abs=5e-5
    )  # 1 of 10, Wilson (1927)
    assert not metric.higher_is_better


def test_the_share_has_an_interval_though_replies_are_left_out():
    metric = hangul_share(())
    rows = np.array([metric.statistics(reply, None) for reply in ["서울", "Seoul", "42", "서울 city"] * 25])
    found = estimates({"it": (metric, rows)})["it"]
    assert found.ci_low < found.value < found.ci_high
    assert found.value == pytest.approx((1 + 0 + 2 / 6) / 3)


def test_the_whole_reply_is_read_and_the_signature_says_what_was_allowed():
    metrics = [hangul_share(()), *(factory((), most=0.3) for factory in STRAYS.values())]
    assert {metric.reads for metric in metrics} == {"text"}
    assert [metric.signature for metric in metrics] == [
        "hangul_share|v:1|norm:nfc",
        "stray_hanja|v:1|norm:nfc|most:0.3",
        "stray_kana|v:1|norm:nfc|most:0.3",
        "stray_latin|v:1|norm:nfc|most:0.3",
    ]
