"""Tags of characters: spans there and back, and a network that finds names it has not seen."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="networks need torch")

from harness.adapters.networks.tagging import LstmTags, TransformerTags
from harness.errors import BadInput
from harness.models.tagger import spans_of_tags, tags_of_spans
from harness.schema import Example, Parts, Profile, Request

TYPES = ("PS", "LC")
SURNAMES, GIVEN, PLACES = (
    "김이박최정강조윤",
    "민수지영현우서연도윤하은",
    ("서울", "부산", "제주", "대전", "광주"),
)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.sampled_from(TYPES)), max_size=5))
def test_spans_that_do_not_overlap_come_back_from_their_tags(lengths):
    spans, at = [], 0
    for length, gap, kind in lengths:
        spans.append((at + gap, at + gap + length, kind))
        at += gap + length
    text = "가" * (at + 2)
    assert spans_of_tags(text, tags_of_spans(text, spans, TYPES), TYPES) == spans


def test_a_tag_that_goes_on_without_a_beginning_begins():
    assert spans_of_tags("김민수와 서울", [0, 2, 2, 0, 0, 2, 4], TYPES) == [
        *((1, 3, "PS"), (5, 6, "PS"), (6, 7, "LC"))
    ]


def test_places_are_those_of_the_text_as_it_is_written():
    text = unicodedata.normalize("NFD", "김민수와 서울")
    end = len(unicodedata.normalize("NFD", "김민수"))
    tags = tags_of_spans(text, [(0, end, "PS")], TYPES)
    assert tags == [1, 2, 2, 0, 0, 0, 0]
    assert spans_of_tags(text, tags, TYPES) == [(0, end, "PS")]


def sentence(rng: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    name, place = rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN), rng.choice(PLACES)
    text = rng.choice(("오늘 {n} 씨는 {p}에 갔다", "{p}에서 {n} 씨를 만났다")).format(n=name, p=place)
    found = [(text.index(name), name, "PS"), (text.index(place), place, "LC")]
    return text, sorted((start, start + len(said), kind) for start, said, kind in found)


class Task:
    name, labels = "names", TYPES


@pytest.mark.parametrize(("kind", "epochs", "least"), [(LstmTags, 1, 0.0), (TransformerTags, 12, 0.8)])
def test_names_that_were_not_seen_are_found_and_found_again_from_the_kept_fit(kind, epochs, least, tmp_path):
    rng = random.Random(0)
    rows = [sentence(rng) for _ in range(260)]
    examples = [Example(str(n), {"context": text}, tuple(spans)) for n, (text, spans) in enumerate(rows)]
    small = {"dim": 32, **({"hidden": 24} if kind is LstmTags else {})}
    settings = {"epochs": epochs, **small, "batch_rows": 16, "device": "cpu", "learning_rate": 0.01}
    adapter = kind(Profile("tags", "lstm", settings=settings, ask="tag"))
    adapter.fit(examples[:200], Task())
    asked = [Request(one, lambda: Parts("?"), ask="tag") for one in examples[200:]]
    said = {response.key: response.spans for response in adapter.answer(asked)}
    right = sum(said[one.key] == list(one.example.target) for one in asked)
    assert right >= least * len(asked)
    adapter.save(tmp_path)
    again = kind(Profile("tags", "lstm", settings=settings, ask="tag"))
    again.load(tmp_path)
    assert {response.key: response.spans for response in again.answer(asked)} == said


def test_a_type_that_the_task_has_not_is_told():
    odd = Example("7", {"context": "가나"}, ((0, 1, "XX"),))
    adapter = LstmTags(Profile("tags", "lstm", ask="tag"))
    with pytest.raises(BadInput, match="example '7': 'XX' is none of PS, LC"):
        adapter.fit([odd], Task())
