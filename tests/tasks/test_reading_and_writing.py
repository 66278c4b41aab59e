"""Reading comprehension, named entities, translation and summaries: rows, prompts, and whole runs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.datasets import examples as datasets
from harness.datasets.sources import Where, locate
from harness.datasets.task_data import supply
from harness.errors import BadInput
from harness.extraction import predictions as answers
from harness.prompts.renderer import Prompts
from harness.schema import Example, Response
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data

ROWS = {
    "korquad_v1": 3985,
    "xquad_en": 1190,
    "klue_ner": 5000,
    "koen_news_ko_en": 2000,
    "koen_news_en_ko": 2000,
    "koen_jhe_ko_en": 720,
    "koen_jhe_en_ko": 720,
    "tatoeba_ko_en": 779,
    "tatoeba_en_ko": 779,
    "dialogsum": 500,
    "sci_news_sum": 50,
}
# The leaderboard's exact match on the hidden test set.
KORQUAD_2_ROWS = {
    **{"human": 0.6882, "LittleBird-large": 0.7870, "LAYN": 0.7806, "Ko-LongBERT": 0.7788},
    **{"SDS-NET v1.3": 0.7786, "SkERT-Large 1.1": 0.7744, "SDS-NET v1.2": 0.7673},
    **{"LittleBird-base": 0.7666, "SkERT-Large": 0.7664},
}
OWN = [*ROWS, "korquad_v2", "squad", "klue_mrc"]


def examples(name: str, where: Where = Where(DATA)) -> list[Example]:
    task = tasks.load(name)
    source = locate(task, [task.split], where, lambda _: None)
    return list(datasets.examples(task, source, task.split))


def prompt(name: str, shots: int | None = None) -> str:
    """Return the first prompt on the sample, with its instruction."""
    task = tasks.load(name).choose(shots=shots)
    material = supply(task, Where(sample=True), lambda _: None, limit=1, train=task.shots > 0)
    prompts = Prompts(task, lambda: material.train, instruct=True)
    return prompts.request(next(material.evaluated())).prompt


def test_a_shot_of_klue_mrc_without_an_answer_says_so_as_the_instruction_asks():
    task = tasks.load("klue_mrc")
    prompts = Prompts(task)
    source = locate(task, ["train"], Where(sample=True), lambda _: None)
    unanswerable = [e for e in datasets.examples(task, source, "train") if e.target == ("",)]
    assert [prompts.answer(example) for example in unanswerable] == ["답 없음"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("답 없음", ""),
        ("주어진 지문에서는 답을 찾을 수 없습니다.", ""),
        ("정답은 41%입니다.", "41%"),
        ("답:\n답 없음", ""),
        ("**정답:**\n\n해당 없음", ""),
        ("", None),
    ],
)
def test_klue_mrc_reads_that_there_is_no_answer_as_an_answer(reply, said):
    assert answers.reader(tasks.load("klue_mrc"))(Response(("1", 0), text=reply), (), "") == said


@pytest.mark.parametrize("name", ["squad", "xquad_en", "korquad_v1", "klue_mrc"])
@pytest.mark.parametrize(
    "reply",
    [
        "1,203",
        "답:\n1,203",
        "Answer:\n\n1,203",
        "찾아보면 다음과 같습니다.\n정답: 1,203",
        "1,203\n\n설명: 표",
    ],
)
def test_a_span_is_read_though_the_first_line_only_announces_it(name, reply):
    passage = "그해 1,203명이 왔다."
    assert answers.reader(tasks.load(name))(Response(("1", 0), text=reply), (), passage) == "1,203"


@pytest.mark.parametrize("name", ["koen_news_ko_en", "koen_news_en_ko", "koen_jhe_ko_en", "tatoeba_ko_en"])
@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        "\n\n{}\n",
        "영어: {}",
        "**번역:**\n{}",
        "Translation: {}",
        "Here is the translation:\n\n{}\n\nLet me know if it should be formal.",
        "## 번역\n{}",
        "```\n{}\n```",
        "<think>\nEnglish: no\n</think>\n{}",
    ],
)
def test_a_translation_is_read_however_a_chat_announces_it(name, reply):
    for said in ('"It is late," he said: "go."', '그는 "늦었다"라고 했다.'):
        assert answers.reader(tasks.load(name))(Response(("1", 0), text=reply.format(said)), (), "") == said


@needs_data
@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_the_real_data_is_read(name):
    found = examples(name)
    assert len(found) == len({example.id for example in found}) == ROWS[name]
    assert all(example.target is not None for example in found)


@needs_data
def test_korquad_has_its_94_articles_as_clusters_and_its_answers_in_their_passages():
    found = examples("korquad_v1")
    assert len({example.cluster for example in found}) == 94
    assert all(example.target[0] in example.fields["context"] for example in found)


@needs_data
def test_klue_ner_has_six_types():
    kinds = Counter(kind for example in examples("klue_ner") for _, _, kind in example.target)
    assert set(kinds) == set(tasks.load("klue_ner").labels)


@needs_data
def test_dialogsum_has_three_references_a_dialogue():
    assert {len(example.target) for example in examples("dialogsum")} == {3}


@needs_data
def test_a_korean_summary_is_made_of_the_articles_own_sentences():
    for example in examples("sci_news_sum"):
        assert all(sentence in example.fields["article"] for sentence in example.target.split(". "))


@needs_data
def test_the_two_directions_of_a_corpus_are_the_same_pairs_turned_round():
    there, back = examples("koen_news_ko_en"), examples("koen_news_en_ko")
    assert [(e.fields["input"], e.target) for e in there] == [(e.target, e.fields["input"]) for e in back]


@pytest.mark.parametrize("name", OWN)
def test_a_sample_has_a_dozen_rows_or_more_and_every_answer_can_be_found(name):
    found = examples(name, Where(sample=True))
    assert len(found) >= 8
    for example in found:
        if "context" in example.fields and tasks.load(name).ask == "extract":
            assert all(answer in example.fields["context"] for answer in example.target)


def test_a_passage_stands_before_its_question():
    assert prompt("korquad_v1") == (
        "지문을 읽고 질문의 답을 지문에서 그대로 찾아 쓰세요. 설명 없이 답만 쓰세요.\n"
        "지문: 산들 도서관은 폐교된 분교를 고쳐 만든 작은 도서관이다. 서가에는 책 8,200권이 있으며, "
        "그 가운데 절반은 마을 사람들이 기증한 것이다. 도서관은 월요일에 쉬고, 수요일 저녁마다 낭독회를 "
        "연다. 2019년 여름 홍수로 지하 서고가 잠겼을 때에는 이웃 마을의 고등학생들이 사흘 동안 책을 말렸다.\n"
        "질문: 산들 도서관은 무엇을 고쳐 만들었는가?\n답:"
    )


def test_a_tagged_shot_has_a_line_a_span():
    shown = prompt("klue_ner", shots=1)
    shot = shown.split("문장: ")[1]
    assert shot.startswith("서준은 지난해 봄 강릉에서") or "개체명:\n" in shot
    assert all(": " in line for line in shot.split("개체명:\n")[1].strip().split("\n"))
    assert shown.endswith("개체명:\n")


def test_a_page_of_korquad2_is_cut_to_the_part_that_the_question_is_about(tmp_path):
    page = (
        "<p>" + "가나다라 " * 2000 + "</p><p>등대의 높이는 14미터이다.</p><p>" + "마바사아 " * 2000 + "</p>"
    )
    task = tasks.load("korquad_v2")
    (tmp_path / "korquad_v2/dev").mkdir(parents=True)
    question = {"id": 1, "question": "등대의 높이는?", "answer": {"text": "14미터", "answer_start": 1}}
    document = {"data": [{"title": "t", "url": "u", "context": page, "qas": [question]}]}
    (tmp_path / "korquad_v2/dev/korquad2.1_dev_00.json").write_text(json.dumps(document), encoding="utf-8")
    source = locate(task, ["dev"], Where(tmp_path), lambda _: None)
    (example,) = datasets.examples(task, source, "dev")
    shown = Prompts(task).request(example).prompt
    assert "14미터" in shown
    assert len(shown) < 3100 < len(example.fields["context"])


def test_a_corpus_whose_sides_differ_in_length_is_an_error(tmp_path):
    folder = tmp_path / "koen_news"
    folder.mkdir()
    (folder / "korean-english-park.test.ko").write_text("하나\n둘\n", encoding="utf-8")
    (folder / "korean-english-park.test.en").write_text("one\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"test\.en: ends after 1 lines"):
        examples("koen_news_ko_en", Where(tmp_path))


@pytest.mark.parametrize("name", ["korquad_v1", "korquad_v2", "klue_mrc", "squad", "xquad_en"])
def test_published_figures_are_of_hidden_test_sets_and_say_so(name):
    for row in tasks.load(name).file.reference:
        assert row.split == "test (hidden)"
        assert row.note == "test-server figure"


def test_only_korquad2_has_korquad2s_rows():
    figures = {row.system: row.figures for row in tasks.load("korquad_v2").file.reference}
    exact = {system: found["korquad2_em"] for system, found in figures.items()}
    assert exact == KORQUAD_2_ROWS
    known = {row.system for row in tasks.load("korquad_v1").file.reference}
    assert not known & (exact.keys() - {"human"})
    assert Path(tasks.load("korquad_v2").file.data.sample or "").name == "korquad_v2.jsonl"
