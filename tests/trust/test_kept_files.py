"""Files that the user keeps are replaced whole: a disk that is full, or a kill, leaves what was there."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.records.user_files import replace_text, replacing
from tests.support.paths import ROOT
from tests.support.running import Project, here, one_line, rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and mounts")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(test=rows(400))
    here(project)
    return project


def here_too(project: Project) -> dict[str, str]:
    """Return the project's environment for a process that finds this very harness."""
    return project.env | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, mounted for the test."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> None:
    """Leave no page free on the disk: a file can begin there, and hold nothing."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)


WRITERS = {
    "gate --update": ("baseline.json", ("gate", "--update")),
    "gate --junit": ("junit.xml", ("gate", "--baseline", "good.json", "--junit")),
    "leaderboard --out": ("board.html", ("leaderboard", "--out")),
    "compare --out": ("compare.html", ("compare", "runs", "runs", "--out")),
    "push --to csv": ("samples.csv", ("push", "--to", "csv", "-m")),
    "push --to parquet": ("samples.parquet", ("push", "--to", "parquet", "-m")),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_leaves_the_file_that_was_there(project, small_disk, writer):
    name, command = WRITERS[writer]
    last = f"out={small_disk}" if command[-1] == "-m" else small_disk / name
    assert project.harness("gate", "--update", "good.json").returncode == 0
    kept = "what is committed\n" * 2000
    (small_disk / name).write_text(kept)
    fill(small_disk)
    done = project.harness(*command, last)
    assert done.returncode == 2
    assert "No space left" in one_line(done)
    assert (small_disk / name).read_text() == kept
    assert not list(small_disk.glob(".*"))


def test_a_kill_while_a_baseline_is_written_leaves_the_one_before(project):
    assert project.harness("gate", "--update", "baseline.json").returncode == 0
    before = (project.home / "baseline.json").read_bytes()
    code = (
        "import os, signal; from pathlib import Path; from harness.records.user_files import replacing\n"
        "with replacing(Path('baseline.json')) as beside:\n"
        "    beside.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.home,
        env=here_too(project),
        check=False,
    )
    assert done.returncode == -9
    assert (project.home / "baseline.json").read_bytes() == before
    (left,) = project.home.glob(".baseline.json.*.new")
    long_ago = time.time() - 7200
    os.utime(left, (long_ago, long_ago))
    assert project.harness("gate", "--update", "baseline.json").returncode == 0
    assert not left.exists()


def test_a_link_still_leads_to_the_file_that_is_written(tmp_path):
    real = tmp_path / "real.md"
    real.write_text("before")
    (tmp_path / "link.md").symlink_to(real)
    replace_text(tmp_path / "link.md", "after")
    assert (tmp_path / "link.md").is_symlink()
    assert real.read_text() == "after"


def test_a_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "shared.md"
    path.write_text("before")
    path.chmod(0o664)
    replace_text(path, "after")
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        replace_text(tmp_path / "new.md", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.md").stat().st_mode) == 0o640


def test_what_is_no_file_is_written_to_as_it_is(project):
    done = subprocess.run(
        [sys.executable, "-m", "harness", "leaderboard", "--out", "/dev/stdout"],
        cwd=project.home,
        env=here_too(project),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "dummy" in done.stdout


def test_what_breaks_while_it_is_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "kept").write_text("before")
    with contextlib.suppress(RuntimeError), replacing(tmp_path / "kept") as beside:
        beside.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "before"


def test_ctrl_c_while_the_command_is_still_loaded_shows_no_traceback():
    code = (
        "import builtins, sys\n"
        "load = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == 'harness.cli.output': raise KeyboardInterrupt\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "from harness.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "harness: interrupted\n")
