"""Questions on passages: SQuAD's layout, and KorQuAD 2's pages of HTML as the text that they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.datasets.formats import squad as reading
from harness.errors import BadInput
from harness.tasks.schema import Data
from harness.text.html import page_text, without_tags

DATA = Data(format="squad", sample="x")


def table(tmp_path: Path, document: Any, read: Any = reading.squad) -> list[dict[str, Any]]:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8-sig")
    return [row for _, row in read(path, DATA).rows]


def article(**question: Any) -> dict[str, Any]:
    asked = {"id": "q", "question": "어디?", "answers": [{"text": "섬", "answer_start": 2}]} | question
    return {"data": [{"title": "섬", "paragraphs": [{"context": "그 섬", "qas": [asked]}]}]}


def test_a_question_is_a_row_with_its_passage_and_all_its_answers(tmp_path):
    answers = [{"text": "섬", "answer_start": 2}, {"text": "그 섬", "answer_start": 0}]
    assert table(tmp_path, article(answers=answers)) == [
        {
            "id": "q",
            "title": "섬",
            "context": "그 섬",
            "question": "어디?",
            "answers": ["섬", "그 섬"],
            "starts": [2, 0],
        }
    ]


@pytest.mark.parametrize("wrong", [{"answers": []}, {"is_impossible": True}])
def test_a_question_without_an_answer_is_answered_by_saying_nothing(tmp_path, wrong):
    (row,) = table(tmp_path, article(**wrong))
    assert (row["answers"], row["starts"]) == ([""], [])


def test_klues_guid_is_an_id(tmp_path):
    document = article(guid="klue-mrc-1")
    del document["data"][0]["paragraphs"][0]["qas"][0]["id"]
    assert table(tmp_path, document)[0]["id"] == "klue-mrc-1"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "list indices"),
        ({}, "after question 0: not laid out as the task says: no 'data'"),
        ({"data": [{"paragraphs": [{"qas": [{}]}]}]}, "no 'answers'"),
        ({"data": 3}, "not iterable"),
    ],
)
def test_another_layout_is_named_with_its_file(tmp_path, document, said):
    with pytest.raises(BadInput, match=r"data\.json: after question 0.*") as caught:
        table(tmp_path, document)
    assert said in str(caught.value)


PAGE = """<!DOCTYPE html><html><head><title>지움</title></head><body><h1>고래 &amp; 시장</h1>
<p>항구의 <b>시장</b>이다.</p><style>p{}</style><table><tr><th>구역</th><th>수</th></tr>
<tr><td>가</td><td>42</td></tr></table>
<ul><li>하나</li><li>둘</li></ul><script>var x</script></body></html>"""


def test_a_page_is_a_line_a_block_and_a_row_of_cells_a_line():
    assert page_text(PAGE).split("\n") == [
        "고래 & 시장",
        "항구의 시장이다.",
        "구역 | 수",
        "가 | 42",
        "하나",
        "둘",
    ]


@pytest.mark.parametrize("html", ["", "<p", "</div></p>", "<script>x", "a < b"])
def test_damaged_html_is_read_as_far_as_it_goes(html):
    assert isinstance(page_text(html), str)


def test_korquad2_has_the_page_as_text_and_the_answer_as_written(tmp_path):
    answer = {"text": "<b>시장</b>", "answer_start": 90, "html_answer_start": 9, "html_answer_text": ""}
    page = {"title": "고래", "url": "u", "context": PAGE, "raw_html": "", "qas": []}
    page["qas"] = [{"id": 7, "question": "무엇?", "answer": answer}]
    (row,) = table(tmp_path, {"version": "KorQuAD_2.1_dev", "data": [page]}, reading.korquad2)
    assert row["context"] == page_text(PAGE)
    assert (row["id"], row["html"], row["answers"], row["starts"]) == (7, PAGE, ["<b>시장</b>"], [90])


@pytest.mark.parametrize(
    "html",
    [
        "1954년",
        "<b>1954년</b>에 <a href='x'>노점</a> 열 곳",
        "<table><tr><td>42</td><td>마른 &amp; 생선</td></tr></table>",
        "<ul>\n<li>하나</li>\n<li>둘</li>\n</ul>",
        "값 &lt; 3 &nbsp; &#44032;",
        "<script>var x</script>뒤",
        "",
    ],
)
def test_a_text_without_its_tags_is_what_beautiful_soup_makes_of_it(html):
    bs4 = pytest.importorskip("bs4", reason="BeautifulSoup is not installed")
    assert without_tags(html) == bs4.BeautifulSoup(html, "html.parser").get_text()
