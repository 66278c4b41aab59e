"""The Korean suites: rows, labels, prompts, shots, and what learners make of them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.datasets import examples as datasets
from harness.datasets import selection
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput, Unavailable
from harness.evaluation.grid import plans
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import execute
from harness.extraction import predictions as answers
from harness.options.running import RunOptions
from harness.prompts.renderer import Prompts
from harness.schema import Example, Response
from harness.tasks import task as tasks
from harness.tasks.task import Task
from tests.support.paths import DATA, needs_data
from tests.support.running import said

KOBEST = ("kobest_boolq", "kobest_copa", "kobest_wic", "kobest_hellaswag", "kobest_sentineg")
KLUE = ("klue_ynat", "klue_sts", "klue_sts_rate", "klue_nli", "klue_re")
KMMLU = ("kmmlu_stem", "kmmlu_humss", "kmmlu_applied_science", "kmmlu_other")
BEEP = ("beep_hate", "beep_bias", "beep_gender_bias")
KORNLU = ("kornli", "korsts", "korsts_rate")
ALL = (*KOBEST, *KLUE, *KMMLU, *BEEP, *KORNLU, "question_pair", "click")


def where(task: Task, splits: list[str], data: Path | None) -> Source:
    return locate(task, splits, Where(data_dir=data, sample=data is None), lambda message: None)


def examples(name: str, split: str | None = None, *, data: Path | None = None) -> list[Example]:
    """Return a split of a task: of the data in a folder, else of its own sample."""
    task = tasks.load(name)
    split = split or task.split
    return list(datasets.examples(task, where(task, [split], data), split))


def labels(name: str, split: str | None = None, *, data: Path | None = None) -> Counter[object]:
    return Counter(example.target for example in examples(name, split, data=data))


def prompts(name: str, shots: int | None = None, template: str | None = None, **how: bool) -> Prompts:
    task = tasks.load(name).choose(shots=shots, template=template)
    return Prompts(task, lambda: examples(name, task.file.shots.from_), **how)


def prompt(name: str, number: int = 0, shots: int = 0, template: str | None = None, **how: bool) -> str:
    """Return the prompt of a row of a task's sample."""
    return prompts(name, shots, template, **how).parts(examples(name)[number]).prompt


# Rows and labels of the real data

ROWS = [
    *[("kobest_boolq", split, n) for split, n in (("train", 3665), ("dev", 700), ("test", 1404))],
    *[("kobest_copa", split, n) for split, n in (("train", 3076), ("dev", 500), ("test", 1000))],
    *[("kobest_wic", split, n) for split, n in (("train", 3318), ("dev", 610), ("test", 1260))],
    *[("kobest_hellaswag", split, n) for split, n in (("train", 2029), ("dev", 500), ("test", 500))],
    *[("kobest_sentineg", split, n) for split, n in (("train", 3649), ("dev", 400), ("test", 397))],
    *[(name, "dev", 519) for name in ("klue_sts", "klue_sts_rate")],
    ("klue_nli", "dev", 3000),
    *[("kornli", split, n) for split, n in (("dev", 2490), ("test", 5010))],
    *[
        (name, split, n)
        for name in ("korsts", "korsts_rate")
        for split, n in (("train", 5749), ("dev", 1500), ("test", 1379))
    ],
    *[(name, split, n) for name in BEEP for split, n in (("train", 7896), ("dev", 471))],
    *[("question_pair", split, n) for split, n in (("train", 6888), ("test", 688))],
    *[("kmmlu_humss", split, n) for split, n in (("dev", 5), ("test", 200))],
    ("click", "test", 1995),
]


@needs_data
@pytest.mark.parametrize(("name", "split", "rows"), ROWS)
def test_a_split_has_as_many_rows_as_its_readme_says_with_an_id_each(name, split, rows):
    task = tasks.load(name).choose(split=split)
    assert len(selection.survey(task, where(task, [split], DATA), None).order) == rows


