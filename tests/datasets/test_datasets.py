"""Splits read as Examples: every layout, every quirk of the real files, and every damage with its line."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import seeding as keyed
from harness.datasets import examples as datasets
from harness.datasets import formats, selection
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput
from harness.schema import Example
from harness.tasks.task import Task
from tests.support.paths import DATA, needs_data
from tests.support.small_tasks import small_task


def task_of(format: str, fields: dict[str, str | int] | None = None, **keys: Any) -> Task:
    """Return a task without options over files of one format; `keys` beside format belong to the data."""
    own = {key: keys.pop(key) for key in ("options", "split", "cluster", "ask", "metrics") if key in keys}
    own = {"options": None, "ask": "generate", "metrics": ["exact_match"]} | own
    data = {"format": format, "files": {"train": "train", "test": "test"}} | keys
    templates = {"t": {"query": "x"}}
    return small_task(
        data=data, fields=fields or {"input": "text", "target": "label"}, templates=templates, **own
    )


def read(task: Task, *paths: Path, split: str = "test") -> list[Example]:
    return list(datasets.examples(task, Source("data-dir", {split: list(paths)}), split))


def complaint(task: Task, *paths: Path) -> str:
    """Return what is wrong, the folder of the first file left out."""
    with pytest.raises(BadInput) as caught:
        selection.survey(task, Source("data-dir", {"test": list(paths)}), None)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value).replace(f"{paths[0].parent}/", "")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: `file("a.tsv", "text")`."""

    def write(name: str, content: str | bytes) -> Path:
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return tmp_path / name

    return write


def parquet(path: Path, columns: dict[str, list[Any]], **keys: Any) -> Path:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), path, **keys)
    return path


GZIPPED = gzip.compress(b"text\tlabel\n" + b"x\t1\n" * 9999)
ROWS = [("좋아요", "1"), ("", "0"), ('say "no"', "0"), ("a\x85b\u2028c", "1"), (" x ", "1")]


class TestLayouts:
    """The same rows, however they are written."""

    def expected(self) -> list[Example]:
        return [Example(f"test-{n}", {"input": text}, label) for n, (text, label) in enumerate(ROWS)]

    @pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
    @pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
    @pytest.mark.parametrize("last", [True, False], ids=["ended", "unended"])
    @pytest.mark.parametrize("packed", ["", ".gz"])
    def test_tsv_has_no_quotes(self, file, end, bom, last, packed):
        lines = ["text\tlabel", *("\t".join(row) for row in ROWS)]
        path = file(f"a.tsv{packed}", bom + end.join(lines) + (end if last else ""))
        assert read(task_of("tsv"), path) == self.expected()

    @pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
    @pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
    def test_csv_has(self, file, end, bom):
        lines = ["text,label", *('"{}",{}'.format(text.replace('"', '""'), label) for text, label in ROWS)]
        assert read(task_of("csv"), file("a.csv", bom + end.join(lines))) == self.expected()

    @pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
    @pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
    def test_jsonl_is_an_object_a_line(self, file, end, bom):
        lines = [json.dumps({"label": label, "text": text}, ensure_ascii=False) for text, label in ROWS]
        assert read(task_of("jsonl"), file("a.jsonl", bom + end.join(lines))) == self.expected()

    @pytest.mark.parametrize("records", [None, "data", "data.rows"])
    @pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
    def test_json_is_a_list_somewhere(self, file, records, bom):
        found: Any = [{"text": text, "label": label} for text, label in ROWS]
        for key in reversed(records.split(".") if records else []):
            found = {"version": 1, key: found}
        keys = {"records": records} if records else {}
        assert read(task_of("json", **keys), file("a.json", bom + json.dumps(found))) == self.expected()

    def test_parquet_is_parquet(self, tmp_path):
        texts, labels = (list(column) for column in zip(*ROWS, strict=True))
        path = parquet(tmp_path / "a.parquet", {"text": texts, "label": labels})
        assert read(task_of("parquet"), path) == self.expected()

    def test_another_delimiter_may_be_named(self, file):
        path = file("a.txt", "text|label\na\tb|1\n")
        assert read(task_of("tsv", delimiter="|"), path)[0].fields == {"input": "a\tb"}

    def test_without_a_header_columns_are_numbers(self, file):
        path = file("a.tsv", "1\t좋아요\n0\t싫어요\n")
        found = read(task_of("tsv", {"input": 1, "target": 0}, header=False), path)
        assert [(e.fields["input"], e.target) for e in found] == [("좋아요", "1"), ("싫어요", "0")]

    def test_without_a_header_the_task_may_name_the_columns(self, file):
        path = file("a.tsv", "1\t좋아요\textra\n0\t싫어요\n")
        found = read(task_of("tsv", header=["label", "text"]), path)
        assert [(e.fields["input"], e.target) for e in found] == [("좋아요", "1"), ("싫어요", "0")]

    def test_a_csv_record_may_stand_on_several_lines(self, file):
        path = file("a.csv", 'text,label\n"one\ntwo\r\n\nthree",1\nfour,0\n')
        assert [e.fields["input"] for e in read(task_of("csv"), path)] == ["one\ntwo\r\n\nthree", "four"]

    @pytest.mark.parametrize(("name", "format"), [("a.tsv", "tsv"), ("a.csv", "csv")])
    def test_empty_lines_are_no_rows(self, file, name, format):
        sign = "\t" if format == "tsv" else ","
        path = file(name, f"text{sign}label\n\na{sign}1\n\r\n\nb{sign}0\n\n")
        assert len(read(task_of(format), path)) == 2

    def test_a_cell_may_be_larger_than_csvs_own_bound(self, file):
        path = file("a.csv", f'text,label\n"{"x" * 200_000}",1\n')
        assert len(read(task_of("csv"), path)[0].fields["input"]) == 200_000


