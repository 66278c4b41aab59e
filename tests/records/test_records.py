"""The run directory: a journal that survives cuts, one writer, files that are whole or absent."""

from __future__ import annotations

import errno
import json
import os
import signal
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput, Stopped
from harness.records import atomic, run_file
from harness.records.journal import Journal, compact, mend, read_records
from harness.records.lock import Lock
from harness.records.run_file import read_run
from tests.support.fake_runs import fake_run
from tests.support.running import PATIENCE

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and signals")


def record(name: str = "a", repeat: int = 0, text: str = "긍정", **more: Any) -> dict[str, Any]:
    response = {"text": text, "error": None}
    return {
        "id": name,
        "repeat": repeat,
        "response": response,
        "prediction": text,
        "target": "1",
        "scores": None,
        **more,
    }


def journal_of(path: Path, *lines: dict[str, Any]) -> Path:
    journal = Journal(path)
    for line in lines:
        journal.append(line)
    journal.close()
    return path


def kept(path: Path) -> list[dict[str, Any]]:
    return [line.record.to_dict() for line in read_records(path)]


# The journal


@given(
    st.lists(st.tuples(st.text(), st.text(), st.floats(allow_nan=False, allow_infinity=False)), max_size=8)
)
def test_what_is_written_is_read(tmp_path_factory, rows):
    lines = [record(name, text=text, seconds=number) for name, text, number in rows]
    path = journal_of(tmp_path_factory.mktemp("journal") / "samples.jsonl", *lines)
    assert kept(path) == lines


def test_a_journal_that_is_not_there_is_empty(tmp_path):
    assert kept(tmp_path / "samples.jsonl") == []
    mend(tmp_path / "samples.jsonl")
    compact(tmp_path / "samples.jsonl", {"a": 0}, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_at_any_byte_costs_at_most_the_line_it_falls_in(tmp_path):
    lines = [record("a", text="줄\n바꿈  \u0085"), record("b"), record("c", text="마지막 👍")]
    whole = journal_of(tmp_path / "whole", *lines).read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    path = tmp_path / "samples.jsonl"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        mend(path)
        survivors = sum(end - 1 <= cut for end in ends)  # a line lacking only its end is whole
        assert kept(path) == lines[:survivors], cut
        assert path.read_bytes() == whole[: ends[survivors - 1] if survivors else 0]


def test_the_next_record_starts_on_a_line_of_its_own_after_a_cut(tmp_path):
    path = journal_of(tmp_path / "samples.jsonl", record("a"), record("b"))
    path.write_bytes(path.read_bytes()[:-7])
    journal_of(path, record("c"))
    assert [line["id"] for line in kept(path)] == ["a", "c"]
    assert path.read_bytes().count(b"\n") == 2


def test_a_torn_line_longer_than_any_block_is_cut_off(tmp_path):
    path = journal_of(tmp_path / "samples.jsonl", record("a"), record("b", text="긴" * 100_000))
    path.write_bytes(path.read_bytes()[:-1000])
    mend(path)
    assert [line["id"] for line in kept(path)] == ["a"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\0" * 50,
        b'{"id": "b", "repeat": 0}',
        b'{"id": "b", "repeat": 0, "response"',
        b"[]",
        b"null",
        b"\xff\xfe",
        b'"b"',
    ],
)
def test_a_damaged_line_in_the_middle_is_passed_over(tmp_path, damage):
    first, last = (journal_of(tmp_path / name, record(name)).read_bytes() for name in "ac")
    path = tmp_path / "samples.jsonl"
    path.write_bytes(first + damage + b"\n" + last)
    mend(path)
    assert [line["id"] for line in kept(path)] == ["a", "c"]


def test_a_number_that_json_lacks_is_written_as_null(tmp_path):
    path = journal_of(tmp_path / "samples.jsonl", record(score=float("nan")))
    assert json.loads(path.read_text())["score"] is None


# Compaction

ORDER = {name: place for place, name in enumerate("abcd")}


