"""SQuAD's and KorQuAD's official scores: their published algorithms written a second time, in plain loops."""

from __future__ import annotations

import gzip
import json
import random
import string
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.extractive_qa import (
    klue_mrc_em,
    klue_mrc_f1,
    korquad_em,
    korquad_f1,
    korquad_v1,
    squad_em,
    squad_f1,
)
from harness.stats.bootstrap import figure_of
from tests.support.paths import DATA

PARTICLES = ("은", "는", "이", "가", "을", "를", "의", "에서", "이다", " 입니다.")
MARKS = (
    "「{}」",
    "《{}》",
    "〈{}〉",
    "‘{}’",
    "“{}”",
    "({})",
    "<{}>",
    "'{}'",
    '"{}"',
    "{}.",
    "{}。",
    "-{}-",
    "{},",
    "the {}",
)
FACTORIES = (squad_em, squad_f1, korquad_em, korquad_f1)


# The published algorithms, from their descriptions


def without(text: str, signs: str) -> str:
    kept = ""
    for sign in text:
        if sign not in signs:
            kept += sign
    return kept


def without_articles(text: str) -> str:
    """Cut out every run of word characters that is an article; what is no word character stays."""
    kept, run = "", ""
    for sign in text + "\n":
        if sign.isalnum() or sign == "_":
            run += sign
        else:
            kept += ("" if run in ("a", "an", "the") else run) + sign
            run = ""
    return kept


def squad_normal(text: str) -> str:
    """Lower case, then no punctuation, then no articles, then single blanks."""
    return " ".join(without_articles(without(text.lower(), string.punctuation)).split())


def korquad_normal(text: str) -> str:
    """Twelve signs become blanks, then lower case, then no punctuation, then single blanks."""
    for sign in ("'", '"', "《", "》", "<", ">", "〈", "〉", "(", ")", "‘", "’"):
        text = " ".join(text.split(sign))
    return " ".join(without(text.lower(), string.punctuation).split())


def overlap_f1(said: list[str], wanted: list[str]) -> float:
    """Strike out of the reference what the prediction says; the harmonic mean of both shares."""
    left, same = list(wanted), 0
    for token in said:
        if token in left:
            left.remove(token)
            same += 1
    if same == 0:
        return 0.0
    precision, recall = same / len(said), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def official(name: str, said: str, references: list[str]) -> float:
    normal = squad_normal if name.startswith("squad") else korquad_normal
    tokens = str.split if name.startswith("squad") else lambda text: [sign for sign in text if sign != " "]
    if name.endswith("em"):
        return max(1.0 if normal(said) == normal(wanted) else 0.0 for wanted in references)
    return max(overlap_f1(tokens(normal(said)), tokens(normal(wanted))) for wanted in references)


# Real questions, and answers as systems give them