class TestValues:
    @pytest.mark.parametrize(
        ("given", "target"),
        [
            ("1", "1"),
            (1, "1"),
            (3.5, "3.5"),
            (True, "true"),
            (False, "false"),
            (None, None),
            ("", ""),
            (["a", 1, None, True], ("a", "1", "", "true")),
            ([], ()),
        ],
    )
    def test_a_target_is_text_or_references(self, file, given, target):
        path = file("a.jsonl", json.dumps({"text": "x", "label": given}))
        assert read(task_of("jsonl"), path)[0].target == target

    @pytest.mark.parametrize(("given", "id"), [("a", "a"), (7, "7"), (None, ""), (True, "true")])
    def test_an_id_is_text(self, file, given, id):
        path = file("a.jsonl", json.dumps({"text": "x", "key": given}))
        assert read(task_of("jsonl", {"id": "key", "input": "text"}), path)[0].id == id

    @pytest.mark.parametrize("given", ["x", "", None, 5, 1.5, True, ["a", "b"], {"a": 1}])
    def test_an_input_stays_what_it_is(self, file, given):
        path = file("a.jsonl", json.dumps({"text": given}))
        assert read(task_of("jsonl", {"input": "text"}), path)[0].fields == {"input": given}

    def test_without_an_id_a_row_is_its_split_and_number_over_all_files(self, file):
        paths = [file("a.tsv", "text\tlabel\nx\t1\ny\t1\n"), file("b.tsv", "label\ttext\n0\tz\n")]
        found = read(task_of("tsv"), *paths)
        assert [(e.id, e.fields["input"], e.target) for e in found] == [
            ("test-0", "x", "1"),
            ("test-1", "y", "1"),
            ("test-2", "z", "0"),
        ]

    def test_a_cluster_is_a_column(self, file):
        path = file("a.jsonl", '{"text": "x", "article": 3}\n{"text": "y", "article": null}\n')
        found = read(task_of("jsonl", {"input": "text"}, cluster="article"), path)
        assert [e.cluster for e in found] == ["3", ""]

    def test_a_sample_holds_every_split(self, file):
        path = file("s.jsonl", '{"split":"train","text":"a"}\n{"split":"test","text":"b"}\n{"text":"c"}\n')
        task = task_of("tsv", {"input": "text"}, sample=str(path))
        for split, text in (("train", "a"), ("test", "b")):
            (found,) = datasets.examples(task, Source("sample", {split: [path]}), split)
            assert (found.id, found.fields) == (f"{split}-0", {"input": text})


