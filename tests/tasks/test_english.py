"""The English catalogue: GLUE, AdvGLUE, MMLU, MMLU-Pro and GSM8K, on the real files and on the samples."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from harness.datasets import examples as datasets
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput
from harness.evaluation.grid import plans
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import execute
from harness.extraction import predictions as answers
from harness.options.running import RunOptions
from harness.prompts.renderer import Prompts
from harness.schema import Example, Response
from harness.tasks import task as tasks
from tests.support.paths import DATA, needs_data
from tests.support.running import said
from tests.support.small_tasks import small_task

GLUE = (
    *("cola", "sst2", "mrpc", "qqp", "stsb", "stsb_rate", "mnli_matched", "mnli_mismatched"),
    *("qnli", "rte", "wnli"),
)
ADVGLUE = tuple(f"advglue_{name}" for name in ("sst2", "qqp", "mnli", "mnli_mm", "qnli", "rte"))
KNOWLEDGE = ("mmlu", "mmlu_zeroshot", "mmlu_pro", "mmlu_pro_cot", "gsm8k")
ALL = (*GLUE, "stsbenchmark", *ADVGLUE, *KNOWLEDGE)

# (task, split, rows): as the data's README counts them
ROWS = [
    ("cola", "train", 8551), ("cola", "dev", 1043), ("sst2", "train", 10_000), ("sst2", "dev", 872),
    ("stsb", "train", 5749), ("stsb", "dev", 1500), ("stsb_rate", "dev", 1500), ("rte", "train", 2490),
    ("rte", "dev", 277), ("wnli", "train", 635), ("wnli", "dev", 71), ("qnli", "dev", 5463),
    ("stsbenchmark", "dev", 1500), ("stsbenchmark", "test", 1379), ("advglue_sst2", "dev", 148),
    ("advglue_qqp", "dev", 78), ("advglue_mnli", "dev", 121), ("advglue_mnli_mm", "dev", 162),
    ("advglue_qnli", "dev", 148), ("advglue_rte", "dev", 81), ("mmlu", "test", 9376), ("mmlu", "dev", 285),
    ("mmlu", "val", 1529), ("mmlu_zeroshot", "test", 9376), ("mmlu_pro", "test", 12_032),
    ("mmlu_pro", "test_700", 700), ("mmlu_pro_cot", "test", 12_032), ("gsm8k", "train", 500),
    ("gsm8k", "test", 1319),
]  # fmt: skip


def source(name: str, split: str, *, sample: bool) -> Source:
    return locate(tasks.load(name), [split], Where(None if sample else DATA, sample=sample), lambda _: None)


def examples(name: str, split: str | None = None, *, sample: bool = False) -> list[Example]:
    task = tasks.load(name)
    split = split or task.split
    return list(datasets.examples(task, source(name, split, sample=sample), split))


def prompts(name: str, shots: int | None = None, *, instruct: bool = False) -> Prompts:
    task = tasks.load(name).choose(shots=shots)
    return Prompts(task, lambda: examples(name, task.file.shots.from_, sample=True), instruct=instruct)


def prompt(name: str, shots: int | None = None, *, instruct: bool = False) -> str:
    """Return the prompt of the first row of a task's sample."""
    return prompts(name, shots, instruct=instruct).parts(examples(name, sample=True)[0]).prompt


