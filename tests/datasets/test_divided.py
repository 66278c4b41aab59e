"""One file divided into splits: nothing leaks, nothing is lost, and no order matters."""

from __future__ import annotations

import random

import pytest

from harness.datasets import examples as datasets
from harness.datasets import sources
from harness.datasets.sources import Where
from harness.errors import BadInput
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data

TASK = """\
version: 1
description: Pairs written for a test
data:
  format: tsv
  header: [en, ko]
  files: {all: pairs.tsv}
  hash_split: {of: all, by: [en, ko], shares: {train: 0.7, test: 0.3}}
fields: {input: ko, target: en}
ask: generate
templates: {plain: {query: "{{ input }}"}}
metrics: [exact_match]
"""
# Some English sentences have several Korean ones, and some Korean ones several English.
PAIRS = [
    (f"sentence {n // 2}", f"문장 {(n + 1) // 2 % 180}") if n % 5 == 0 else (f"s{n}", f"ㅁ{n}")
    for n in range(600)
]


@pytest.fixture
def split(tmp_path):
    """Return what reads a split of the pairs as they are given."""
    (tmp_path / "pairs.yaml").write_text(TASK, encoding="utf-8")

    def read(name, pairs=PAIRS):
        rows = "".join(f"{en}\t{ko}\n" for en, ko in pairs)
        (tmp_path / "pairs.tsv").write_text(rows, encoding="utf-8")
        task = tasks.load(str(tmp_path / "pairs.yaml"))
        source = sources.locate(task, [name], Where(tmp_path), lambda _: None)
        return list(datasets.examples(task, source, name))

    return read


def pairs_of(examples):
    return {(example.target, example.fields["input"]) for example in examples}


def test_every_row_is_in_one_part(split):
    train, test = split("train"), split("test")
    assert len(train) + len(test) == len(PAIRS) == len(split("all"))
    assert not pairs_of(train) & pairs_of(test)
    assert sorted({e.id for e in [*train, *test]}) == sorted({e.id for e in split("all")})


def test_no_value_of_the_columns_is_in_both_parts(split):
    train, test = pairs_of(split("train")), pairs_of(split("test"))
    for side in (0, 1):
        assert not {pair[side] for pair in train} & {pair[side] for pair in test}


def test_the_shares_are_about_what_was_asked(split):
    assert 0.65 < len(split("train")) / len(PAIRS) < 0.75


def test_the_order_of_the_rows_does_not_matter(split):
    mixed = random.Random(0).sample(PAIRS, len(PAIRS))
    assert pairs_of(split("test", mixed)) == pairs_of(split("test"))


def test_a_row_that_comes_later_moves_no_other(split):
    assert pairs_of(split("test", [*PAIRS, ("new", "새것")])) - {("new", "새것")} == pairs_of(split("test"))


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("train: 0.7", "train: 0.8", "the shares should sum to 1, not 1.1"),
        ("of: all", "of: al", "no split is called 'al'"),
        ("test: 0.3", "all: 0.3", "cannot be a part of itself"),
    ],
)
def test_a_division_that_cannot_be_is_said_with_its_line(tmp_path, was, now, said):
    (tmp_path / "pairs.yaml").write_text(TASK.replace(was, now), encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        tasks.load(str(tmp_path / "pairs.yaml"))


def test_a_column_that_is_not_there_is_said(split, tmp_path):
    (tmp_path / "pairs.yaml").write_text(TASK.replace("by: [en, ko]", "by: [fr]"), encoding="utf-8")
    with pytest.raises(BadInput, match="no column 'fr'"):
        split("train")


@needs_data
@pytest.mark.parametrize(
    ("name", "train", "evaluated"),
    [
        ("tatoeba_ko_en", 3019, 779),
        ("tatoeba_en_ko", 3019, 779),
        ("korquad_v1_by_article", 3287, 698),
        ("cifar10_divided", 139, 61),
    ],
)
def test_the_shipped_divisions_stay_as_they_are(name, train, evaluated):
    task = tasks.load(name)
    source = sources.locate(task, ["train", task.split], Where(DATA), lambda _: None)
    sizes = [sum(1 for _ in datasets.examples(task, source, split)) for split in ("train", task.split)]
    assert sizes == [train, evaluated]
