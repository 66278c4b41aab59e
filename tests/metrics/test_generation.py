import unicodedata

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.generation import exact_match


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
        (None, ["", "없음"], 1.0),
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
    assert (metric.signature, metric.interval) == ("exact_match|v:1|norm:ko.v1", "wilson")
    assert metric.aggregate(np.array([[1.0], [0.0], [1.0]]), np.ones((1, 3))) == pytest.approx(2 / 3)