@needs_data
@pytest.mark.parametrize(
    ("name", "split", "wanted"),
    [
        ("klue_nli", "dev", dict.fromkeys(("entailment", "neutral", "contradiction"), 1000)),
        ("kornli", "dev", dict.fromkeys(("entailment", "neutral", "contradiction"), 830)),
        ("kornli", "test", dict.fromkeys(("entailment", "neutral", "contradiction"), 1670)),
        ("kobest_boolq", "test", {"True": 357 + 348, "False": 340 + 359}),
        ("kobest_wic", "train", {"True": 1603 + 77, "False": 1562 + 76}),
        ("kobest_copa", "test", {"1": 517, "2": 483}),
        ("kobest_hellaswag", "test", {"0": 124, "1": 137, "2": 121, "3": 118}),
        ("kobest_sentineg", "test", {"0": 197, "1": 200}),
        ("beep_hate", "dev", {"none": 160, "offensive": 189, "hate": 122}),
        ("beep_bias", "dev", {"none": 342, "gender": 67, "others": 62}),
        ("beep_gender_bias", "dev", {"False": 404, "True": 67}),
        ("question_pair", "test", {"0": 359, "1": 329}),
        ("kmmlu_humss", "test", {"0": 42, "1": 48, "2": 53, "3": 57}),
    ],
)
def test_a_splits_labels_are_those_of_its_column(name, split, wanted):
    assert labels(name, split, data=DATA) == wanted


@needs_data
@pytest.mark.parametrize(
    ("name", "folder", "column"), [("kobest_boolq", "BoolQ", 3), ("kobest_wic", "WiC", 8)]
)
def test_every_row_of_either_spelling_has_the_label_it_spells(name, folder, column):
    with (DATA / "kobest" / folder / "test.tsv").open(encoding="utf-8", newline="\n") as stream:
        written = [line.rstrip("\r\n").split("\t")[column] for line in stream][1:]
    assert {"TRUE", "True", "FALSE", "False"} == set(written)
    assert [example.target for example in examples(name, data=DATA)] == [w.capitalize() for w in written]


@needs_data
def test_sentinegs_test_reviews_are_the_turned_ones():
    first = examples("kobest_sentineg", data=DATA)[0]
    assert (first.id, first.fields["input"], first.target) == ("3394", "택배사 정말 마음에 듬", "1")


@needs_data
def test_the_exact_mean_is_what_klue_sts_is_judged_by():
    first = examples("klue_sts", data=DATA)[0]
    assert float(str(first.target)) == pytest.approx(34 / 7)  # six fives and a four


@needs_data
def test_klue_sts_is_a_paraphrase_from_the_threshold_of_its_f1_on():
    (metric,) = [each for each in tasks.load("klue_sts_rate").metrics if each.name == "threshold_f1"]
    path = DATA / "klue/klue-sts-v1.1/klue-sts-v1.1_dev.json"
    binary = [row["labels"]["binary-label"] for row in json.loads(path.read_text(encoding="utf-8"))]
    targets = [example.target for example in examples("klue_sts_rate", data=DATA)]
    assert [metric.statistics(5.0, target)[0] for target in targets] == binary


@needs_data
def test_quotation_marks_stay_in_a_korsts_sentence():
    with (DATA / "korsts" / "sts-train.tsv").open(encoding="utf-8", newline="\n") as stream:
        rows = [line.rstrip("\n").split("\t") for line in stream][1:]
    read = examples("korsts", "train", data=DATA)
    assert [[e.fields["sentence1"], e.fields["sentence2"]] for e in read] == [row[5:] for row in rows]
    assert sum('"' in e.fields["sentence1"] for e in read) > 100


@needs_data
def test_three_hypotheses_of_klue_nli_share_a_premise_and_are_a_cluster():
    sizes = Counter(Counter(example.cluster for example in examples("klue_nli", data=DATA)).values())
    assert sizes == {3: 1000}


@needs_data
def test_a_question_paired_with_itself_is_labelled_the_same_question():
    labelled = Counter(
        example.target
        for example in examples("question_pair", "train", data=DATA)
        if example.fields["question1"].strip() == example.fields["question2"].strip()
    )
    assert labelled == {"0": 937, "1": 2}  # whatever a column called is_duplicate may suggest
    assert [option.text for option in tasks.load("question_pair").options] == ["같음", "다름"]


