"""Long texts with needles: the same bytes everywhere, each number once, one text for all questions on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib

import pytest

from harness.datasets.long_texts import haystack, on_one_text, with_needles
from harness.tasks.schema import LongTexts
from tests.support.paths import needs_data

WANTED = LongTexts(lengths=[800])
PASSAGES = [
    " ".join(f"{number}번째 집의 {room}번 방에는 창이 {room + 1}개 있다." for room in range(1, 6))
    for number in range(1, 21)
]


def written(site):
    """Yield what stands in the files of a site, its chunks unpacked."""
    for path in site.rglob("*.*"):
        text = path.read_text(encoding="utf-8", errors="replace")
        packed = re.fullmatch(r'harnessData\("\w+","([^"]*)"\);\n', text)
        yield zlib.decompress(base64.b64decode(packed[1])).decode() if packed else text


@pytest.fixture(scope="module")
def asked():
    return list(on_one_text(PASSAGES, 800, 3, WANTED))


def test_the_bytes_are_the_same_on_every_machine_and_python(asked):
    written = json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()
    assert (
        hashlib.sha256(written).hexdigest()
        == "2b9b44bdbdced3f9f480eb8ed1c62e34f984510fdec0eae737ba49f4f07b26a1"
    )


def test_all_questions_of_a_length_and_seed_are_on_one_text(asked):
    assert len({row["text"] for row in asked}) == 1
    assert len({row["id"] for row in asked}) == len(asked) == 11 + 3 * 4


def test_a_number_stands_once_in_the_text_behind_its_name(asked):
    for row in asked:
        if row["kind"] == "one":
            name = row["question"].removesuffix(" 번호는 무엇입니까?")
            assert row["text"].count(row["answer"]) == 1
            assert f"{name} 번호는 {row['answer']}이다." in row["text"].split("\n")


def test_a_needle_stands_where_its_depth_says(asked):
    for row in asked:
        if row["kind"] == "one":
            found = 100 * row["text"].index(row["answer"]) / len(row["text"])
            assert found == pytest.approx(int(row["depth"]), abs=6)


def test_order_asks_for_several_as_the_text_has_them(asked):
    by_draw = [
        [row["answer"].split(", ") for row in asked if row["kind"] == kind] for kind in ("several", "order")
    ]
    for named, told in zip(*by_draw, strict=True):
        assert sorted(named) == sorted(told)
        assert told == sorted(told, key=asked[0]["text"].index)
    assert by_draw[0] != by_draw[1]


def test_a_sum_is_that_of_the_numbers_that_are_named(asked):
    for named, total in zip(
        [row for row in asked if row["kind"] == "several"],
        [row for row in asked if row["kind"] == "sum"],
        strict=True,
    ):
        assert int(total["answer"]) == sum(map(int, named["answer"].split(", ")))


def test_without_its_needles_a_text_is_no_longer_than_it_should_be():
    sentences = haystack(PASSAGES, 800, 3)
    assert 760 < len(with_needles(sentences, [])) <= 800


def test_another_seed_makes_another_text(asked):
    assert next(on_one_text(PASSAGES, 800, 4, WANTED))["text"] != asked[0]["text"]


def test_a_text_that_the_passages_cannot_fill_is_an_error_that_says_how_much_there_is(shell):
    shell.write(
        "tasks/longer.yaml",
        "extends: long_context_ko\nversion: 1\ndescription: too long\n"
        "data: {long_texts: {lengths: [90000], sample_lengths: [90000]}}\n",
    )
    said = shell("run", "-t", "longer", "-b", "dummy", "--sample")
    assert said.code == 2
    assert "a text of 90,000 characters is longer than all passages together" in said.complaint


def test_a_run_is_broken_down_by_length_and_depth_and_its_exports_hold_no_text(shell):
    run = shell("run", "-t", "long_context_ko", "-b", "dummy", "--sample", "--json").json["runs"][0]
    found = json.loads((shell.home / run["directory"] / "run.json").read_text(encoding="utf-8"))
    assert {"0 % × 500", "100 % × 1000", "sum × 500"} <= set(found["breakdown"]["place_by_length"])
    shell("push", "runs", "--to", "csv", "--set", "out=out")
    lines = (shell.home / "out" / "samples.csv").read_text(encoding="utf-8-sig")
    assert "one-500-1-0" in lines
    assert "도서관" not in lines


def test_the_site_draws_a_heat_map_and_holds_no_text(shell):
    shell("run", "-t", "long_context_ko", "-b", "dummy", "--sample")
    shell("report", "runs", "--out", "site")
    (page,) = (shell.home / "site" / "runs").glob("*.html")
    assert "60 % → 1000" in page.read_text(encoding="utf-8")
    assert not any("도서관" in text for text in written(shell.home / "site"))
    assert shell("report", "runs", "--out", "other", "--pictures", "pictures").code == 0
    assert any("60 % → 1000" in one.read_text("utf-8") for one in (shell.home / "pictures").glob("*.svg"))


@needs_data
def test_texts_are_made_of_the_whole_of_korquad(shell, data_dir):
    told = shell("run", "-t", "long_context_ko", "-b", "dummy", "--data-dir", data_dir, "--json").json
    assert told["runs"][0]["counts"]["examples"] == 5 * 4 * 23