@needs_data
class TestRealData:
    @pytest.mark.parametrize(("name", "split", "count"), ROWS)
    def test_every_row_of_the_files_is_an_example(self, name, split, count):
        assert len(examples(name, split)) == count

    def test_mmlus_57_subjects_are_read_from_their_files_names(self):
        subjects = Counter(example.meta["subject"] for example in examples("mmlu"))
        assert len(subjects) == 57
        assert set(Counter(e.meta["subject"] for e in examples("mmlu", "dev")).values()) == {5}
        assert subjects.keys() == {e.meta["subject"] for e in examples("mmlu", "dev")}

    def test_every_subject_of_mmlu_is_in_one_category(self):
        of = tasks.load("mmlu").file.breakdown["category"]
        known = [subject for members in of.groups.values() for subject in members]
        assert [len(members) for members in of.groups.values()] == [18, 13, 12, 14]
        assert sorted(known) == sorted({e.meta["subject"] for e in examples("mmlu")})

    def test_all_questions_of_mmlu_have_the_five_shots_of_their_subject_in_file_order(self):
        pool = examples("mmlu", "dev")
        made = Prompts(tasks.load("mmlu"), lambda: pool)
        first = {}
        for row in pool:
            first.setdefault(row.meta["subject"], []).append(row.id)
        assert all(made.shot_ids(row) == first[row.meta["subject"]] for row in examples("mmlu"))

    def test_mmlu_pro_has_fifty_questions_a_category_with_three_to_ten_options(self):
        rows = examples("mmlu_pro", "test_700")
        assert set(Counter(row.meta["category"] for row in rows).values()) == {50}
        assert {len(row.fields["choices"]) for row in rows} == set(range(3, 11))

    def test_the_numbers_of_gsm8k_are_the_files_last_numbers(self):
        lines = (DATA / "gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()
        wanted = [float(json.loads(line)["answer"].rpartition("#### ")[2].replace(",", "")) for line in lines]
        assert [float(str(row.target)) for row in examples("gsm8k")] == wanted

    def test_both_layouts_of_sts_b_hold_the_same_dev_set(self):
        def plain(rows: list[Example]) -> list[tuple[str, ...]]:
            unquoted = str.maketrans("", "", "\"'")  # seven sentences differ in a quotation mark
            return [(*(text.translate(unquoted) for text in r.fields.values()), str(r.target)) for r in rows]

        assert plain(examples("stsb", "dev")) == plain(examples("stsbenchmark", "dev"))

    def test_the_six_rows_of_the_mrpc_fixture_fit_its_layout(self):
        task = tasks.load("mrpc")
        found = Source("data-dir", {"dev": [DATA / "glue/MRPC_fixture/dev.tsv"]})
        rows = list(datasets.examples(task, found, "dev"))
        assert [row.target for row in rows] == ["1", "0", "0", "1", "0", "1"]
        assert rows[0].fields["sentence2"].startswith('" The foodservice pie business')

    @pytest.mark.parametrize(
        ("name", "counts"),
        [
            ("sst2", {"1": 444, "0": 428}),
            ("rte", {"entailment": 146, "not_entailment": 131}),
            ("wnli", {"0": 40, "1": 31}),
        ],
    )
    def test_the_labels_of_a_dev_set_are_as_often_as_glue_has_them(self, name, counts):
        assert Counter(row.target for row in examples(name)) == counts


class TestLayouts:
    """Files that are not at hand, in GLUE's columns."""

    def test_mnli_is_read_by_the_names_of_its_columns(self, tmp_path):
        head = (
            "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
            "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label"
        )
        row = 'a "b\tc\tentailment\tneutral\tentailment\tentailment\tentailment\tentailment'
        path = tmp_path / "glue/MNLI/dev_matched.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(f"{head}\n0\t1\t1e\tslate\t(a)\t(b)\t(c)\t(d)\t{row}\n", encoding="utf-8")
        task = tasks.load("mnli_matched")
        found = locate(task, ["dev"], Where(data_dir=tmp_path), lambda _: None)
        (example,) = datasets.examples(task, found, "dev")
        assert (example.fields, example.target, example.meta) == (
            {"premise": 'a "b', "hypothesis": "c"}, "entailment", {"genre": "slate"},
        )  # fmt: skip

    def test_the_cut_rows_of_qqp_are_left_out_as_glues_own_readers_do(self, tmp_path):
        path = tmp_path / "glue/QQP/train.tsv"
        path.parent.mkdir(parents=True)
        lines = [
            "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
            "1\t2\t3\tIs it\tIs this\t1",
            "4\t5\t6\tWhat is",
            "left?\tWho?\t0",
            "7\t8\t9\tWhy?\tHow?\t0",
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        task = tasks.load("qqp")
        found = locate(task, ["train"], Where(data_dir=tmp_path), lambda _: None)
        assert [row.fields["question1"] for row in datasets.examples(task, found, "train")] == [
            "Is it",
            "Why?",
        ]

    def test_only_a_header_of_its_own_says_which_rows_are_ragged(self):
        for data in ({"format": "jsonl"}, {"format": "csv", "header": ["document", "label"]}):
            with pytest.raises(BadInput, match="'on_bad_row' is about rows under a header"):
                small_task(data={"files": {"test": "x"}, "on_bad_row": "skip", **data})


class TestPrompts:
    def test_mmlu_is_written_as_published(self):
        assert prompt("mmlu", 1) == (
            "The following are multiple choice questions (with answers) about elementary mathematics.\n\n"
            "What is 7 times 12?\nA. 74\nB. 84\nC. 82\nD. 94\nAnswer: B\n\n"
            "What is one quarter of 60?\nA. 12\nB. 20\nC. 15\nD. 24\nAnswer:"
        )

    def test_a_shot_of_gsm8k_says_its_whole_solution(self):
        shot = prompt("gsm8k", 1).partition("Question: A shop sells")[0]
        (row,) = [e for e in examples("gsm8k", "train", sample=True) if e.fields["question"] in shot]
        assert shot == f"Question: {row.fields['question']}\nAnswer: {row.meta['solution']}\n\n"
        assert row.meta["solution"].endswith(
            "#### " + {"1260": "1,260"}.get(str(row.target), str(row.target))
        )

    def test_a_shot_of_mmlu_pro_thinks_aloud_and_ends_in_its_letter(self):
        query, _, rest = prompt("mmlu_pro_cot", 1).partition("Answer: Let's think step by step. ")
        assert "A stone falls freely" in query
        assert rest.startswith(
            "The way from rest is half of g times the square of the time. That is 0.5 × 10 × 9 = 45 m. "
            "The answer is (C).\n\nQuestion: A lamp of 60 W"
        )

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("cola", "Sentence: What surprised me was how quiet the city was.\nIs this sentence acceptable"),
            ("qnli", "Question: Why did the factory close?\nSentence: The factory closed because"),
            ("advglue_sst2", "Review: a warm , funy and silently wise film about growing old\nSentiment:"),
            ("mmlu_pro", "Options:\nA. 30 Wh\nB. 60 Wh"),
        ],
    )
    def test_a_prompt_asks_about_the_row(self, name, text):
        asked = prompts(name, 0)
        assert any(text in asked.parts(row).prompt for row in examples(name, sample=True))

    @pytest.mark.parametrize("name", [n for n in ALL if n not in ("stsb", "stsbenchmark")])
    def test_how_to_answer_is_said_only_where_a_model_writes(self, name):
        instruction = tasks.load(name).template.instruction
        assert bool(instruction) == (name != "mmlu_pro_cot")
        assert instruction in prompt(name, 0, instruct=True)
        assert not instruction or instruction not in prompt(name, 0)


