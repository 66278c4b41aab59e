"""`harness agree`: raters beside each other, and what people would say."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats import agreement, prediction_powered

NONE = np.nan
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability: four observers, twelve units.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
).T


def test_alpha_is_krippendorffs_own_example():
    assert agreement.alpha(PUBLISHED) == pytest.approx(0.849, abs=5e-4)


def test_kappa_is_what_is_above_chance():
    """Cohen's table: 20 both yes, 15 both no, 5 and 10 apart: 0.4."""
    rows = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert agreement.kappa(np.array(rows, float)) == pytest.approx(0.4)
    assert np.isnan(agreement.kappa(np.ones((5, 2))))


def ratings(shell, people: int, shift: float = 1.0, count: int = 200):
    draw = np.random.default_rng(0)
    right = np.round(draw.normal(6, 2, count))
    judged = np.round(right + shift + draw.normal(0, 1, count))
    lines = ["id,rater,score,question"]
    lines += [f"r{n},people,{right[n]},q{n}" for n in range(people)]
    lines += [f"r{n},judge,{judged[n]},q{n}" for n in range(count)]
    return shell.write("ratings.csv", "\n".join(lines) + "\n"), right, judged


def test_a_generous_judge_is_put_right_by_few_labels(shell):
    path, right, judged = ratings(shell, people=80)
    found = shell("agree", path, "-f", "json").json
    made = found["powered"]["judge"]
    assert made["value"] == pytest.approx(judged[80:].mean() + (right[:80] - judged[:80]).mean())
    assert made["low"] < right.mean() < made["high"] < judged.mean()
    (pair,) = found["pairs"]
    assert (pair["one"], pair["other"], pair["items"]) == ("people", "judge", 80)
    assert pair["lead"]["high"] < 0
    assert pair["spearman"]["low"] > 0.5


def test_too_few_labels_or_disagreements_print_no_mean(shell):
    path, *_ = ratings(shell, people=49)
    assert "needs 50 labels of people and 5 disagreements" in shell("agree", path).out
    same = np.arange(60.0)
    assert prediction_powered.estimate(same, same, same) is None


def test_it_speaks_korean_and_verdicts_are_ratings_too(shell):
    rows = ["id,rater,verdict"] + [
        f"p{n},{who},{'A>B' if n % 3 else 'B>A'}" for n in range(30) for who in "ab"
    ]
    said = shell("agree", shell.write("v.csv", "\n".join(rows) + "\n"), "--lang", "ko").out
    assert "평가자 2명, 응답 30개, 문항 30개" in said
    assert "1.000 [1.000, 1.000]" in said


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["a,x,7"], "agreement needs two raters"),
        (["a,x,7", "b,y,7"], "no two raters have rated the same replies"),
        (["a,x,7", "a,x,8"], "x rates 'a' twice"),
        (["a,x,good"], "r.csv:2: 'good' is neither a number nor a verdict"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(shell, rows, complaint):
    said = shell("agree", shell.write("r.csv", "\n".join(["id,rater,score", *rows]) + "\n"))
    assert said.code == 2
    assert complaint in said.complaint
