"""Entity F1 against seqeval, on KLUE-NER's sentences with predictions that are wrong in the usual ways."""

from __future__ import annotations

import random
from itertools import groupby

import numpy as np
import pytest

from harness.errors import BadInput
from harness.metrics.entity_f1 import entity_f1
from harness.stats.bootstrap import figure_of
from harness.stats.intervals import estimates
from tests.support.paths import DATA

KLUE = DATA / "klue" / "klue-ner-v1.1"
TYPES = ("PS", "LC", "OG", "DT", "TI", "QT")

Spans = list[tuple[int, int, str]]


def figure(metric, pairs):
    return figure_of(metric, np.array([metric.statistics(said, wanted) for said, wanted in pairs], float))


# KLUE-NER: tags and spans


def tag_sequences() -> list[list[str]]:
    """Return each sentence's tags, one a character."""
    (path,) = [path for path in KLUE.iterdir() if "dev" in path.name]
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [line for line in lines if not line.startswith("## ")]
    sentences = [list(group) for filled, group in groupby(rows, bool) if filled]
    return [[row.split("\t")[1] for row in sentence] for sentence in sentences]


def spans_of(tags: list[str]) -> Spans:
    """Return the spans of BIO tags: one begins at each B and goes on as long as I follows."""
    spans: Spans = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            spans.append((place, place + 1, tag[2:]))
        elif tag.startswith("I-"):
            start, _, kind = spans.pop()
            spans.append((start, place + 1, kind))
    return spans


def tags_of(spans: Spans, length: int) -> list[str]:
    tags = ["O"] * length
    for start, end, kind in spans:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def perturbed(draw: random.Random, spans: Spans, length: int, types: tuple[str, ...]) -> Spans:
    """Return spans of which some are lost, cut, moved or of another type, and some invented; none overlap."""
    said = []
    for start, end, kind in spans:
        match draw.randrange(8):
            case 0:
                continue
            case 1:
                said.append((start, max(start + 1, end - 1), kind))
            case 2:
                said.append((start, end + 1, kind))
            case 3:
                said.append((start, end, draw.choice(types)))
            case _:
                said.append((start, end, kind))
    place = draw.randrange(length)
    said.append((place, place + draw.randrange(1, 4), draw.choice(types)))
    kept: Spans = []
    for start, end, kind in sorted(said):
        if end <= length and (not kept or kept[-1][1] <= start):
            kept.append((start, end, kind))
    return kept


@pytest.fixture(scope="module")
def corpus() -> list[tuple[list[str], Spans]]:
    if not KLUE.is_dir():
        pytest.skip("the real data are not beside the checkout")
    return [(tags, spans_of(tags)) for tags in tag_sequences()]


@pytest.mark.data
def test_klues_tags_and_spans_are_two_ways_to_say_one_thing(corpus):
    assert len(corpus) == 5000
    assert {kind for _, spans in corpus for _, _, kind in spans} == set(TYPES)
    assert all(tags_of(spans, len(tags)) == tags for tags, spans in corpus)


@pytest.mark.data
@pytest.mark.parametrize("average", ["micro", "macro"])
@pytest.mark.parametrize("types", [TYPES, ("PS", "LC"), (*TYPES, "XX")])
def test_the_figure_is_seqevals(corpus, average, types):
    f1_score = pytest.importorskip("seqeval.metrics").f1_score
    draw = random.Random(3)
    said = [perturbed(draw, spans, len(tags), types) for tags, spans in corpus]
    wanted = f1_score(
        [tags for tags, _ in corpus],
        [tags_of(spans, len(tags)) for spans, (tags, _) in zip(said, corpus, strict=True)],
        average=average,
    )
    pairs = [(one, spans) for one, (_, spans) in zip(said, corpus, strict=True)]
    # XX is a type that is not listed: no hit, and an F1 of 0 in the macro mean.
    assert figure(entity_f1(TYPES, average=average), pairs) == pytest.approx(wanted, abs=1e-12)
    assert 0.3 < wanted < 0.9


# By hand

GOLD = [(0, 2, "PS"), (5, 8, "LC")]


@pytest.mark.parametrize(
    ("said", "micro", "macro"),
    [
        (GOLD, 1, 1),
        (tuple(GOLD), 1, 1),
        ([list(span) for span in GOLD], 1, 1),
        ([*GOLD, *GOLD], 1, 1),
        (GOLD[::-1], 1, 1),
        (GOLD[:1], 2 / 3, 1 / 2),
        ([(0, 2, "PS"), (5, 7, "LC")], 1 / 2, 1 / 2),
        ([(0, 2, "LC"), (5, 8, "PS")], 0, 0),
        ([*GOLD, (9, 10, "DT")], 4 / 5, 2 / 3),
        ([*GOLD, (9, 10, "??"), (10, 11, "!!")], 2 / 3, 2 / 3),
        ([], 0, 0),
        (None, 0, 0),
    ],
)
def test_a_span_counts_when_all_of_it_is_right(said, micro, macro):
    assert figure(entity_f1(()), [(said, GOLD)]) == pytest.approx(micro)
    assert figure(entity_f1(TYPES, average="macro"), [(said, GOLD)]) == pytest.approx(macro)


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_without_any_span_there_is_no_f1(average):
    assert np.isnan(figure(entity_f1(TYPES, average=average), [([], []), (None, ())]))


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_a_row_of_weight_two_counts_as_the_row_twice(average):
    metric = entity_f1(TYPES, average=average)
    rows = np.array([metric.statistics(said, GOLD) for said in (GOLD, GOLD[:1], [(0, 3, "DT")])])
    twice = metric.aggregate(rows, np.array([[2.0, 0.0, 1.0]]))
    assert twice == pytest.approx(metric.aggregate(rows[[0, 0, 2]], np.ones((1, 3))))


def test_the_interval_holds_the_figure():
    metric = entity_f1(())
    said = [GOLD, GOLD[:1], [], [(0, 2, "PS"), (5, 8, "DT")]] * 20
    found = estimates({"it": (metric, np.array([metric.statistics(one, GOLD) for one in said]))})["it"]
    assert 0 < found.ci_low < found.value < found.ci_high < 1


@pytest.mark.parametrize(
    "wrong",
    ["PS", 3, [[0, 2]], [[0, 2, "PS", 1]], [["0", 2, "PS"]], [[0.5, 2, "PS"]], [[True, 2, "PS"]], {"PS": 1}],
)
def test_what_are_no_spans_is_said_so(wrong):
    with pytest.raises(BadInput, match=r"the prediction should be a list of \[start, end, type\]"):
        entity_f1(()).statistics(wrong, GOLD)
    with pytest.raises(BadInput, match=r"the target should be"):
        entity_f1(()).statistics(GOLD, wrong)


def test_a_target_is_needed():
    with pytest.raises(BadInput, match="the target should be a list"):
        entity_f1(()).statistics(GOLD, None)


def test_a_targets_type_must_be_listed_for_the_macro_average():
    with pytest.raises(BadInput, match=r"'PS' is not listed\. Known: LC"):
        entity_f1(("LC",), average="macro").statistics([], GOLD)


def test_the_macro_average_needs_types():
    with pytest.raises(BadInput, match="needs the types as labels"):
        entity_f1((), average="macro")


def test_no_other_average_is_known():
    with pytest.raises(BadInput, match="no such average"):
        entity_f1((), average="weighted")


def test_the_signature_says_which_average():
    assert entity_f1(TYPES).signature == "entity_f1|v:1|average:micro"
    assert entity_f1(TYPES, average="macro").signature == "entity_f1|v:1|average:macro|types:6"