class TestDamage:
    """Whatever is wrong is found before anything runs, and said at its line."""

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            # columns and rows
            ("a.tsv", "text\tlabl\nx\t1\n",
             "a.tsv:1: no column 'label', which task small reads. Did you mean 'labl'?"),
            ("a.csv", "a,b\nx,1\n", "a.csv:1: no column 'text', which task small reads. Known: a, b."),
            ("a.tsv", "text\tlabel\nx\t1\ny\nz\t1\n", "a.tsv:3: the header has 2 columns, this row 1"),
            ("a.tsv", "text\tlabel\nx\t1\n\na\tb\t1\n", "a.tsv:4: the header has 2 columns, this row 3"),
            ("a.csv", 'text,label\n"x\ny",1\nz\n', "a.csv:4: the header has 2 columns, this row 1"),
            ("a.jsonl", '\n{"text": "x", "labl": 1}\n',
             "a.jsonl:2: no column 'label', which task small reads. Did you mean 'labl'?"),
            ("a.jsonl", '{"text": "x", "label": "1"}\n\n{"text": "y"}\n',
             "a.jsonl:3: no 'label' in this row, which task small reads"),
            ("a.json", '[{"text": "x", "label": "1"},\n{"text": "y"}]',
             "a.json: record 2: no 'label' in this row, which task small reads"),
            # labels
            ("a.tsv", "text\tlabel\nx\t1\ny\t1\nz\t2",
             "a.tsv:4: unknown label '2'; the task's options are 0, 1"),
            ("a.csv", "text,label\nx,1\ny,True\n", "a.csv:3: unknown label 'True'; the task's"),
            ("a.jsonl", '{"text": "x", "label": 1}\n{"text": "x", "label": [1]}',
             "a.jsonl:2: unknown label ('1',); the task's options are 0, 1"),
            ("a.jsonl", '{"text": "x", "label": null}\n', "a.jsonl:1: unknown label None; the task's"),
            ("a.json", '[{"text": "x", "label": 5}]', "a.json: record 1: unknown label '5'; the task's"),
            # text
            ("a.tsv", b"text\tlabel\nx\t1\n\xff\t1\n", "a.tsv:3: not UTF-8 text"),
            ("a.tsv", b"text\tlabel\n" + b"x\t1\n" * 9_998 + b"\xed\xa0\x80", "a.tsv:10000: not UTF-8 text"),
            ("a.csv", b"text,label\n\xc3\x28,1\n", "a.csv:2: not UTF-8 text"),
            ("a.jsonl", b'{"text": "x", "label": "1"}\n{"text": "\xff"}\n', "a.jsonl:2: not UTF-8 text"),
            ("a.json", b'[\n{"text": "\xff"}]', "a.json:"),
            ("a.tsv", b"text\tlabel\n\xff\xff\t1\n", "a.tsv:2: not UTF-8 text; `encoding:` under data may"),
            ("a.tsv", "text\tlabel\né à\t1\n".encode("latin-1"), "a.tsv:2: not UTF-8 text"),
            ("a.tsv", "text\tlabel\n좋아\t1\n".encode("cp949") + b"\xff\t0\n", "a.tsv:2: not UTF-8 text"),
            # the layout itself
            ("a.csv", 'text,label\nx,1\n"open,1\nz,1\n', "a.csv:3: not CSV: unexpected end of data"),
            ("a.csv", 'text,label\nx,1\n"a"b,1\n', "a.csv:3: not CSV: ',' expected after '\"'"),
            ("a.jsonl", '{"text": "x", "label": "1"}\n{"text": \n', "a.jsonl:2: not JSON: "),
            ("a.jsonl", '{"text": "x", "label": "1"}\n["x"]\n', "a.jsonl:2: each line should be a JSON"),
            ("a.jsonl", "[]\n", "a.jsonl:1: each line should be a JSON object"),
            ("a.json", '[{"text": "x"},\n\n{"text": }]', "a.json:3: not JSON: "),
            ("a.json", '{"rows": []}', "a.json: a list of JSON objects was expected; 'records' may name it"),
            ("a.json", "[1]", "a.json: a list of JSON objects was expected; 'records' may name it"),
            ("a.parquet", b"PAR1 is not enough", "a.parquet: not a whole Parquet file: "),
            ("a.parquet", b"", "a.parquet: not a whole Parquet file: "),
            # nothing
            ("a.tsv", "", "a.tsv: the file is empty; a header was expected"),
            ("a.csv", "\n\n", "a.csv: the file is empty; a header was expected"),
            ("a.tsv", "text\tlabel\n", "a.tsv: the split 'test' holds no rows"),
            ("a.csv", "text,label", "a.csv: the split 'test' holds no rows"),
            ("a.jsonl", "", "a.jsonl: the split 'test' holds no rows"),
            ("a.json", "[]", "a.json: the split 'test' holds no rows"),
        ],
    )  # fmt: skip
    def test_it_is_named_at_its_line(self, file, name, content, said):
        if name == "a.parquet":
            pytest.importorskip("pyarrow")
        task = task_of(
            name.split(".")[1], ask="choose", options={"0": "아니오", "1": "예"}, metrics=["accuracy"]
        )
        assert complaint(task, file(name, content)).startswith(said)

    @pytest.mark.parametrize(
        ("records", "content", "said"),
        [
            ("rows", '{"row": []}', "a.json: no 'rows' here, which 'records' names"),
            ("data.rows", '{"data": []}', "a.json: no 'rows' here, which 'records' names"),
            ("rows", "[]", "a.json: no 'rows' here, which 'records' names"),
            ("rows", '{"rows": {}}', "a.json: a list of JSON objects was expected"),
        ],
    )
    def test_records_that_are_not_where_the_task_says_are_named(self, file, records, content, said):
        assert complaint(task_of("json", records=records), file("a.json", content)).startswith(said)

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            pytest.param(GZIPPED[:-20], "a.tsv.gz: not a whole gzip file: ", id="half"),
            pytest.param(GZIPPED[:12], "a.tsv.gz: not a whole gzip file: ", id="hardly any"),
            pytest.param(GZIPPED + b"more", "a.tsv.gz: not a whole gzip file: ", id="more"),
            pytest.param(b"text", "a.tsv.gz: not a whole gzip file: Not a gzipped file", id="plain"),
            pytest.param(gzip.compress(b"text\tlabel\nx\t1\ny\n"), "a.tsv.gz:3: the header has 2", id="row"),
            pytest.param(gzip.compress(b"text\tlabel\nx\xff\t1\n"), "a.tsv.gz:2: not UTF-8 text", id="byte"),
        ],
    )
    def test_a_packed_file_is_as_strict(self, tmp_path, raw, said):
        (tmp_path / "a.tsv.gz").write_bytes(raw)
        assert complaint(task_of("tsv"), tmp_path / "a.tsv.gz").startswith(said)

    def test_a_broken_packed_file_has_no_hash(self, file):
        path = file("a.gz", b"x" * 1000)
        path.write_bytes(path.read_bytes()[:-4])
        with pytest.raises(BadInput, match="not a whole gzip file"):
            formats.sha256(path)

    def test_a_file_that_went_away_is_named(self, tmp_path):
        said = complaint(task_of("tsv"), tmp_path / "a.tsv")
        assert said == "a.tsv: cannot be read: No such file or directory"

    @pytest.mark.parametrize("format", ["tsv", "csv", "jsonl", "json", "parquet"])
    def test_a_folder_is_no_file(self, tmp_path, format):
        if format == "parquet":
            pytest.importorskip("pyarrow")
        (tmp_path / "a").mkdir()
        assert complaint(task_of(format), tmp_path / "a").startswith("a: ")

    @pytest.mark.parametrize(("name", "sign"), [("a.tsv", "\t"), ("a.csv", ",")])
    def test_a_header_with_a_column_twice_is_an_error(self, file, name, sign):
        path = file(name, f"q{sign}a{sign}a\n1{sign}2{sign}3\n")
        said = complaint(task_of(name[-3:], {"input": "q", "target": "a"}), path)
        assert said == f"{name}:1: the header has the column 'a' twice"

    def test_columns_without_a_name_are_no_column_twice(self, file):
        path = file("a.csv", "q,a,,\n1,2,3,4\n")
        assert len(read(task_of("csv", {"input": "q", "target": "a"}), path)) == 1

    def test_a_column_twice_in_a_parquet_file_is_an_error(self, tmp_path):
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        columns = [pa.array(["1"]), pa.array(["2"]), pa.array(["3"])]
        pq.write_table(pa.Table.from_arrays(columns, names=["q", "a", "a"]), tmp_path / "a.parquet")
        task = task_of("parquet", {"input": "q", "target": "a"})
        assert complaint(task, tmp_path / "a.parquet") == "a.parquet: the header has the column 'a' twice"

    def test_a_task_that_names_a_column_twice_is_an_error(self):
        with pytest.raises(BadInput, match="names the column 'a' twice"):
            task_of("csv", header=["q", "a", "a"])

    def test_an_id_that_stands_twice_is_named_at_its_second_line(self, file):
        task = task_of("tsv", {"id": "id", "input": "text"})
        path = file("a.tsv", "id\ttext\na\tx\nb\ty\na\tz\n")
        assert complaint(task, path) == "a.tsv:4: the id 'a' stands twice in 'test'"

    def test_an_id_that_stands_in_two_files_is_named_in_the_second(self, file):
        task = task_of("tsv", {"id": "id", "input": "text"})
        paths = [file(f"{name}.tsv", "id\ttext\na\tx\n") for name in ("one", "two")]
        assert complaint(task, *paths) == "two.tsv:2: the id 'a' stands twice in 'test'"

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"input": 3}, "a.tsv:2: too few columns (2) in this row, which task small reads"),
            ({"input": 0, "target": 2}, "a.tsv:2: too few columns (2) in this row, which task small reads"),
        ],
    )
    def test_a_row_without_the_column_that_is_read_is_named(self, file, fields, said):
        path = file("a.tsv", "1\t2\t3\t4\n1\t2\n")
        assert complaint(task_of("tsv", fields, header=False), path) == said

    def test_a_parquet_file_without_the_column_names_the_nearest(self, tmp_path):
        path = parquet(tmp_path / "a.parquet", {"txt": ["x"], "label": ["1"]})
        assert complaint(task_of("parquet"), path).endswith("small reads. Did you mean 'txt'?")

    def test_a_parquet_file_damaged_in_the_middle_is_named(self, tmp_path):
        keys = {"compression": "none", "use_dictionary": False}
        texts = [f"{n:06}" for n in range(20_000)]
        path = parquet(tmp_path / "a.parquet", {"text": texts, "label": texts}, **keys)
        raw = bytearray(path.read_bytes())
        raw[200:30_000] = b"\xff" * 29_800
        path.write_bytes(bytes(raw))
        assert complaint(task_of("parquet"), path).startswith("a.parquet: not a whole Parquet file: ")

    def test_a_sample_without_the_split_is_named(self, file):
        path = file("s.jsonl", '{"split": "train", "text": "a", "label": "1"}\n')
        with pytest.raises(BadInput, match="has no rows of the split"):
            list(
                datasets.examples(
                    task_of("tsv", sample=str(path)), Source("sample", {"test": [path]}), "test"
                )
            )


