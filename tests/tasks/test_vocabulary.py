"""What a task can say of its columns, options and shots, each through the road a run takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.datasets import examples as datasets
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput, Unavailable
from harness.prompts.renderer import Prompts
from harness.schema import Example, Option
from harness.tasks import task as tasks
from harness.tasks.task import Task
from tests.support.small_tasks import small_task

QUIZ: dict[str, Any] = {
    "fields": {"question": "q", "A": "a", "B": "b", "C": "c", "target": "answer"},
    "options": None,
    "options_from": ["A", "B", "C"],
    "templates": {"plain": {"query": "{{ question }}\n{{ options }}\n답:", "shot_end": "\n\n"}},
}


def quiz(**changes: Any) -> Task:
    return small_task(**(QUIZ | changes))


def lines(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(task: Task, *paths: Path) -> list[Example]:
    return list(datasets.examples(task, Source("data-dir", {"test": list(paths)}), "test"))


def complaint(task: Task, *paths: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(task, *paths)
    return str(caught.value).replace(f"{paths[0].parent}/", "")


def problem(**changes: Any) -> str:
    with pytest.raises(BadInput) as caught:
        small_task(**changes)
    return str(caught.value)


class TestColumns:
    def test_a_column_may_be_a_template_over_the_row(self, tmp_path):
        fields = {"input": "{{ words | join(' ') }}", "target": "{{ row['the label'] }}"}
        path = lines(tmp_path / "a", {"words": ["참", "좋다"], "the label": 1})
        (example,) = read(small_task(fields=fields), path)
        assert (example.fields, example.target) == ({"input": "참 좋다"}, "1")

    def test_a_template_that_fails_has_its_line(self, tmp_path):
        path = lines(tmp_path / "a", {"n": "1", "l": "1"}, {"n": 0, "l": "1"})
        task = small_task(fields={"input": "{{ n.strip() }}", "target": "l"})
        assert complaint(task, path).startswith("a:2: the template")

    def test_a_template_must_be_jinja(self):
        assert "bad Jinja" in problem(fields={"input": "{{ x", "target": "l"})

    def test_a_column_may_be_nested(self, tmp_path):
        path = lines(tmp_path / "a", {"labels": {"real-label": 1}, "spans": [{"t": "x"}, {"t": "참"}]})
        task = small_task(fields={"input": "spans.1.t", "target": "labels.real-label"})
        assert read(task, path) == [Example("test-0", {"input": "참"}, "1")]

    def test_a_nested_column_that_a_row_lacks_has_its_line(self, tmp_path):
        path = lines(tmp_path / "a", {"x": {"y": "1"}, "l": "1"}, {"x": {}, "l": "1"})
        assert complaint(small_task(fields={"input": "x.y", "target": "l"}), path).startswith("a:2: no 'y'")

    def test_a_target_may_be_several_columns(self, tmp_path):
        path = lines(tmp_path / "a", {"t": "글", "s1": "하나", "s2": "둘"})
        fields = {"input": "t", "target": ["s1", "s2"]}
        task = small_task(fields=fields, options=None, ask="generate", metrics=["exact_match"])
        assert read(task, path)[0].target == ("하나", "둘")

    def test_a_files_path_may_tell_a_column(self, tmp_path):
        data = {"format": "jsonl", "files": {"test": "x"}, "from_path": {"subject": r"/([^/]+)_test\.jsonl$"}}
        task = small_task(data=data, meta={"subject": "subject"})
        path = lines(tmp_path / "law_test.jsonl", {"document": "글", "id": 1, "label": 1})
        assert read(task, path)[0].meta == {"subject": "law"}

    def test_a_path_that_tells_nothing_is_named(self, tmp_path):
        data = {"format": "jsonl", "files": {"test": "x"}, "from_path": {"subject": r"_(test)\.csv$"}}
        path = lines(tmp_path / "law", {"document": "글", "id": 1, "label": 1})
        assert "the path tells no 'subject'" in complaint(small_task(data=data), path)

    @pytest.mark.parametrize(("pattern", "said"), [("x", "one (group)"), ("(", "no regular expression")])
    def test_what_takes_a_column_from_a_path_is_checked(self, pattern, said):
        assert said in problem(data={"format": "jsonl", "files": {"test": "x"}, "from_path": {"s": pattern}})

    def test_what_is_beside_the_input_is_no_part_of_it(self, tmp_path):
        path = lines(tmp_path / "a", {"id": 1, "document": "글", "label": 1, "topic": "법"})
        (example,) = read(small_task(meta={"topic": "topic"}), path)
        assert (example.fields, example.meta) == ({"input": "글"}, {"topic": "법"})


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("b_test", "a_test", "c_dev"):
            lines(tmp_path / f"set/{name}.jsonl", {"document": name, "label": 1, "id": name})
        return tmp_path

    def ids(self, folder: Path, pattern: str) -> list[str]:
        task = small_task(data={"format": "jsonl", "files": {"test": pattern}})
        source = locate(task, ["test"], Where(folder), lambda _: None)
        return [example.id for example in datasets.examples(task, source, "test")]

    def test_a_pattern_is_its_files_in_alphabetical_order(self, folder):
        assert self.ids(folder, "set/*_test.jsonl") == ["a_test", "b_test"]

    def test_either_of_several_names_will_do(self, folder):
        assert self.ids(folder, "set/{c_dev,b_test,missing}.jsonl") == ["b_test", "c_dev"]

    def test_a_pattern_that_fits_nothing_is_missing_data(self, folder):
        with pytest.raises(BadInput, match=r"holds no set/\*\.csv"):
            self.ids(folder, "set/*.csv")

    def test_a_name_with_brackets_is_a_name(self, folder):
        lines(folder / "set/x[1].jsonl", {"document": "x", "label": 1, "id": "x"})
        assert self.ids(folder, "set/x[1].jsonl") == ["x"]

    def test_files_may_come_with_an_installed_package(self, tmp_path, monkeypatch):
        lines(tmp_path / "carrier/data/rows.jsonl", {"document": "글", "label": 1, "id": 1})
        (tmp_path / "carrier/__init__.py").touch()
        monkeypatch.syspath_prepend(str(tmp_path))
        task = small_task(data={"format": "jsonl", "package": {"test": "carrier/data/*.jsonl"}})
        source = locate(task, ["test"], Where(), lambda _: None)
        assert source.origin == "package"
        assert len(list(datasets.examples(task, source, "test"))) == 1

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("no_such_package/x", "no_such_package, which is not installed"),
            ("jinja2/x.csv", "holds no x.csv"),
        ],
    )
    def test_a_package_that_is_not_there_is_named(self, name, said):
        task = small_task(data={"format": "jsonl", "package": {"test": name}})
        with pytest.raises(Unavailable, match=said):
            locate(task, ["test"], Where(), lambda _: None)

    def test_aligned_lines_are_a_row_each_and_empty_ones_too(self, tmp_path):
        for name, text in (("ko", "하나\n\n셋\n"), ("en", "one\r\ntwo\r\nthree")):
            (tmp_path / name).write_bytes(text.encode())
        data = {"format": "lines", "header": ["ko", "en"], "files": {"test": ["ko", "en"]}}
        fields = {"input": "ko", "target": "en"}
        task = small_task(data=data, fields=fields, options=None, ask="generate", metrics=["exact_match"])
        found = read(task, tmp_path / "ko", tmp_path / "en")
        assert [(e.fields["input"], e.target) for e in found] == [
            ("하나", "one"),
            ("", "two"),
            ("셋", "three"),
        ]

    def test_a_side_that_is_shorter_is_named(self, tmp_path):
        (tmp_path / "ko").write_text("하나\n둘\n", encoding="utf-8")
        (tmp_path / "en").write_text("one\n", encoding="utf-8")
        data = {"format": "lines", "header": ["ko", "en"], "files": {"test": ["ko", "en"]}}
        task = small_task(
            data=data,
            fields={"input": "ko", "target": "en"},
            options=None,
            ask="generate",
            metrics=["exact_match"],
        )
        said = complaint(task, tmp_path / "ko", tmp_path / "en")
        assert said == "en: ends after 1 lines, before the others"


class TestOptions:
    @pytest.mark.parametrize(
        ("kind", "answer", "label"),
        [
            ("index", 1, "1"),
            ("number", 2, "1"),
            ("letter", "B", "1"),
            ("letter", " b", "1"),
            ("text", "부산", "1"),
        ],
    )
    def test_the_right_one_is_named_as_the_data_names_it(self, tmp_path, kind, answer, label):
        path = lines(tmp_path / "a", {"q": "?", "a": "서울", "b": "부산", "c": "대구", "answer": answer})
        assert read(quiz(target_format=kind), path)[0].target == label

    @pytest.mark.parametrize(
        ("kind", "answer"),
        [
            ("index", 3),
            ("index", "A"),
            ("number", 0),
            ("letter", "D"),
            ("letter", "가"),
            ("letter", "1"),
            ("letter", "ß"),
            ("letter", ""),
            ("text", "광주"),
            ("text", "1"),
        ],
    )
    def test_an_answer_that_is_none_of_them_has_its_line_and_is_named_as_the_data_does(
        self, tmp_path, kind, answer
    ):
        path = lines(tmp_path / "a", {"q": "?", "a": "서울", "b": "부산", "c": "대구", "answer": answer})
        said = complaint(quiz(target_format=kind), path)
        assert f":1: the answer {str(answer)!r} is none of the 3 options" in said

    @pytest.mark.parametrize("answer", ["no mark", "", None, ["3", "many"]])
    def test_a_target_that_numbers_are_compared_with_is_one(self, tmp_path, answer):
        task = small_task(options=None, ask="generate", metrics=["numeric_match"])
        path = lines(tmp_path / "a", {"id": 1, "document": "?", "label": answer})
        assert "is no number" in complaint(task, path)

    def test_options_left_empty_at_the_end_are_not_there(self):
        example = Example("1", {"question": "?", "A": "가", "B": "", "C": ""}, "0")
        assert Prompts(quiz()).options(example) == (Option("0", "가"),)

    @pytest.mark.parametrize(
        ("marks", "listed", "texts"),
        [
            ("text", "서울\n부산\n대구", ["서울", "부산", "대구"]),
            ("letter", "A. 서울\nB. 부산\nC. 대구", ["A", "B", "C"]),
            ("number", "1. 서울\n2. 부산\n3. 대구", ["1", "2", "3"]),
            ("circled", "① 서울\n② 부산\n③ 대구", ["①", "②", "③"]),
            ("hangul", "가. 서울\n나. 부산\n다. 대구", ["가", "나", "다"]),
        ],
    )
    def test_a_prompt_lists_them_by_their_marks(self, marks, listed, texts):
        example = Example("1", {"question": "수도는?", "A": "서울", "B": "부산", "C": "대구"}, "0")
        prompts = Prompts(quiz(option_marks=marks))
        assert prompts.request(example).prompt == f"수도는?\n{listed}\n답:"
        assert [option.text for option in prompts.options(example)] == texts
        assert prompts.answer(example) == texts[0]

    def test_other_spellings_of_a_label_are_the_label(self, tmp_path):
        task = small_task(
            options={"True": "예", "False": "아니요"}, aliases={"TRUE": "True", "FALSE": "False"}
        )
        rows = [
            {"id": n, "document": "글", "label": label} for n, label in enumerate(("True", "TRUE", "FALSE"))
        ]
        assert [e.target for e in read(task, lines(tmp_path / "a", *rows))] == ["True", "True", "False"]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"aliases": {"x": "2"}}, "no option is called '2'"),
            ({"target_format": "letter"}, "'target_format' is about options that each example brings along"),
            ({"option_marks": "letter"}, "'option_marks' is about options that each example brings along"),
            ({"ask": "tag"}, "'tag' needs a field called 'context'"),
            ({"ask": "embed"}, "'embed' needs a field called 'sentence1'"),
            ({"range": [5, 0]}, "'range' should be [least, most]"),
            ({"templates": None}, "'templates' is missing"),
            ({"templates": {"a": {"instruction": "답하세요."}}}, "'templates.a.query' is missing"),
            ({"shots": {"k": 1, "same": "topic"}}, "no field is called 'topic'"),
            ({"breakdown": {"by": "inputs"}}, "no field is called 'inputs'. Did you mean 'input'?"),
            ({"window": {"field": "x", "by": "input", "chars": 9}}, "no field is called 'x'"),
            ({"meta": {"input": "a"}}, "'input' is taken"),
        ],
    )
    def test_a_key_that_makes_no_sense_is_said(self, changes, said):
        assert said in problem(**changes)


class TestPrompts:
    POOL = tuple(
        Example(f"train-{n}", {"input": f"글 {n}"}, str(n % 2), None, {"subject": "법" if n < 3 else "시"})
        for n in range(10)
    )

    def prompts(self, **shots: Any) -> Prompts:
        return Prompts(small_task(meta={"subject": "s"}, shots=shots), lambda: self.POOL)

    @pytest.mark.parametrize("draw", ["per_example", "fixed"])
    def test_shots_may_have_to_share_a_value_with_the_example(self, draw):
        prompts = self.prompts(k=3, same="subject", draw=draw)
        law = Example("1", {"input": "새 글"}, "0", None, {"subject": "법"})
        poem = Example("2", {"input": "새 글"}, "0", None, {"subject": "시"})
        assert sorted(prompts.shots(law)) == [0, 1, 2]
        assert set(prompts.shots(poem)) <= set(range(3, 10))

    def test_too_few_rows_that_share_it_are_an_error(self):
        with pytest.raises(BadInput, match="only 0 rows of 'train' qualify"):
            self.prompts(k=1, same="subject").shots(
                Example("1", {"input": "글"}, "0", None, {"subject": "역사"})
            )

    def test_captions_are_each_options_texts_with_its_name_in_them(self):
        templates = {"t": {"captions": ["사진: {{ option }}", "{{ option }}의 그림"]}}
        request = Prompts(small_task(templates=templates)).request(Example("1", {"input": "x"}, "0"))
        assert request.captions == (("사진: 부정", "부정의 그림"), ("사진: 긍정", "긍정의 그림"))

    def test_without_captions_an_option_is_its_own_text(self):
        request = Prompts(small_task()).request(Example("1", {"input": "x"}, "0"))
        assert request.captions == (("부정",), ("긍정",))

    def test_a_window_shortens_the_prompt_and_not_the_input(self):
        window = {"field": "input", "by": "input", "chars": 5}
        request = Prompts(small_task(window=window)).request(Example("1", {"input": "가" * 9}, "0"))
        assert request.prompt == f"문장: {'가' * 5}\n감정:"
        assert request.example.fields["input"] == "가" * 9


def test_what_changes_a_prompt_changes_the_fingerprint():
    from harness.backends import backend as backends
    from harness.records.fingerprint import fingerprint
    from harness.schema import Decoding

    system = backends.load("random")

    def mark(task: Task) -> str:
        return fingerprint(task, system, Decoding(), data={}, identity={}, limit=None, repeat=1)

    different = [
        quiz(),
        quiz(option_marks="letter"),
        quiz(target_format="number"),
        quiz(meta={"s": "s"}),
        quiz(window={"field": "question", "by": "question", "chars": 3}),
        quiz(templates={"plain": {"query": "{{ question }}", "captions": ["x"]}}),
        quiz(shots={"k": 1, "same": "question"}),
        quiz(data={"format": "jsonl", "files": {"test": "a"}, "from_path": {"x": "(y)"}}),
    ]
    assert len({mark(task) for task in different}) == len(different)
    assert mark(quiz(breakdown={"by": "question"})) == mark(quiz())


def test_every_shipped_task_without_a_prompt_asks_nothing_that_needs_one():
    for name in tasks.expand(["all"]):
        task = tasks.load(name)
        if "templates" not in task.file.model_fields_set:
            assert task.ask in ("score", "embed", "retrieve") or task.file.messages is not None


def test_a_file_moved_to_another_folder_is_other_data_where_the_folder_tells_a_column(tmp_path):
    from harness.datasets.task_data import supply

    row = {"id": 1, "document": "글", "label": 1}
    data = {"format": "jsonl", "files": {"test": "*/rows.jsonl"}, "from_path": {"topic": "([^/]+)/rows"}}
    hashes = []
    for folder in ("law", "art"):
        lines(tmp_path / folder / f"{folder}/rows.jsonl", row)
        where = Where(tmp_path / folder)
        for task in (small_task(data=data), small_task(data=data | {"from_path": {}})):
            hashes.append(supply(task, where, lambda _: None, train=False).sha256["test"])
    told, untold, moved, same = hashes
    assert told != moved
    assert untold == same
