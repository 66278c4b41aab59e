"""How a command ends: an exit code by kind, one line on stderr, and never a traceback nobody asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import errors
from harness.backends import backend as backends
from harness.cli import output
from harness.errors import HarnessError, Interrupted
from harness.evaluation import grid, grid_loop
from harness.evaluation.interrupts import SIGNALS
from harness.evaluation.plan import Plan
from harness.evaluation.runner import Outcome
from harness.records.run_file import read_run
from tests.support.fake_runs import fake_run

RUN = ("run", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample", "--quiet")
TRY = ("try", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample", "--quiet")
TWO_INPUTS = """\
version: 1
description: two inputs
data: {format: jsonl, files: {test: x.jsonl}}
fields: {first: a, second: b, target: label}
options: {0: no, 1: yes}
ask: choose
templates: {plain: {query: "{{ first }} {{ second }}"}}
metrics: [accuracy]
"""

# What was typed, and what the one line must say.
MISTAKES = [
    (("rnu",), "No such command 'rnu'. Did you mean 'run'?"),
    (("--jsn",), "--jsn"),
    (("run", "--limt", "3"), "--limit"),
    (("run",), "-t TASK is missing; `harness list tasks`"),
    (("run", "-t", "nsmc_fewshot"), "-b BACKEND is missing; `harness list backends`"),
    (("run", "-t", "nsmc_fewshto", "-b", "tfidf"), "Did you mean 'nsmc_fewshot'?"),
    (("run", "-t", "nsmc_fewshot", "-b", "tfdif"), "Did you mean 'tfidf'?"),
    (("run", "-t", "nowhere.yaml", "-b", "tfidf"), "no such task file"),
    ((*RUN, "--limit", "zero"), "should be a count such as 100, or a share such as 0.1"),
    ((*RUN, "--limit", "0"), "should be a count"),
    ((*RUN, "--shots", "many"), "--shots"),
    ((*RUN, "--repeat", "0"), "--repeat"),
    ((*RUN, "--template", "reveiw"), "Did you mean 'review'?"),
    ((*RUN, "--ask", "chose"), "Did you mean 'choose'?"),
    ((*RUN, "--split", "tset"), "Did you mean 'test'?"),
    ((*RUN, "-m", "colour=red"), "'colour': no such setting"),
    ((*RUN, "-m", "failure_rate=often"), "should be a number"),
    ((*RUN, "-m", "failure_rate"), "should be key=value"),
    ((*RUN, "-d", "temprature=1"), "Did you mean 'temperature'?"),
    ((*RUN, "-d", "temperature=-1"), "temperature"),
    ((*RUN, "--runs-dir", "file"), "--runs-dir file: file is a file"),
    ((*RUN, "--runs-dir", "file/below"), "--runs-dir file/below: file is a file"),
    ((*RUN, "--resume", "nowhere"), "--resume names the task and the backend"),
    (("run", "--resume", "nowhere"), "no run.json"),
    (("run", "-t", "nsmc_zeroshot", "-b", "dummy", "--data-dir", "nowhere"), "no such folder"),
    (("run", "-t", "broken", "-b", "dummy"), "broken.yaml:"),
    (("try", "-t", "nsmc_fewshot", "x"), "-b BACKEND is missing"),
    (("try", "-t", "pairs", "-b", "dummy", "x"), "the task has the inputs first, second"),
    (
        ("try", "-t", "nsmc_zeroshot", "-b", "dummy,random", "--sample", "x"),
        "try takes one task, one backend",
    ),
    ((*TRY, "--ask", "generate", "-d", "temperature=0,1", "x"), "one decoding"),
    (("list",), "tasks|backends|adapters|metrics|steps|exporters|runs"),
    (("list", "taks"), "Did you mean 'tasks'?"),
    (("list", "metrics", "--tag", "korean"), "metrics have no tags"),
    (("list", "runs", "--runs-dir", "file"), "file"),
    (("show",), "TASK|BACKEND|RUN"),
    (("show", "tfdif"), "Did you mean 'tfidf'?"),
    (("show", "nowhere.yaml"), "nowhere.yaml"),
    (("show", "tfidf", "-n", "2"), "tfidf is a backend"),
    (("check", "nowhere.yaml"), "nowhere.yaml"),
    (("leaderboard",), "no runs in runs; `harness run` makes them"),
    (("leaderboard", "nowhere"), "no such directory: nowhere"),
    (("leaderboard", "made", "--format", "jsn"), "Did you mean 'json'?"),
    (("leaderboard", "made", "--out", "x.pdf"), "--out x.pdf: no such format"),
    (("leaderboard", "made", "--out", "file/x.md"), "--out file/x.md: "),
    (("leaderboard", "made", "--sort", "acuracy"), "Did you mean 'accuracy'?"),
    (("leaderboard", "made", "--group", "koran"), "Did you mean 'korean'?"),
    (("rescore",), "RUN"),
    (("rescore", "nowhere"), "no such directory: nowhere"),
    (("rescore", "empty"), "no runs in empty"),
    (("rescore", "made"), "no samples.jsonl to score"),
    (("init", "file"), "file"),
    (("doctor", "now"), "now"),
]


@pytest.fixture
def project(shell):
    """A project with a file, an empty folder, a broken task, one with two inputs, and a run."""
    shell.write("file", "")
    shell.write("empty/file", "")
    shell.write("tasks/broken.yaml", "version: 1\nask: choose\nmetrics: [acuracy]\n")
    shell.write("tasks/pairs.yaml", TWO_INPUTS)
    fake_run(shell.home / "made")
    return shell


@pytest.mark.parametrize(("typed", "told"), MISTAKES, ids=[" ".join(typed) for typed, _ in MISTAKES])
def test_a_mistake_is_told_in_one_line_and_ends_in_2(project, typed, told):
    said = project(*typed)
    assert (said.code, said.out) == (2, "")
    assert said.complaint.startswith("harness: ")
    assert told in said.complaint


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ((*RUN[:3], "-b", "huggingface", "--sample"), "names no model: add -m model=DIRECTORY_OR_ID"),
        ((*RUN[:3], "-b", "exaone", "--sample"), "--trust-remote-code"),
        ((*TRY[:3], "-b", "exaone", "--sample", "x"), "--trust-remote-code"),
        (("run", "-t", "nsmc_zeroshot", "-b", "dummy", "--offline"), "--offline forbids downloading"),
    ],
)
def test_what_cannot_work_here_ends_in_3(shell, monkeypatch, typed, told):
    monkeypatch.setattr(backends, "_version", lambda package: (5, 23))  # before EXAONE was its own
    said = shell(*typed)
    assert (said.code, said.out) == (3, "")
    assert told in said.complaint


def test_too_many_failures_end_in_4_and_say_how_to_go_on(shell):
    said = shell(*RUN, "-m", "failure_rate=0.5")
    assert said.code == 4
    assert "failed, more than --max-failures 0.01" in said.complaint
    assert "the same command asks them again" in said.complaint


def test_a_dead_backend_stops_no_other_and_ends_in_3(shell):
    said = shell(*RUN[:3], "-b", "huggingface,dummy", "--sample", "--quiet")
    assert said.code == 3
    assert "dummy" in said.out
    assert "huggingface names no model" in said.complaint


def test_the_gravest_ending_is_the_grids(shell):
    said = shell(*RUN[:3], "-b", "dummy,exaone", "--sample", "--quiet", "-m", "failure_rate=0.5")
    assert said.code == 2  # exaone's adapter has no such setting: found before anything was run
    said = shell(*RUN, "-m", "failure_rate=0,0.5")
    assert said.code == 4


def test_an_interrupt_before_the_first_question_ends_in_130(shell, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grid_loop, "execute", interrupted)
    assert shell(*RUN).code == 130


def test_an_interrupt_ends_the_whole_grid(shell, monkeypatch):
    directory = fake_run(shell.home, "majority")
    asked = []

    def interrupted(plan: Plan, *_: object) -> Outcome:
        asked.append(plan.backend.name)
        return Outcome(directory, read_run(directory), Interrupted("stopped; the same command goes on"))

    monkeypatch.setattr(grid_loop, "execute", interrupted)
    said = shell(*RUN[:3], "-b", "majority,random", "--sample", "--quiet")
    assert (said.code, asked) == (130, ["majority"])
    assert "stopped; the same command goes on" in said.complaint
    assert "majority" in said.out


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_while_it_runs_ends_in_130_with_what_there_is(tmp_path):
    command = [sys.executable, "-m", "harness", *RUN[:-1], "-m", "latency_ms=30"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in tmp_path.glob("runs/*/*/*/samples.jsonl")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "(sample)" in out
    assert "partial" in out
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_command_that_asks_nothing_is_interrupted_in_one_line_by_any_signal(tmp_path, number):
    command = [sys.executable, "-m", "harness", "try", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample"]
    keyboard, terminal = os.openpty()
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=terminal, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        while "Ctrl-D ends" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    os.close(terminal)
    os.close(keyboard)
    assert process.returncode == 130
    assert told.splitlines() == ["harness: interrupted"]


@pytest.mark.parametrize("code", [2, 3, 4, 130])
def test_every_kind_of_error_has_its_own_code(shell, monkeypatch, code):
    kinds = {kind.exit_code: kind for kind in HarnessError.__subclasses__()}

    def broken(*_: object) -> None:
        raise kinds[code]("it is so")

    monkeypatch.setattr(grid, "plans", broken)
    said = shell(*RUN)
    assert (said.code, said.complaint) == (code, "harness: it is so")


def test_a_fault_of_ours_is_one_line_and_no_regression(shell, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(grid, "plans", broken)
    said = shell(*RUN)
    assert said.code == errors.Unavailable.exit_code
    assert said.complaint.startswith("harness: a fault of the harness itself: ZeroDivisionError")


@pytest.mark.parametrize("where", [0, 1, 4])
def test_debug_shows_the_traceback_and_changes_no_code(shell, where):
    typed = ["run", "-t", "nowhere", "-b", "dummy"]
    typed.insert(where, "--debug")
    said = shell(*typed)
    assert said.code == 2
    assert "Traceback" in said.err
    assert said.err.splitlines()[-1].startswith("harness: no task is called 'nowhere'")


def test_a_path_is_never_broken_in_two(tmp_path):
    """In a terminal of 40 columns too."""
    folder = tmp_path / ("a-folder-with-a-long-name-" * 3)
    done = subprocess.run(
        [sys.executable, "-m", "harness", "leaderboard", str(folder)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "40"},
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"harness: no such directory: {folder};")


@pytest.mark.parametrize("say", [output.fail, output.warn])
def test_a_complaint_is_one_line_and_harmless_to_the_terminal(capsys, say):
    say("a  path/with\x1b[31mred\nand\u202emore")
    err = capsys.readouterr().err
    assert err.rpartition(": ")[2] == "a  path/with\\x1b[31mred and\\u202emore\n"


def test_a_reader_that_has_enough_is_no_error(tmp_path):
    for number in range(300):
        path = tmp_path / "backends" / f"b{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"adapter: dummy\ndescription: {'x' * 400}\n")
    with subprocess.Popen(
        [sys.executable, "-m", "harness", "list", "backends"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("name")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    "typed",
    [("--help",), ("list", "metrics"), ("show", "nsmc_zeroshot", "--sample", "-n", "200", "-b", "dummy")],
    ids=" ".join,
)
def test_a_reader_that_is_gone_is_no_error(typed):
    """Little output is not written before the end, when Python itself would complain."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "harness", *typed],
        stdout=write,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_under_stdout_is_told_in_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness", "list", "tasks"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "harness: cannot write to standard output: No space left on device\n"