@given(st.lists(st.tuples(st.sampled_from("abcdx"), st.integers(0, 2))))
def test_compaction_leaves_the_last_line_of_each_key_in_data_order(tmp_path_factory, keys):
    path = tmp_path_factory.mktemp("journal") / "samples.jsonl"
    journal_of(path, *(record(name, repeat, text=str(n)) for n, (name, repeat) in enumerate(keys)))
    last = {key: str(n) for n, key in enumerate(keys) if key[0] in ORDER}
    compact(path, ORDER, 3)
    found = [((r["id"], r["repeat"]), r["response"]["text"]) for r in kept(path)]
    assert found == sorted(last.items(), key=lambda item: (ORDER[item[0][0]], item[0][1]))
    once = path.stat()
    compact(path, ORDER, 3)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (once.st_ino, once.st_mtime_ns)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_compaction_removes_a_damaged_line(tmp_path, place):
    lines = journal_of(tmp_path / "samples.jsonl", record("a"), record("b")).read_bytes().splitlines(True)
    path = tmp_path / "samples.jsonl"
    path.write_bytes(b"".join([*lines[:place], b"{damaged}\n", *lines[place:]]))
    compact(path, ORDER, 1)
    assert path.read_bytes() == b"".join(lines)


def test_compaction_leaves_nothing_beside_the_journal(tmp_path):
    path = journal_of(tmp_path / "samples.jsonl", record("b"), record("a"))
    (tmp_path / ".samples.jsonl.new").write_text("what a killed process left")
    compact(path, ORDER, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["samples.jsonl"]


# run.json


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema_version": 3}', "written by a later harness; update this one"),
        ('{"schema_version": "1"}', "not the run.json of a run"),
        ('{"schema_version": null}', "not the run.json of a run"),
        ("{}", "not the run.json of a run"),
        ("[1]", "not the run.json of a run"),
        ('{"schema_version": 1', "not JSON"),
        ("", "not JSON"),
    ],
)
def test_a_run_that_cannot_be_read_is_refused_in_one_line(tmp_path, content, message):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(BadInput, match=message) as caught:
        read_run(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "run.json") in str(caught.value)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"no run\.json"):
        read_run(tmp_path)


def test_a_nan_becomes_null_in_run_json(tmp_path):
    run = read_run(fake_run(tmp_path))
    run.metrics["accuracy"].value, run.throughput.examples_per_s = float("nan"), float("inf")
    run_file.write_run(tmp_path, run)
    written = json.loads((tmp_path / "run.json").read_text())
    assert written["metrics"]["accuracy"]["value"] is None
    assert written["throughput"]["examples_per_s"] is None


def test_a_directory_name_is_one_that_windows_allows():
    assert set(run_file.directory_name("f" * 64)) <= set(string.ascii_letters + string.digits + "-")


@posix
def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(b"before")
    code = f"""
import resource
from pathlib import Path
from harness.records.atomic import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_atomically(Path({str(path)!r}), b"x" * 5000)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert "Stopped" in done.stderr
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


@posix
def test_a_line_that_a_full_disk_took_half_of_is_taken_back(tmp_path):
    import resource

    path = tmp_path / "samples.jsonl"
    journal = Journal(path)
    journal.append(record("a"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Stopped, match="what was answered is kept"):
            journal.append(record("b", text="긴" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes().endswith(b"}\n")
    journal.append(record("c"))
    journal.close()
    assert [line["id"] for line in kept(path)] == ["a", "c"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_cannot_be_written_stops_the_run_resumably(tmp_path, number):
    with pytest.raises(Stopped, match="the same command goes on") as caught, atomic.disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert os.strerror(number) in str(caught.value)


# One writer


def test_a_second_writer_is_told_who_holds_the_directory(tmp_path):
    with Lock(tmp_path), pytest.raises(BadInput, match=f"held by process {os.getpid()} on "):
        Lock(tmp_path)
    Lock(tmp_path).release()


def test_a_refused_writer_leaves_the_holders_name_alone(tmp_path):
    with Lock(tmp_path):
        for _ in range(2):
            with pytest.raises(BadInput, match=f"process {os.getpid()} "):
                Lock(tmp_path)


def test_the_lock_of_a_killed_process_is_gone(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from harness.records.lock import Lock
lock = Lock(Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], timeout=PATIENCE)
    assert done.returncode == -signal.SIGKILL
    Lock(tmp_path).release()
