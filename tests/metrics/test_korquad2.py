"""KorQuAD 2's own exact match and F1, re-derived from what its script does: no tags, no white space."""

from __future__ import annotations

import gzip
import json
import random
import re
import string
from collections import Counter

import pytest

from harness.metrics.extractive_qa import korquad2_em, korquad2_f1
from tests.support.paths import DATA, needs_data


def official(text: str) -> str:
    bs4 = pytest.importorskip("bs4", reason="BeautifulSoup is not installed")
    shown = bs4.BeautifulSoup(text, "html.parser").get_text()
    spaced = re.sub("['\"《》<>〈〉()‘’]", " ", shown).lower()
    return re.sub(r"\s", "", "".join(sign for sign in spaced if sign not in string.punctuation))


def official_f1(prediction: str, reference: str) -> float:
    said, wanted = Counter(official(prediction)), Counter(official(reference))
    same = sum((said & wanted).values())
    if not same:
        return 0.0
    precision, recall = same / sum(said.values()), same / sum(wanted.values())
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("said", "reference", "em"),
    [
        ("채소와 과일", "<td>채소와 과일</td>", 1.0),
        ("채소와과일", "채소와 과일", 1.0),
        ("《채소》와 과일.", "<b>채소</b>와 과일", 1.0),
        ("채소", "과일", 0.0),
        ("", "과일", 0.0),
    ],
)
def test_tags_blanks_and_quotes_make_no_difference(said, reference, em):
    assert korquad2_em(()).statistics(said, (reference,)) == (em,)


@needs_data
def test_every_real_answer_perturbed_scores_as_the_script_would():
    with gzip.open(DATA / "korquad_v1/KorQuAD_v1.0_dev.json.gz") as stream:
        articles = json.load(stream)["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    answers = [answer["text"] for p in paragraphs for qa in p["qas"] for answer in qa["answers"]]
    draw = random.Random(1)
    em, f1 = korquad2_em(()), korquad2_f1(())
    for answer in answers:
        said = perturbed(draw, answer, answers)
        reference = f"<p>{answer}</p>" if draw.random() < 0.3 else answer
        assert em.statistics(said, (reference,))[0] == float(official(said) == official(reference))
        assert f1.statistics(said, (reference,))[0] == pytest.approx(official_f1(said, reference), abs=1e-12)
    assert len(answers) == 3985


def perturbed(draw: random.Random, answer: str, others: list[str]) -> str:
    changes = [
        answer,
        answer + "이다.",
        answer[1:],
        f"<b>{answer}</b>",
        f"'{answer}'",
        answer.replace(" ", ""),
        draw.choice(others),
        "",
    ]
    return draw.choice(changes)
