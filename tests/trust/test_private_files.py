"""Files that hold prompts are their user's alone, in runs and caches; what kills leave there is swept."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import ModelServer
from tests.support.running import Project, here, rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)

OTHER = 12345  # a user who is not this one


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(test=rows(6), train=rows(12, "t"))
    return project


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def asked(project: Project, server: ModelServer, *more: str):
    """Ask the server all, as a run that keeps its answers in the cache."""
    settings = ("-m", "model=tiny", "-m", f"base_url={server.url}", "--fresh", "-q", "--no-latency")
    return project.harness(
        "run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", *settings, *more
    )


def test_a_run_directory_is_its_users_alone(project):
    here(project)
    assert project.harness("rescore", project.only()).returncode == 0
    assert mode(project.only()) == 0o700
    assert {path.name: oct(mode(path)) for path in project.only().iterdir() if mode(path) != 0o600} == {}


def test_a_run_that_its_user_shares_stays_shared(project):
    directory = here(project).directory
    directory.chmod(0o750)
    for path in directory.iterdir():
        path.chmod(0o640)
    assert project.harness("rescore", directory).returncode == 0
    assert mode(directory) == 0o750
    assert {mode(path) for path in directory.iterdir() if path.name != ".lock"} == {0o640}


def test_the_answers_in_the_cache_are_their_users_alone(project):
    with ModelServer() as server:
        assert asked(project, server).returncode == 0
    kept = list((project.home / "cache").glob("answers.sqlite*"))
    assert kept
    assert {mode(path) for path in kept} == {0o600}


def test_answers_that_an_older_harness_left_open_are_closed(project):
    with ModelServer() as server:
        assert asked(project, server).returncode == 0
        (project.home / "cache" / "answers.sqlite").chmod(0o644)
        assert asked(project, server).returncode == 0
    assert mode(project.home / "cache" / "answers.sqlite") == 0o600
    assert len(server.seen) == 6  # and are used


@as_root
@pytest.mark.parametrize("name", ["answers.sqlite", "answers.sqlite-wal"])
def test_answers_of_another_user_are_not_believed(project, name):
    with ModelServer() as server:
        assert asked(project, server).returncode == 0
        planted = project.home / "cache" / name
        planted.touch()
        os.chown(planted, OTHER, OTHER)
        before = planted.read_bytes()
        done = asked(project, server)
        assert len(server.seen) == 12  # asked anew
    assert done.returncode == 0
    assert f"{name} belongs to another user; set HARNESS_CACHE" in done.stderr
    assert planted.read_bytes() == before


def test_answers_behind_a_link_are_not_believed(project):
    (project.home / "cache").mkdir()
    (project.home / "cache" / "answers.sqlite").symlink_to(project.home / "elsewhere")
    with ModelServer() as server:
        done = asked(project, server)
    assert done.returncode == 0
    assert "answers.sqlite is no plain file" in done.stderr
    assert not (project.home / "elsewhere").exists()


def test_a_fit_is_its_users_alone(project):
    here(project, "nb")
    (fit,) = (project.home / "cache" / "fits").iterdir()
    assert mode(fit) == 0o700


def age(folder: Path, seconds: float) -> None:
    """Let what is in a folder be that old."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (time.time() - seconds,) * 2)


def test_what_kills_left_in_the_fit_cache_is_swept(project):
    fits = project.home / "cache" / "fits"
    left = {
        ".0123abcd.4242": 2 * 3600,  # a save that never ended
        ".0123abcd.4243": 60,  # one that may be under way
        "4567abcd.checkpoint": 31 * 86400,  # a training that nobody came back for
        "89ababcd.checkpoint": 86400,  # one that somebody may
    }
    for name, seconds in left.items():
        (fits / name).mkdir(parents=True)
        (fits / name / "weights").write_text("half")
        age(fits / name, seconds)
    here(project, "nb")
    assert {path.name for path in fits.iterdir()} & left.keys() == {".0123abcd.4243", "89ababcd.checkpoint"}