@needs_data
def test_click_has_four_or_five_choices_of_which_the_answer_is_one():
    read = examples("click", data=DATA)
    right = [example.fields["choices"][int(str(example.target))] for example in read]
    paths = sorted((DATA / "click" / "Dataset").glob("*/*/*.json"))
    rows = [row for path in paths for row in json.loads(path.read_text(encoding="utf-8"))]
    assert right == [row["answer"] for row in rows]
    assert Counter(len(e.fields["choices"]) for e in read) == Counter(len(row["choices"]) for row in rows)
    assert {len(example.fields["choices"]) for example in read} == {4, 5}


@needs_data
def test_click_names_area_and_category_by_the_folders():
    read = examples("click", data=DATA)
    task = tasks.load("click")
    areas = Counter(task.groups(example)["area"] for example in read)
    assert areas == {"Culture": 1345, "Language": 650}
    assert len({task.groups(example)["category"] for example in read}) == 11


@needs_data
def test_questions_about_one_paragraph_are_a_cluster_and_those_without_stand_alone():
    sizes = Counter(
        example.cluster for example in examples("click", data=DATA) if example.fields["paragraph"]
    )
    alone = Counter(
        example.cluster for example in examples("click", data=DATA) if not example.fields["paragraph"]
    )
    assert (len(sizes), max(sizes.values())) == (220, 6)
    assert set(alone.values()) == {1}


@needs_data
@pytest.mark.parametrize("name", dict.fromkeys(name for name, _, _ in ROWS))
def test_no_row_of_a_sample_is_in_the_dataset(name):
    task = tasks.load(name)
    shown = {str(e.fields) for split in own_splits(task) for e in examples(name, split)}
    real = {str(e.fields) for split in splits_here(task) for e in examples(name, split, data=DATA)}
    assert shown
    assert not shown & real


def own_splits(task: Task) -> set[str]:
    """Return the splits of which a task's sample has rows."""
    path = tasks.sample_path(task)
    assert path is not None
    return {json.loads(line)["split"] for line in path.read_text(encoding="utf-8").splitlines()}


def splits_here(task: Task) -> list[str]:
    files = task.file.data.files
    return [split for split, names in files.items() if all((DATA / name).exists() for name in names)]


@needs_data
def test_klue_re_has_the_official_relations_in_their_order():
    official = json.loads((DATA / "klue/klue-re-v1.1/relation_list.json").read_text(encoding="utf-8"))
    assert list(tasks.load("klue_re").labels) == official["relations"]


# Layouts of which the data is not at hand, and files of some subjects only


