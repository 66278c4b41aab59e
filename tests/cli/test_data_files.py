"""Data that are wrong: one line with file and line, exit code 2, and no adapter was made for it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from harness.adapters.baseline import Majority
from harness.adapters.dummy import Dummy
from tests.support.shell import Shell

TASK = """\
version: 1
description: reviews
data:
  format: FORMAT
  files: {train: set/train.FORMAT, test: set/test.FORMAT}
fields: {id: id, input: document, target: label}
ask: choose
options: {0: 부정, 1: 긍정}
templates:
  plain: {query: "{{ input }}"}
metrics: [accuracy]
"""

GOOD = "id\tdocument\tlabel\na\t좋다\t1\nb\t싫다\t0\n"
LINE = '{"id": 1, "document": "좋다", "label": "1"}\n'

# (format, the content of the test split, what is said after the file's name)
BROKEN: dict[str, tuple[str, str | bytes | None, str]] = {
    "column": ("tsv", GOOD.replace("label", "labl"), ":1: no column 'label', which task mine reads. Did"),
    "ragged": ("tsv", GOOD + "c\t모른다\n", ":4: the header has 3 columns, this row 2"),
    "stray tab": ("tsv", GOOD.replace("좋다", "좋\t다"), ":2: the header has 3 columns, this row 4"),
    "last label": ("tsv", GOOD + "c\t글\t2\n", ":4: unknown label '2'; the task's options are 0, 1"),
    "id": ("tsv", GOOD + "a\t글\t1\n", ":4: the id 'a' stands twice in 'test'"),
    "UTF-8": ("tsv", GOOD.encode() + b"c\t\xff\t1\n", ":4: not UTF-8 text"),
    "empty": ("tsv", "", ": the file is empty; a header was expected"),
    "header only": ("tsv", "id\tdocument\tlabel\n", ": the split 'test' holds no rows"),
    "CSV quote": ("csv", 'id,document,label\na,"좋다,1\nb,싫다,0\n', ":2: not CSV: unexpected end of data"),
    "CSV record": ("csv", 'id,document,label\na,"좋\n",1\nb\n', ":4: the header has 3 columns, this row 1"),
    "JSON line": ("jsonl", LINE + '{"id": 2,\n', ":2: not JSON: "),
    "JSON key": ("jsonl", LINE + '{"id": 2}\n', ":2: no 'document' in this row"),
    "JSON": ("json", "[{},\n{]", ":2: not JSON: "),
    "records": ("json", '{"data": []}', ": a list of JSON objects was expected; 'records' may name it"),
    "Parquet": ("parquet", b"PAR1PAR1", ": not a whole Parquet file: "),
    "not gzip": ("tsv.gz", b"not packed", ": not a whole gzip file: Not a gzipped file"),
    "half a gzip": ("tsv.gz", gzip.compress(GOOD.encode() * 99)[:-9], ": not a whole gzip file: "),
    "folder": ("tsv", None, ": is a folder; the task reads a file"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes an adapter has gone too far."""

    def explode(self: object, profile: object) -> None:
        raise AssertionError("an adapter was made")

    for adapter in (Dummy, Majority):
        monkeypatch.setattr(adapter, "__init__", explode)


def write(home: Path, format: str, test: str | bytes | None, train: str = GOOD) -> None:
    """Write the task and its data; a split of None is a folder."""
    plain = format.removesuffix(".gz")
    for folder in ("tasks", "data/set"):
        (home / folder).mkdir(parents=True)
    (home / "tasks/mine.yaml").write_text(TASK.replace("FORMAT", plain), encoding="utf-8")
    (home / f"data/set/train.{plain}").write_text(train, encoding="utf-8")
    if test is None:
        (home / f"data/set/test.{format}").mkdir()
    else:
        (home / f"data/set/test.{format}").write_bytes(test if isinstance(test, bytes) else test.encode())


@pytest.mark.parametrize(("format", "content", "said"), BROKEN.values(), ids=BROKEN)
def test_it_is_one_line_before_an_adapter_is_made(shell: Shell, format, content, said):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    write(shell.home, format, content)
    done = shell("run", "-t", "mine", "-b", "dummy", "--data-dir", "data", "-q")
    assert (done.code, done.out) == (2, "")
    assert done.complaint.startswith(f"harness: data/set/test.{format}{said}")


def test_a_file_that_is_not_there_is_named(shell):
    write(shell.home, "tsv", GOOD)
    (shell.home / "data/set/test.tsv").unlink()
    done = shell("run", "-t", "mine", "-b", "dummy", "--data-dir", "data")
    assert (done.code, done.out) == (2, "")
    assert done.complaint == (
        "harness: the data of mine is not here (data holds no set/test.tsv); give --data-dir DIR"
    )


def test_no_run_directory_is_made_for_it(shell):
    write(shell.home, "tsv", BROKEN["last label"][1])
    shell("run", "-t", "mine", "-b", "dummy", "--data-dir", "data", "-q")
    assert not (shell.home / "runs").exists()


def test_good_data_go_on_to_the_adapter(shell):
    write(shell.home, "tsv", GOOD)
    done = shell("run", "-t", "mine", "-b", "dummy", "--data-dir", "data", "-q")
    assert "an adapter was made" in done.err
