"""A run directory that somebody sent: links, pipes and second names in it are never followed or written."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from harness.records import lock, run_file
from tests.support.running import Project, here, rows
from tests.support.shell import Shell

PRECIOUS = "the only copy\n"
FILES = (
    lock.LOCK,
    run_file.SAMPLES,
    run_file.RUN,
    run_file.TASK,
    run_file.BACKEND,
    run_file.STATISTICS,
    ".run.json.new",
    ".samples.jsonl.new",
)
COMMANDS = {
    "rescore": ("rescore",),
    "resume": ("run", "--data-dir", "data", "--resume"),
    "show": ("show",),
    "leaderboard": ("leaderboard",),
    "report": ("report", "--out", "site"),
    "export": ("push", "--to", "csv", "-m", "out=table.csv", "-m", "samples=true"),
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with a run that was stopped half-way."""
    project = Project(tmp_path_factory.mktemp("stopped"))
    project.reviews(rows(10), rows(10, "t"))
    directory = here(project, "majority").directory
    run = directory / run_file.RUN
    run.write_text(run.read_text().replace('"complete"', '"partial"', 1))
    journal = directory / run_file.SAMPLES
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:5]))
    (directory / lock.LOCK).unlink()
    return project.home


@pytest.fixture
def sent(shell: Shell, stopped: Path) -> Path:
    """That run, its directory as somebody else may have packed it."""
    shutil.copytree(stopped, shell.home, dirs_exist_ok=True)
    (directory,) = (shell.home / "runs").glob("*/*/*")
    return directory


@pytest.fixture
def precious(shell: Shell) -> Path:
    """A file of the user's that no command is told of."""
    return shell.write("elsewhere/thesis.txt", PRECIOUS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_link_in_it_is_neither_followed_nor_written_through(shell, sent, precious, command, name):
    (sent / name).unlink(missing_ok=True)
    (sent / name).symlink_to(precious)
    said = shell(*COMMANDS[command], sent)
    assert precious.read_text() == PRECIOUS
    assert said.code == 2, said
    assert "is a link, which is not followed here" in said.err
    assert "Traceback" not in said.err
    assert PRECIOUS.strip() not in said.out + said.err


def test_a_link_whose_file_is_not_there_makes_none(shell, sent):
    (sent / lock.LOCK).unlink(missing_ok=True)
    (sent / lock.LOCK).symlink_to(shell.home / "autostart.sh")
    assert shell("rescore", sent).code == 2
    assert not (shell.home / "autostart.sh").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_it_hangs_nothing(shell, sent, name):
    (sent / name).unlink(missing_ok=True)
    os.mkfifo(sent / name)
    for command in ("rescore", "resume", "report"):
        said = shell(*COMMANDS[command], sent)
        assert said.code == 2, said
        assert "is no regular file" in said.err or "no run" in said.err


@pytest.mark.parametrize("name", [lock.LOCK, run_file.SAMPLES])
def test_a_file_with_a_second_name_is_not_written_in_place(shell, sent, precious, name):
    (sent / name).unlink(missing_ok=True)
    os.link(precious, sent / name)
    said = shell("run", "--data-dir", "data", "--resume", sent)
    assert said.code == 2
    assert "has a second name elsewhere" in said.complaint
    assert precious.read_text() == PRECIOUS


def test_among_others_it_is_left_out_and_named(shell, sent, precious):
    bad = sent.with_name(f"{sent.name}-bad")
    shutil.copytree(sent, bad)
    (bad / run_file.STATISTICS).unlink()
    (bad / run_file.STATISTICS).symlink_to(precious)
    said = shell("leaderboard")
    assert said.code == 0
    assert "majority" in said.out
    assert "left out" in said.err
    assert bad.name in said.err


def test_runs_are_not_written_where_a_link_below_the_runs_leads(shell, sent):
    away = shell.home / "away"
    away.mkdir()
    (shell.home / "other" / "reviews").mkdir(parents=True)
    (shell.home / "other" / "reviews" / "majority").symlink_to(away)
    asked = ("run", "-t", "reviews", "-b", "majority", "--data-dir", "data", "--runs-dir", "other")
    said = shell(*asked)
    assert said.code == 2
    assert "leads out of --runs-dir" in said.complaint
    assert not list(away.iterdir())


def bomb(path: Path, rows: int) -> None:
    """Write statistics of zeros that unpack to 8 bytes a row, a thousandth of which is kept."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 1), }" % rows
    head = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("metric:accuracy.npy", "w", force_zip64=True) as part,
    ):
        part.write(head)
        for _ in range(rows * 8 // 2**20):
            part.write(bytes(2**20))


def test_statistics_that_unpack_without_end_are_refused(shell, sent):
    shell("run", "--data-dir", "data", "--resume", sent)
    bomb(sent / run_file.STATISTICS, 3 * 2**30 // 16)  # 1.5 GiB out of 1.5 MB
    said = shell("leaderboard")
    assert said.code == 0
    assert "unpacks to more than 1024 MiB" in said.err


def test_and_those_that_only_say_that_they_are_endless(shell, sent):
    shell("run", "--data-dir", "data", "--resume", sent)
    with zipfile.ZipFile(sent / run_file.STATISTICS, "w") as archive:
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999, 1), }\n"
        head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        archive.writestr("metric:accuracy.npy", head)
    said = shell("leaderboard")
    assert said.code == 0
    assert "not a run's statistics" in said.err
