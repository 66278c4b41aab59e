"""Hostile programs in a real sandbox: each has an outcome, and leaves machine and harness as they were."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from harness.execution import sandboxes
from harness.execution.limits import Limits
from harness.execution.worker import Worker
from tests.support.hostile_programs import HOSTILE, Hostile

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="sandboxes are Linux's")
LIMITS = Limits(cpu=1, wall=20.0, memory=512 << 20)
QUICK = [one for one in HOSTILE if one.outcomes != ("timeout",)]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the user's, which no program may read or change."""
    path = tmp_path_factory.mktemp("home") / "diary.txt"
    path.write_text("mine")
    return path


@pytest.fixture(scope="module")
def port():
    """The port of a server on this machine, which nobody may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server.getsockname()[1]
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.fixture(scope="module")
def unshared(marked: Path):
    """A sandbox of our own namespaces; where there can be none, the tests fail."""
    os.environ["SECRET"] = "SECRET"
    with Worker(sandboxes.UNSHARE, LIMITS) as worker:
        yield worker
    del os.environ["SECRET"]
    assert marked.read_text() == "mine"


def test_namespaces_of_our_own_can_be_had_here():
    """Not skipped: without isolation nothing below would say anything."""
    assert sandboxes.obstacle(sandboxes.UNSHARE) is None


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_it_ends_with_an_outcome_of_its_own(hostile: Hostile, unshared: Worker, marked: Path, port: int):
    """And the next program finds a sandbox that is as good as new."""
    _holds(hostile, unshared, marked, port)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_bubblewrap_holds_them_too(marked: Path, port: int):
    """The same programs, but for those that take their time."""
    assert sandboxes.obstacle(sandboxes.BUBBLEWRAP) is None
    with Worker(sandboxes.BUBBLEWRAP, LIMITS) as worker:
        for hostile in QUICK:
            _holds(hostile, worker, marked, port)


def _holds(hostile: Hostile, worker: Worker, marked: Path, port: int) -> None:
    source = hostile.source.replace("{marked!r}", repr(str(marked))).replace("{port}", str(port))
    verdict = worker.run(source)
    assert verdict.outcome in hostile.outcomes, (hostile.name, verdict)
    after = worker.run(
        "import os\nprint(sorted(p for p in os.listdir('/proc') if p.isdecimal())[0], os.listdir('.'))"
    )
    assert (after.outcome, after.output) == ("passed", "1 []\n"), (hostile.name, after)


def test_nothing_of_the_machine_was_written(unshared: Worker):
    """What a program makes is gone with it, and was never on a disk."""
    assert unshared.run("open('/tmp/harness-was-here', 'w').write('x')").passed
    assert not Path("/tmp/harness-was-here").exists()