def written(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_ynat_is_read_in_its_official_layout(tmp_path):
    row = {
        "guid": "ynat-v1_dev_00000",
        "title": "새 반도체 공장 착공",
        "predefined_news_category": "경제",
        "label": "경제",
        "annotations": {"annotators": ["1"], "annotations": {"first-scope": ["경제"], "second-scope": [[]]}},
        "url": "https://example.org/1",
        "date": "2020.01.01. 오전 9:00",
    }
    written(tmp_path, "klue/ynat-v1.1/ynat-v1.1_dev.json", [row])
    (example,) = examples("klue_ynat", data=tmp_path)
    assert (example.id, example.fields, example.target) == (
        "ynat-v1_dev_00000",
        {"title": "새 반도체 공장 착공"},
        "경제",
    )


def test_klue_re_is_read_in_its_official_layout(tmp_path):
    row = {
        "guid": "klue-re-v1_dev_00000",
        "sentence": "세종은 1397년에 태어났다.",
        "subject_entity": {"word": "세종", "start_idx": 0, "end_idx": 1, "type": "PER"},
        "object_entity": {"word": "1397년", "start_idx": 4, "end_idx": 8, "type": "DAT"},
        "label": "per:date_of_birth",
        "source": "wikipedia",
    }
    written(tmp_path, "klue/klue-re-v1.1/klue-re-v1.1_dev.json", [row])
    (example,) = examples("klue_re", data=tmp_path)
    assert example.fields == {"sentence": row["sentence"], "subject": "세종", "object": "1397년"}
    assert (example.target, example.meta) == ("per:date_of_birth", {"source": "wikipedia"})


def test_a_relation_that_klue_does_not_know_is_refused_where_it_stands(tmp_path):
    row = {"guid": "1", "sentence": "가", "source": "", "label": "per:dateofbirth"}
    entities = {"subject_entity": {"word": "가"}, "object_entity": {"word": "나"}}
    written(tmp_path, "klue/klue-re-v1.1/klue-re-v1.1_dev.json", [row | entities])
    with pytest.raises(BadInput, match=r"klue-re-v1\.1_dev\.json: record 1: unknown label"):
        examples("klue_re", data=tmp_path)


def subjects(name: str) -> list[str]:
    (pattern,) = tasks.load(name).file.data.files["test"]
    return re.findall(r"[^{},]+", pattern.partition("{")[2].partition("}")[0])


QUESTION = "question,answer,A,B,C,D,Category,Human Accuracy\n물음,3,가,나,다,라,Any,0.5\n"


def test_the_four_categories_of_kmmlu_share_its_45_subjects_out():
    # Two are in lower case on the hub, and may be so in a folder.
    each = {name: {subject.casefold() for subject in subjects(name)} for name in KMMLU}
    assert [len(each[name]) for name in KMMLU] == [11, 11, 12, 11]
    assert len({subject for found in each.values() for subject in found}) == 45


@pytest.mark.parametrize("name", KMMLU)
def test_any_one_subjects_file_is_enough(name, tmp_path):
    for subject in subjects(name):
        folder = tmp_path / subject
        written(folder, f"kmmlu/data/{subject}-test.csv", QUESTION)
        (example,) = examples(name, data=folder)
        assert (example.meta, example.target) == ({"subject": subject}, "2")


def test_files_of_two_subjects_are_read_in_the_order_of_their_names(tmp_path):
    for subject in ("Math", "Chemistry", "Law"):  # Law is no science
        written(tmp_path, f"kmmlu/data/{subject}-test.csv", QUESTION)
    assert [e.meta["subject"] for e in examples("kmmlu_stem", data=tmp_path)] == ["Chemistry", "Math"]


# Samples


@pytest.mark.parametrize("name", ALL)
def test_a_sample_has_every_option_and_none_much_more_often(name):
    task, found = tasks.load(name), labels(name)
    assert len(examples(name)) >= 6
    if task.labels:
        assert set(found) == set(task.labels)
        assert max(found.values()) <= 3 * min(found.values())


@pytest.mark.parametrize("name", ["klue_re"])
def test_the_entities_of_a_sample_stand_where_it_says(name):
    path = tasks.sample_path(tasks.load(name))
    assert path is not None
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        for entity in (row["subject_entity"], row["object_entity"]):
            assert row["sentence"][entity["start_idx"] : entity["end_idx"] + 1] == entity["word"]


# Prompts of the samples, word for word

EXPECTED = [
    (
        ("kobest_boolq", 0, 0, None),
        "수진은 처음에 피아노를 배웠지만 손목을 다친 뒤 트럼펫으로 바꾸었다. "
        "지금은 시립 악단에서 트럼펫을 분다.\n"
        "질문: 수진은 지금 악단에서 피아노를 치는가?\n답:",
    ),
    (
        ("kobest_boolq", 2, 0, "one_line"),
        "제비는 봄에 우리나라로 와서 새끼를 치고, 가을이 되면 따뜻한 남쪽으로 떠난다. "
        "질문: 제비는 우리나라에서 겨울을 나는가? 답변:",
    ),
    (("kobest_copa", 0, 0, None), "길이 꽁꽁 얼었다. 왜냐하면"),
    (("kobest_copa", 1, 0, None), "시험 범위를 잘못 알았다. 그래서"),
    (
        ("kobest_copa", 0, 1, "listed"),
        "냉장고 문을 열어 두고 나갔다.\n둘 중 더 알맞은 결과:\n- 물이 얼었다.\n- 우유가 상했다.\n"
        "답: 우유가 상했다.\n\n"
        "길이 꽁꽁 얼었다.\n둘 중 더 알맞은 원인:\n- 밤사이 기온이 크게 떨어졌다.\n"
        "- 가로등이 새로 설치되었다.\n답:",
    ),
    (
        ("kobest_wic", 0, 0, None),
        "문장 1: 저녁거리를 사러 [시장]에 갔다.\n문장 2: 명절을 앞둔 [시장]은 사람들로 붐빈다.\n"
        "두 문장에서 ‘시장’의 뜻이 같습니까?\n답:",
    ),
    (
        ("kobest_hellaswag", 0, 0, None),
        "비가 그치고 하늘이 갠다. 아이들이 마당으로 뛰어나와 하늘을 올려다본다.",
    ),
    (
        ("kobest_hellaswag", 0, 0, "listed"),
        "비가 그치고 하늘이 갠다. 아이들이 마당으로 뛰어나와 하늘을 올려다본다.\n이어질 문장은?\n"
        "- 아이들이 우산을 펴고 학교로 간다.\n- 먹구름이 몰려오고 천둥이 친다.\n"
        "- 산 너머에 걸린 무지개를 보며 손뼉을 친다.\n- 아이들이 빗소리를 들으며 낮잠을 잔다.\n답:",
    ),
    (
        ("kobest_sentineg", 0, 2, None),
        "문장: 고객센터가 전화를 안 받아요\n감정: 부정\n"
        "문장: 향이 은은해서 매일 쓰게 됩니다\n감정: 긍정\n"
        "문장: 향이 은은하지 않아서 잘 안 써요\n감정:",
    ),
    (
        ("klue_nli", 0, 0, None),
        "전제: 환경부는 내년부터 일회용 컵에 보증금을 매기기로 했다.\n"
        "가설: 일회용 컵에 보증금을 매기는 제도가 내년에 시작된다.\n관계:",
    ),
    (
        ("klue_nli", 2, 0, "question"),
        "‘환경부는 내년부터 일회용 컵에 보증금을 매기기로 했다.’라는 글에 대해 "
        "‘환경부는 일회용 컵에 보증금을 매기지 않기로 했다.’라는 문장은 함의, 중립, 모순 중 무엇입니까?\n답:",
    ),
    (
        ("klue_sts_rate", 0, 0, None),
        "문장 1: 주인분이 매우 친절하셨어요.\n문장 2: 호스트가 정말 친절했습니다.\n유사도:",
    ),
    (("klue_ynat", 0, 0, None), "제목: 메신저 앱 한때 먹통…두 시간 만에 복구\n주제:"),
    (
        ("klue_re", 1, 0, None),
        "문장: 영국 동인도 회사는 1874년에 해산되었다.\n주어: 영국 동인도 회사\n대상: 1874년\n관계:",
    ),
    (
        ("kornli", 0, 0, None),
        "전제: 그 식당은 너무 붐벼서 우리는 한 시간이나 기다려야 했습니다.\n"
        "가설: 우리는 식당에서 기다렸습니다.\n관계:",
    ),
    (
        ("korsts_rate", 0, 1, None),
        "문장 1: 두 사람이 산길을 걷는다.\n문장 2: 사람들이 산을 오르고 있다.\n유사도: 3.6\n\n"
        "문장 1: 한 여자가 첼로를 켠다.\n문장 2: 여자가 첼로를 연주하고 있다.\n유사도:",
    ),
    (("beep_hate", 0, 0, None), "댓글: 오랜만에 보니 반갑습니다\n공격성:"),
    (("beep_bias", 0, 0, None), "댓글: 오랜만에 보니 반갑습니다\n편견:"),
    (("beep_gender_bias", 0, 0, None), "댓글: 오랜만에 보니 반갑습니다\n성별에 대한 편견이 있습니까?"),
    (
        ("question_pair", 0, 0, None),
        "질문 1: 오늘 저녁 뭐 먹을까\n질문 2: 저녁으로 뭘 먹지\n두 질문의 뜻:",
    ),
    (
        ("kmmlu_stem", 0, 1, None),
        "나중에 들어간 자료가 먼저 나오는 자료 구조는?\nA. 큐\nB. 스택\nC. 힙\nD. 그래프\n정답: B\n\n"
        "먼저 들어간 자료가 먼저 나오는 자료 구조는?\nA. 스택\nB. 트리\nC. 큐\nD. 해시 표\n정답:",
    ),
    (
        ("kmmlu_humss", 0, 0, "subject"),
        "[Korean History] 조선을 세운 사람은?\nA. 왕건\nB. 정도전\nC. 이성계\nD. 최영\n정답:",
    ),
    (
        ("click", 2, 0, None),
        "질문: 다음 중 남해로 흘러드는 강은?\nA. 한강\nB. 금강\nC. 임진강\nD. 낙동강\nE. 안성천\n정답:",
    ),
    (
        ("click", 13, 0, None),
        "지윤은 매일 아침 같은 시각에 강가를 걷는다. 처음에는 "
        "건강을 위해서였지만, 이제는 물새를 살피는 재미로 걷는다.\n\n"
        "질문: 지윤이 지금 아침마다 걷는 까닭은?\n"
        "A. 건강을 위해서\nB. 새를 보는 재미로\nC. 친구를 만나려고\nD. 출근하려고\n정답:",
    ),
]


@pytest.mark.parametrize(("asked", "wanted"), EXPECTED)
def test_a_prompt_reads_so(asked, wanted):
    name, number, shots, template = asked
    assert prompt(name, number, shots, template) == wanted


def test_a_model_that_writes_is_told_how_to_answer():
    assert prompt("kobest_copa", instruct=True) == (
        "이어질 말로 더 알맞은 문장을 그대로 쓰세요: "
        "‘밤사이 기온이 크게 떨어졌다.’ 또는 ‘가로등이 새로 설치되었다.’\n길이 꽁꽁 얼었다. 왜냐하면"
    )


@pytest.mark.parametrize("name", [name for name in ALL if tasks.load(name).ask != "embed"])
def test_every_template_says_how_to_answer(name):
    for template in tasks.load(name).file.templates.all.values():
        assert template.instruction


def test_klue_res_instruction_lists_every_relation():
    task = tasks.load("klue_re")
    listed = task.template.instruction.partition(": ")[2].split(", ")
    assert listed == [option.text for option in task.options]


def test_klue_ynats_instructions_list_every_topic():
    task = tasks.load("klue_ynat")
    for template in task.file.templates.all.values():
        assert ", ".join(option.text for option in task.options) in template.instruction


def test_a_relation_written_with_a_blank_behind_it_is_the_relation():
    (row,) = [
        e for e in examples("kobest_copa", "train") if e.fields["relation"] != e.fields["relation"].strip()
    ]
    assert prompts("kobest_copa", shots=0).parts(row).query == "가게 앞에 긴 줄이 생겼다. 왜냐하면"


def test_a_relation_in_decomposed_hangul_is_the_relation():
    row = Example(
        "1",
        {"premise": "가", "relation": unicodedata.normalize("NFD", "원인"), "choice1": "나", "choice2": "다"},
        "1",
    )
    assert prompts("kobest_copa", shots=0).parts(row).query == "가 왜냐하면"


def test_a_relation_that_is_neither_cause_nor_result_is_an_error():
    row = Example("1", {"premise": "가", "relation": "이유", "choice1": "나", "choice2": "다"}, "1")
    with pytest.raises(BadInput, match="example 1: the template"):
        _ = prompts("kobest_copa", shots=0).parts(row).query


# Replies in the words that people and models use


@pytest.mark.parametrize(
    ("name", "reply", "wanted"),
    [
        ("kobest_boolq", "네", "True"),
        ("kobest_boolq", "아니요.", "False"),
        ("kobest_boolq", "아니오, 그렇지 않습니다", "False"),
        ("kobest_boolq", "글쎄요", None),
        ("kobest_copa", "‘가로등이 새로 설치되었다’", "2"),
        ("kobest_hellaswag", "- 아이들이 빗소리를 들으며 낮잠을 잔다.", "3"),
        ("klue_nli", "전제와 모순됩니다", "contradiction"),
        ("kornli", "함의도 모순도 아닌 중립", "neutral"),
        ("klue_ynat", "IT 과학", "IT과학"),
        ("klue_re", "단체 해산일입니다", "org:dissolved"),
        ("kmmlu_stem", "정답: ③", "2"),
        ("kmmlu_humss", "정답은 B입니다", "1"),
        ("click", "B. 원", "1"),
        ("klue_sts_rate", "4.5점", 4.5),
        ("korsts_rate", "유사도는 3입니다", 3.0),
        ("korsts_rate", "11", None),
    ],
)
def test_a_reply_says_so(name, reply, wanted):
    task, first = tasks.load(name), examples(name)[0]
    read = answers.reader(task)
    assert read(Response((first.id, 0), text=reply), prompts(name, shots=0).options(first)) == wanted


# Shots


@pytest.mark.parametrize("name", KMMLU)
def test_the_five_shots_are_the_dev_rows_of_the_questions_own_subject(name):
    asked, dev = prompts(name), examples(name, "dev")
    assert len({example.meta["subject"] for example in dev}) == 2
    for example in examples(name):
        own = [shot.id for shot in dev if shot.meta["subject"] == example.meta["subject"]]
        assert asked.shot_ids(example) == own
        assert len(own) == 5


@needs_data
def test_all_of_the_real_questions_have_their_five_shots():
    task = tasks.load("kmmlu_humss")
    asked = Prompts(task, lambda: examples("kmmlu_humss", "dev", data=DATA))
    assert {len(set(asked.shot_ids(example))) for example in examples("kmmlu_humss", data=DATA)} == {5}


# Groups


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("kobest", KOBEST),
        ("kmmlu", KMMLU),
        ("klue", ("klue_ynat", "klue_sts", "klue_sts_rate", "klue_nli", "klue_ner", "klue_re", "klue_mrc")),
    ],
)
def test_a_group_is_its_suite(group, members):
    assert tasks.expand([group]) == list(members)