class TestSelecting:
    @pytest.fixture
    def thousand(self, file) -> tuple[Task, Source]:
        path = file("a.tsv", "text\tlabel\n" + "".join(f"t{n}\t1\n" for n in range(1000)))
        return task_of("tsv"), Source("data-dir", {"test": [path]})

    def ids(self, task: Task, source: Source, limit: int | float | None) -> list[str]:
        chosen = selection.survey(task, source, limit)
        found = [example.id for example in selection.selected(task, source, chosen)]
        assert chosen.order == {name: place for place, name in enumerate(found)}
        return found

    def test_without_a_limit_it_is_everything_in_file_order(self, thousand):
        assert self.ids(*thousand, None) == [f"test-{n}" for n in range(1000)]

    @pytest.mark.parametrize("limit", [1, 7, 1000, 5000])
    def test_a_count_is_the_first_rows(self, thousand, limit):
        assert self.ids(*thousand, limit) == [f"test-{n}" for n in range(min(limit, 1000))]

    @pytest.mark.parametrize(("share", "count"), [(0.1, 100), (1.0, 1000), (0.0001, 1)])
    def test_a_share_is_a_draw_in_file_order(self, thousand, share, count):
        found = self.ids(*thousand, share)
        assert len(found) == count
        assert found == sorted(found, key=lambda name: int(name.split("-")[1]))
        assert found == self.ids(*thousand, share)

    def test_a_larger_share_holds_the_smaller(self, thousand):
        assert set(self.ids(*thousand, 0.1)) < set(self.ids(*thousand, 0.2))

    def test_another_seed_draws_others(self, thousand):
        task, source = thousand
        assert self.ids(task.choose(seed=1), source, 0.1) != self.ids(task.choose(seed=2), source, 0.1)

    def test_a_draw_depends_on_the_ids_and_not_on_their_order(self, file, thousand):
        path = file(
            "b.tsv", "text\tlabel\tid\n" + "".join(f"t\t1\ttest-{n}\n" for n in reversed(range(1000)))
        )
        task = task_of("tsv", {"id": "id", "input": "text", "target": "label"})
        drawn = self.ids(task, Source("data-dir", {"test": [path]}), 0.1)
        assert set(drawn) == set(self.ids(*thousand, 0.1))
        assert keyed.number(task.seed, "limit", "a") == keyed.number(task.seed, "limit", "a")

    def test_what_lies_beyond_a_count_is_not_read(self, file):
        path = file("a.tsv", "text\tlabel\nx\t1\nragged\n")
        assert self.ids(task_of("tsv"), Source("data-dir", {"test": [path]}), 1) == ["test-0"]


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> tuple[Task, Source]:
    path = tmp_path_factory.mktemp("large") / "large.tsv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("text\tlabel\n")
        stream.writelines(f"{n:06} 아주 재미있는 영화였습니다\t{n % 2}\n" for n in range(200_000))
    return task_of("tsv"), Source("data-dir", {"test": [path]})