def questions(path: Path) -> list[list[str]]:
    """Return the reference answers of each question of a file in SQuAD's layout."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        articles = json.load(file)["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    return [[a["text"] for a in question["answers"]] for part in paragraphs for question in part["qas"]]


def perturbed(draw: random.Random, references: list[str], others: list[list[str]]) -> str | None:
    """Return an answer that is right, nearly right, or wrong in one of the ways that answers are wrong."""
    answer = draw.choice(references)
    cut = draw.randrange(len(answer) + 1)
    return draw.choice(
        (
            answer,
            answer[:cut],
            answer[cut:],
            answer + draw.choice(PARTICLES),
            draw.choice(MARKS).format(answer),
            answer[:cut] + draw.choice(string.punctuation + "·…　\u00a0\t") + answer[cut:],
            f"  {answer} \n",
            f"{answer} {answer}",
            " ".join(reversed(answer.split())),
            unicodedata.normalize("NFD", answer),
            answer.upper(),
            answer.swapcase(),
            f"An {answer} and a the",
            draw.choice(draw.choice(others)),
            "",
            None,
        )
    )


def answered(path: Path) -> list[tuple[str | None, list[str]]]:
    """Return (prediction, references) of every question, from one seed."""
    asked, draw = questions(path), random.Random(5)
    return [(perturbed(draw, references, asked), references) for references in asked]


CORPORA = {
    "korquad": (DATA / "korquad_v1" / "KorQuAD_v1.0_dev.json.gz", 3985),
    "xquad": (DATA / "xquad_en" / "xquad.en.json", 1190),
}


@pytest.fixture(scope="module", params=CORPORA)
def pairs(request: pytest.FixtureRequest) -> list[tuple[str | None, list[str]]]:
    path, count = CORPORA[request.param]
    if not path.exists():
        pytest.skip("the real data are not beside the checkout")
    found = answered(path)
    assert len(found) == count
    return found


@pytest.mark.data
@pytest.mark.parametrize("factory", FACTORIES)
def test_every_real_question_has_the_official_score_to_the_last_bit(factory, pairs):
    metric = factory(())
    found = [metric.statistics(said, wanted) for said, wanted in pairs]
    assert found == [(official(metric.name, said or "", wanted),) for said, wanted in pairs]


@pytest.mark.data
@pytest.mark.parametrize("factory", FACTORIES)
def test_the_figure_over_all_is_the_official_mean(factory, pairs):
    metric = factory(())
    total = 0.0
    for said, wanted in pairs:
        total += official(metric.name, said or "", wanted)
    found = figure_of(metric, np.array([metric.statistics(said, wanted) for said, wanted in pairs]))
    # A sum of whole numbers is exact; one of fractions depends on its order by some last bits.
    assert found == (
        total / len(pairs) if metric.name.endswith("em") else pytest.approx(total / len(pairs), rel=1e-13)
    )
    assert 0.2 < found < 0.9


@pytest.mark.data
def test_the_perturbed_answers_tell_the_four_metrics_apart(pairs):
    scores = {tuple(f(()).statistics(said, wanted)[0] for f in FACTORIES) for said, wanted in pairs}
    assert len(scores) > 100


# By hand


@pytest.mark.parametrize(
    ("said", "wanted", "em", "f1"),
    [
        ("the Broncos", "Broncos", 1, 1),
        ("Denver Broncos!", ["Broncos", "denver broncos"], 1, 1),
        ("Denver", "the Denver Broncos", 0, 2 / 3),
        ("a a b", "b a", 1, 1),
        ("b b", "b", 0, 2 / 3),
        ("well-known", "well known", 0, 0),
        ("theatre", "atre", 0, 0),
        ("on–the–road", "on– –road", 1, 1),  # an article leaves a blank
        ("A", "the", 1, 0),  # nothing is left of either: equal, but no word in common
        (None, "Broncos", 0, 0),
        (unicodedata.normalize("NFD", "서울"), "서울", 0, 0),
    ],
)
def test_squad_scores(said, wanted, em, f1):
    assert squad_em(()).statistics(said, wanted) == (em,)
    assert squad_f1(()).statistics(said, wanted) == pytest.approx((f1,))


@pytest.mark.parametrize(
    ("said", "wanted", "em", "f1"),
    [
        ("《서울》", "서울", 1, 1),
        ("서울은", "서울", 0, 4 / 5),
        ("울서", "서울", 0, 1),
        ("서 울", "서울", 0, 1),  # characters, but words when compared whole
        ("서울.", "서울", 1, 1),
        ("서울。", "서울", 0, 4 / 5),
        ("「서울」", "서울", 0, 2 / 3),
        ("SEOUL", "seoul", 1, 1),
        ("a서울", "서울", 0, 4 / 5),  # no article goes
        ("", "서울", 0, 0),
        (None, "'", 1, 0),
        (unicodedata.normalize("NFD", "서울"), "서울", 0, 0),
    ],
)
def test_korquad_scores(said, wanted, em, f1):
    assert korquad_em(()).statistics(said, wanted) == (em,)
    assert korquad_f1(()).statistics(said, wanted) == pytest.approx((f1,))


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize("target", [None, [], ()])
def test_nothing_is_scored_without_a_reference(factory, target):
    with pytest.raises(BadInput, match="needs a target"):
        factory(()).statistics("서울", target)


def test_the_signatures_say_how_texts_are_cut_and_normalised():
    assert [factory(()).signature for factory in FACTORIES] == [
        "squad_em|v:1|norm:squad.v1|case:lower",
        "squad_f1|v:1|tok:space|norm:squad.v1|case:lower",
        "korquad_em|v:1|norm:korquad.v1|case:lower",
        "korquad_f1|v:1|tok:char|norm:korquad.v1|case:lower",
    ]


def test_exact_matches_are_proportions_and_f1_is_not():
    assert [factory(()).interval for factory in FACTORIES] == ["wilson", "bootstrap", "wilson", "bootstrap"]


# A question that may have no answer, as KLUE's own evaluation and SQuAD 2's script count it.
ABSTAINING = [
    # said, references, EM, F1
    ("", [""], 1.0, 1.0),  # rightly
    (None, [""], 0.0, 0.0),  # nobody said that there is none
    ("수도", [""], 0.0, 0.0),
    ("", ["서울"], 0.0, 0.0),
    (None, ["서울"], 0.0, 0.0),
    ("서울", ["서울"], 1.0, 1.0),
    ("서울시", ["부산", "서울"], 0.0, 0.8),
    ("'", [""], 1.0, 1.0),  # nothing is left of it
]


@pytest.mark.parametrize(("said", "wanted", "em", "f1"), ABSTAINING)
def test_a_right_no_answer_counts_and_an_unanswered_one_does_not(said, wanted, em, f1):
    assert klue_mrc_em(()).statistics(said, wanted) == (em,)
    assert klue_mrc_f1(()).statistics(said, wanted) == pytest.approx((f1,))


def test_where_there_is_an_answer_klue_s_figures_are_korquad_s():
    rng = random.Random(3)
    for _ in range(300):
        said, wanted = ("".join(rng.choices("가나다 ‘’.", k=rng.randint(1, 6))) for _ in range(2))
        if korquad_v1(said) and korquad_v1(wanted):
            for ours, official in ((klue_mrc_em, korquad_em), (klue_mrc_f1, korquad_f1)):
                assert ours(()).statistics(said, wanted) == official(()).statistics(said, wanted)