def test_the_group_korean_holds_every_shipped_task_of_korean_text_and_no_part_of_one():
    tags = {name: tasks.load(name).file.tags for name in tasks.expand(["all"])}
    wanted = [
        name for name, found in tags.items() if "korean" in found and not {"image", "divided"} & set(found)
    ]
    assert sorted(tasks.expand(["korean"])) == sorted(wanted)


# Learners


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs a task of the real data, or of its own sample: `run("klue_nli", "nb", data=None)`."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def said_of(task: str, backend: str, data: Path | None) -> dict[str, Any]:
        where = {"data_dir": data, "sample": data is None, "offline": True}
        chosen = RunOptions(task, backend, runs_dir=tmp_path / "runs", **where)
        ready, dead = plans(chosen, lambda message: None)
        for error in dead:
            raise error
        (plan,) = ready
        return said(execute(plan, Quiet()).directory)

    return said_of


@needs_data
def test_learners_fit_the_reviews_and_answer_all_the_negated_ones(run):
    runs = {backend: run("kobest_sentineg", backend, DATA) for backend in ("majority", "nb", "tfidf")}
    assert {(each["counts"]["examples"], each["fit"]["examples"]) for each in runs.values()} == {(397, 3649)}
    figures = {backend: each["metrics"]["accuracy"]["value"] for backend, each in runs.items()}
    assert figures["majority"] == pytest.approx(200 / 397)  # train has a few positive reviews more
    # A word that told the label in train tells the other one in test, where it was negated.
    assert figures["nb"] < figures["majority"] < figures["tfidf"] < 0.6


@pytest.mark.parametrize("backend", ["majority", "nb", "tfidf"])
def test_learners_fit_the_sample_of_klue_nli(run, backend):
    done = run("klue_nli", backend, None)
    assert (done["counts"]["examples"], done["fit"]["examples"]) == (18, 12)


@needs_data
def test_a_learner_says_that_klue_nlis_train_file_is_not_here(run):
    with pytest.raises(Unavailable, match=r"klue-nli-v1\.1_train\.json.*harness data get klue_nli"):
        run("klue_nli", "tfidf", DATA)