class TestStreaming:
    def test_200_000_rows_are_read_in_flat_memory(self, large):
        assert self.peak(lambda: datasets.examples(*large, "test")) < 1_000_000

    def test_a_selection_is_read_in_flat_memory_too(self, large):
        chosen = selection.survey(*large, 100_000)
        assert self.peak(lambda: selection.selected(*large, chosen)) < 1_000_000

    def peak(self, rows: Callable[[], Iterator[Example]]) -> int:
        """Return the most bytes that were held while the rows went by."""
        tracemalloc.start()
        try:
            for _ in itertools.islice(rows(), 50_000):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(("format", "end"), [("tsv", b"\xff"), ("csv", b'"'), ("jsonl", b"{")])
    def test_three_rows_do_not_read_the_file_through(self, tmp_path, format, end):
        rows = {"tsv": "text\tlabel\n" + "a\t1\n" * 20_000, "csv": "text,label\n" + "a,1\n" * 20_000}
        text = rows.get(format, '{"text":"a","label":1}\n' * 20_000)
        (tmp_path / "a").write_bytes(text.encode() + end)  # reading to the end would be an error
        found = datasets.examples(task_of(format), Source("data-dir", {"test": [tmp_path / "a"]}), "test")
        assert len(list(itertools.islice(found, 3))) == 3

    def test_the_second_file_is_not_opened_before_its_turn(self, file, tmp_path):
        paths = [file("a.tsv", "text\tlabel\nx\t1\ny\t1\n"), tmp_path / "missing.tsv"]
        found = datasets.examples(task_of("tsv"), Source("data-dir", {"test": paths}), "test")
        assert [next(found).id for _ in range(2)] == ["test-0", "test-1"]
        with pytest.raises(BadInput, match=r"missing\.tsv: cannot be read"):
            next(found)


