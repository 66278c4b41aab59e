"""The file of kept answers: many writers, a kill, a damaged file, a full disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.evaluation.wrappers.answer_store import Store

WRITER = """
import sys
from pathlib import Path
from harness.evaluation.wrappers.answer_store import Store

place, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Store(place) as store:
    for number in range(count):
        store.put(f"{name} {number}".encode(), b"answer " + name.encode(), backend=name, model="m")
        print(number, flush=True)
"""


def writer(place: Path, name: str, count: int) -> subprocess.Popen:
    """Start a process that keeps `count` answers, and prints the number of each that is kept."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(place), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "answers.sqlite"


def test_what_is_kept_is_there_for_whoever_opens_the_file_next(place):
    with Store(place) as store:
        store.put(b"k", b"answer", backend="a", model="m")
    with Store(place) as store:
        assert store.get(b"k") == b"answer"
        assert store.get(b"other") is None


def test_the_first_answer_stays(place):
    with Store(place) as store:
        store.put(b"k", b"first", backend="a", model="m")
        store.put(b"k", b"second", backend="a", model="m")
        assert store.get(b"k") == b"first"


def test_eight_processes_write_a_thousand_answers_each(place):
    writers = [writer(place, f"w{number}", 1000) for number in range(8)]
    said = [process.communicate() for process in writers]
    assert [process.returncode for process in writers] == [0] * 8
    assert {errors for _, errors in said} == {""}
    with Store(place) as store:
        assert [(row.backend, row.answers) for row in store.kept()] == [(f"w{n}", 1000) for n in range(8)]


def test_what_was_kept_before_a_kill_is_kept(place):
    with writer(place, "w", 100_000) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with Store(place) as store:
        assert all(store.get(f"w {int(line)}".encode()) for line in lines)
        store.put(b"after", b"it goes on", backend="w", model="m")


def test_a_damaged_file_is_set_aside_with_one_warning(place, capsys):
    place.parent.mkdir()
    place.write_bytes(b"this was never a database" * 200)
    with Store(place) as store:
        store.put(b"k", b"answer", backend="a", model="m")
        assert store.get(b"k") == b"answer"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: the answers kept so far cannot be read")
    (aside,) = place.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this was never")


def test_a_file_that_is_damaged_under_way_is_set_aside_too(place, capsys):
    with Store(place) as store:
        for number in range(500):
            store.put(b"k%d" % number, os.urandom(2000), backend="a", model="m")
    content = bytearray(place.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    place.write_bytes(content)
    with Store(place) as store:
        assert store.get(b"k7") is None
        store.put(b"k7", b"again", backend="a", model="m")
        assert store.get(b"k7") == b"again"
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_full_disk_costs_what_would_have_been_kept(place, capsys):
    with Store(place) as store:
        store.put(b"k", b"answer", backend="a", model="m")
        store._opened().execute("PRAGMA max_page_count = 1")  # SQLite's own way to be out of room
        for number in range(20):
            store.put(b"n%d" % number, os.urandom(5000), backend="a", model="m")
        assert store.get(b"k") is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: answers are not kept: ")
    assert "full" in line


def test_a_folder_that_cannot_be_made_costs_what_would_have_been_kept(tmp_path, capsys):
    (tmp_path / "file").touch()
    with Store(tmp_path / "file" / "answers.sqlite") as store:
        store.put(b"k", b"answer", backend="a", model="m")
        assert store.get(b"k") is None
        assert store.kept() == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_answers_are_removed_by_backend_and_by_age(place):
    with Store(place) as store:
        for backend in "ab":
            store.put(backend.encode(), b"x", backend=backend, model="m")
        with sqlite3.connect(place) as connection:
            connection.execute("UPDATE answers SET created = created - 1000 WHERE backend = 'a'")
        assert store.clear(backend="b", older_than=500) == 0
        assert store.clear(older_than=500) == 1
        assert [row.backend for row in store.kept()] == ["b"]
        assert store.clear() == 1