class TestReplies:
    @pytest.mark.parametrize(
        ("name", "reply", "label"),
        [
            ("cola", " Yes.", "1"),
            ("mnli_matched", "Maybe", "neutral"),
            ("mmlu", " C. 15", "2"),
            ("mmlu_pro_cot", "60 W times 2 h is 120 Wh. The answer is (D).", "3"),
            ("mmlu_pro_cot", "So the answer is **D**", "3"),
            ("mmlu_pro_cot", "<think>The answer is (A)?</think> The answer is (D).", "3"),
            ("mmlu_pro_cot", "It may be A or B.", None),
            ("mmlu_pro_cot", "The answer is $\\boxed{D}$.", "3"),
            (
                "mmlu_pro_cot",
                "Answer: A lamp of 60 W uses 120 Wh. The answer is D because 60 * 2 is 120.",
                "3",
            ),
            ("gsm8k", "18*3 = <<18*3=54>>54 lamps.\n#### 1,072", "1072"),
            ("gsm8k", "I do not know.", None),
        ],
    )
    def test_a_reply_is_read_as_what_it_means(self, name, reply, label):
        task = tasks.load(name)
        options = Prompts(task).options(examples(name, sample=True)[0])
        assert answers.reader(task)(Response(("x", 0), text=reply), options, "") == label


@pytest.mark.parametrize("name", ALL)
def test_it_runs_on_its_sample(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    options = RunOptions(name, "random", sample=True, runs_dir=tmp_path / "runs")
    ((plan,), dead) = plans(options, lambda _: None)
    done = execute(plan, Quiet())
    run = said(done.directory)
    assert (dead, run["status"], run["counts"]["failed"]) == ([], "complete", 0)
    counted = run["counts"]["answered"] + run["counts"]["unanswered"]
    assert counted == run["task"]["n"] == len(examples(name, sample=True))


@pytest.mark.parametrize("name", ALL)
def test_a_sample_has_a_dozen_rows_and_no_label_is_missing(name):
    task = tasks.load(name)
    path = tasks.sample_path(task)
    assert path is not None
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert 12 <= len(rows) <= 50
    assert {str(row.target) for row in examples(name, sample=True)} >= set(task.labels)


def test_mmlu_is_broken_down_by_subject_and_category(tmp_path):
    options = RunOptions("mmlu", "random", sample=True, runs_dir=tmp_path)
    ((plan,), _) = plans(options, lambda _: None)
    run = said(execute(plan, Quiet()).directory)
    assert set(run["breakdown"]["category"]) == {"STEM", "humanities", "social sciences", "other"}
    assert {name: group["accuracy"]["n"] for name, group in run["breakdown"]["subject"].items()} == {
        "elementary_mathematics": 4, "philosophy": 4, "high_school_geography": 4, "nutrition": 4,
    }  # fmt: skip