def real(format: str, fields: dict[str, str | int], *files: str, **keys: Any) -> list[Example]:
    """Return the rows of real files, found as a run would find them."""
    task = task_of(format, fields, files={"test": list(files)}, split="test", **keys)
    return list(datasets.examples(task, locate(task, ["test"], Where(DATA), lambda _: None), "test"))


@pytest.fixture(scope="module")
def nsmc() -> dict[str, list[Example]]:
    fields: dict[str, str | int] = {"id": "id", "input": "document", "target": "label"}
    names = ("train", "test")
    return {name: real("tsv", fields, f"nsmc/ratings_{name}.txt") for name in names}


@needs_data
class TestRealData:
    """The figures of the data's own README."""

    def test_nsmc_has_every_row(self, nsmc):
        assert {name: len(rows) for name, rows in nsmc.items()} == {"train": 150_000, "test": 33_334}

    def test_nsmc_has_its_balance(self, nsmc):
        assert Counter(e.target for e in nsmc["train"]) == {"0": 75_173, "1": 74_827}
        assert Counter(e.target for e in nsmc["test"]) == {"0": 16_526, "1": 16_808}

    def test_nsmcs_empty_documents_are_there_and_empty(self, nsmc):
        empty = {e.id for e in nsmc["train"] if e.fields["input"] == ""}
        assert empty == {"2172111", "6369843", "1034280", "5942978", "1034283"}
        assert sum(e.fields["input"] == "" for e in nsmc["test"]) == 3

    def test_nsmcs_quotes_stay_as_the_authors_read_them(self, nsmc):
        quoted = [e.fields["input"] for e in nsmc["train"] if '"' in e.fields["input"]]
        assert len(quoted) == 623
        assert all(text.startswith('"') and text.endswith('"') for text in quoted)

    def test_nsmcs_ids_are_unique_and_in_the_files_order(self, nsmc):
        assert len({e.id for rows in nsmc.values() for e in rows}) == 183_334
        assert [e.id for e in nsmc["train"][:3]] == ["9976970", "3819312", "10265843"]

    @pytest.mark.parametrize(
        ("file", "fields", "rows"),
        [
            ("kornli/xnli.dev.ko.tsv", {"input": "sentence1", "target": "gold_label"}, 2490),
            ("kornli/xnli.test.ko.tsv", {"input": "sentence1", "target": "gold_label"}, 5010),
            ("korsts/sts-train.tsv", {"input": "sentence1", "b": "sentence2", "target": "score"}, 5749),
            ("korsts/sts-dev.tsv", {"input": "sentence1", "target": "score"}, 1500),
            ("korsts/sts-test.tsv", {"input": "sentence1", "target": "score"}, 1379),
            ("glue/QNLI/dev.tsv", {"input": "question", "b": "sentence", "target": "label"}, 5463),
            ("glue/RTE/train.tsv", {"input": "sentence1", "b": "sentence2", "target": "label"}, 2490),
            ("glue/SST-2/train.tsv", {"input": "sentence", "target": "label"}, 10_000),
            ("glue/STS-B/train.tsv", {"input": "sentence1", "target": "score"}, 5749),
            ("glue/STS-B/test.tsv", {"input": "sentence1", "b": "sentence2"}, 1379),
            ("glue/WNLI/dev.tsv", {"input": "sentence1", "target": "label"}, 71),
            ("glue/MRPC_fixture/dev.tsv", {"input": "#1 String", "target": "Quality"}, 6),
            ("kobest/BoolQ/train.tsv", {"input": "Text", "b": "Question", "target": "Answer"}, 3665),
            ("kobest/COPA/test.tsv", {"input": "sentence", "a": "1", "b": "2", "target": "Answer"}, 1000),
            ("kobest/WiC/dev.tsv", {"input": "Target", "target": "ANSWER"}, 610),
            ("kobest/HellaSwag/train.tsv", {"input": "context", "target": "label"}, 2029),
            ("kobest/SentiNeg/test.tsv", {"input": "Text", "target": "Label"}, 397),
            ("korean_hate_speech/labeled/train.tsv", {"input": "comments", "target": "hate"}, 7896),
        ],
    )  # fmt: skip
    def test_tables_without_quotes_have_every_row(self, file, fields, rows):
        assert len(real("tsv", fields, file)) == rows

    @pytest.mark.parametrize(
        ("file", "fields", "keys", "rows"),
        [
            ("glue/CoLA/train.tsv", {"input": 3, "target": 1}, {"header": False}, 8551),
            (
                "glue/CoLA/dev.tsv",
                {"input": "text", "target": "ok"},
                {"header": ["from", "ok", "star", "text"]},
                1043,
            ),
            ("stsbenchmark/sts-dev.csv", {"input": 5, "b": 6, "target": 4}, {"header": False}, 1500),
            ("stsbenchmark/sts-test.csv", {"input": 5, "b": 6, "target": 4}, {"header": False}, 1379),
            ("tatoeba_kor_eng/kor.txt", {"input": 1, "target": 0}, {"header": False}, 3798),
        ],
    )
    def test_tables_without_a_header_have_every_row(self, file, fields, keys, rows):
        assert len(real("tsv", fields, file, **keys)) == rows

    def test_sst2_keeps_the_blank_at_the_end(self):
        found = real("tsv", {"input": "sentence", "target": "label"}, "glue/SST-2/dev.tsv")
        assert len(found) == 872
        assert all(e.fields["input"].endswith(" ") for e in found)

    @pytest.mark.parametrize(("split", "rows"), [("test", 9376), ("dev", 285), ("val", 1529)])
    def test_mmlu_has_every_record_of_its_57_subjects(self, split, rows):
        files = sorted(path.relative_to(DATA).as_posix() for path in (DATA / "mmlu" / split).glob("*.csv"))
        found = real("csv", {"input": 0, "a": 1, "b": 2, "c": 3, "d": 4, "target": 5}, *files, header=False)
        assert (len(files), len(found)) == (57, rows)
        assert {e.target for e in found} == set("ABCD")
        assert len({e.id for e in found}) == rows

    @pytest.mark.parametrize(
        ("file", "sign"),
        [("high_school_world_history_test", "\n"), ("management_test", "\x85"), ("sociology_test", "\x85")],
    )
    def test_mmlus_odd_line_breaks_stay_inside_their_fields(self, file, sign):
        fields: dict[str, str | int] = {"input": 0, "a": 1, "b": 2, "c": 3, "d": 4, "target": 5}
        found = real("csv", fields, f"mmlu/test/{file}.csv", header=False)
        assert any(sign in text for e in found for text in e.fields.values())

    @pytest.mark.parametrize(("split", "rows"), [("train", 85), ("dev", 5), ("test", 200)])
    def test_kmmlu_answers_are_1_to_4(self, split, rows):
        found = real(
            "csv", {"input": "question", "a": "A", "target": "answer"}, f"kmmlu/data/Criminal-Law-{split}.csv"
        )
        assert len(found) == rows
        assert {e.target for e in found} <= set("1234")

    def test_truthfulqa_has_a_bom_and_817_questions(self):
        found = real(
            "csv", {"kind": "Type", "input": "Question", "target": "Best Answer"}, "truthfulqa/TruthfulQA.csv"
        )
        assert len(found) == 817
        assert {e.fields["kind"] for e in found} == {"Adversarial", "Non-Adversarial"}

    @pytest.mark.parametrize(("file", "rows"), [("kor_pair_train.csv", 6888), ("kor_Pair_test.csv", 688)])
    def test_question_pairs_have_a_bom_and_an_unnamed_column(self, file, rows):
        fields: dict[str, str | int] = {"input": "question1", "b": "question2", "target": "is_duplicate"}
        found = real("csv", fields, f"korean_question_pair/{file}")
        assert len(found) == rows
        assert {e.target for e in found} == {"0", "1"}

    @pytest.mark.parametrize(
        ("file", "fields", "rows"),
        [
            ("gsm8k/test.jsonl", {"input": "question", "target": "answer"}, 1319),
            ("gsm8k/train.jsonl", {"input": "question", "target": "answer"}, 500),
            (
                "ifeval/input_data.jsonl",
                {"id": "key", "input": "prompt", "rules": "instruction_id_list"},
                541,
            ),
            ("math500/test.jsonl", {"id": "unique_id", "input": "problem", "target": "answer"}, 500),
            (
                "mmlu_pro/test_sample.jsonl",
                {"input": "question", "options": "options", "target": "answer"},
                700,
            ),
            ("humaneval/HumanEval.jsonl", {"id": "task_id", "input": "prompt", "target": "test"}, 164),
            ("hh_rlhf/harmless-base/test.jsonl", {"input": "chosen", "b": "rejected"}, 2312),
            ("mt_bench/question.jsonl", {"id": "question_id", "input": "turns"}, 80),
        ],
    )
    def test_jsonl_has_every_line_plain_or_packed(self, file, fields, rows):
        found = real("jsonl", fields, file)
        assert len(found) == len({e.id for e in found}) == rows

    def test_bbh_is_27_files_of_examples(self):
        files = sorted(path.relative_to(DATA).as_posix() for path in (DATA / "bbh").glob("*.json"))
        found = real("json", {"input": "input", "target": "target"}, *files, records="examples")
        assert (len(files), len(found)) == (27, 6511)

    def test_click_is_26_lists(self):
        files = sorted(path.relative_to(DATA).as_posix() for path in (DATA / "click").rglob("*.json"))
        found = real(
            "json", {"id": "id", "input": "question", "choices": "choices", "target": "answer"}, *files
        )
        assert (len(files), len(found)) == (26, 1995)

    @pytest.mark.parametrize(("file", "rows"), [("klue-sts-v1.1/klue-sts-v1.1_dev.json", 519),
                                                ("klue-nli-v1.1/klue-nli-v1.1_dev.json", 3000)])  # fmt: skip
    def test_klue_is_a_list_of_objects(self, file, rows):
        assert len(real("json", {"id": "guid", "input": "source"}, f"klue/{file}")) == rows

    def test_packing_does_not_change_what_nsmc_is(self, tmp_path):
        packed = DATA / "nsmc" / "ratings_train.txt.gz"
        (tmp_path / "plain.txt").write_bytes(gzip.decompress(packed.read_bytes()))
        assert formats.sha256(packed) == formats.sha256(tmp_path / "plain.txt")
