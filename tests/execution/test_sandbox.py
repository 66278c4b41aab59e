"""The sandbox as the harness sees it: verdicts, a worker that dies, no sandbox at all, who may use one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from harness.errors import BadInput, Unavailable
from harness.execution import sandboxes
from harness.execution.limits import Limits
from harness.execution.pool import Pool
from harness.execution.unconfined import Unconfined
from harness.execution.worker import Worker

LIMITS = Limits(cpu=1, wall=20.0)
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture(scope="module")
def pool():
    """Two warm sandboxes of the kind that works here."""
    found = Pool(sandboxes.chosen(), LIMITS, 2)
    yield found
    found.close()


def test_the_traceback_shows_the_line_of_the_program(pool: Pool):
    verdict = pool.submit("x = 1\nassert x == 2, 'no'").result()
    assert verdict.outcome == "failed"
    assert "line 2" in verdict.error
    assert "assert x == 2" in verdict.error


def test_what_is_printed_is_kept_and_is_no_verdict(pool: Pool):
    verdict = pool.submit("print('안녕')").result()
    assert (verdict.outcome, verdict.output) == ("passed", "안녕\n")


def test_a_program_does_not_see_the_one_before_it(pool: Pool):
    source = "import builtins, os\nassert not hasattr(builtins, 'left')\nbuiltins.left = 1\nopen('left', 'x')"
    assert [pool.submit(source).result().outcome for _ in range(4)] == ["passed"] * 4


def test_several_programs_run_at_once(pool: Pool):
    slow = "import time\ntime.sleep(0.2)\nprint(time.monotonic())"
    ends = [float(one.result().output) for one in [pool.submit(slow) for _ in range(2)]]
    assert abs(ends[0] - ends[1]) < 0.2


def test_a_sandbox_that_dies_is_a_failure_with_a_reason_and_the_next_program_gets_a_new_one():
    with Worker(sandboxes.chosen(), LIMITS) as worker:
        assert worker.run("pass").passed
        assert worker._process is not None
        killer = threading.Timer(0.3, os.kill, (worker._process.pid, signal.SIGKILL))
        killer.start()
        verdict = worker.run("import time\ntime.sleep(15)")
        killer.join()
        assert (verdict.outcome, verdict.error.split(":")[0]) == (
            "sandbox",
            f"the sandbox ({sandboxes.chosen()}) died",
        )
        assert worker.run("pass").passed


def test_a_sandbox_that_does_not_exist_is_named():
    with pytest.raises(BadInput, match="Did you mean"):
        sandboxes.chosen("bubblewarp")


def test_where_none_works_it_is_refused_with_what_would_help(monkeypatch):
    monkeypatch.setattr(sandboxes, "obstacle", lambda name: "Operation not permitted")
    with pytest.raises(Unavailable, match="apparmor_restrict_unprivileged_userns") as refused:
        sandboxes.chosen()
    assert "--sandbox none" in str(refused.value)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("assert 1 == 1", "passed"),
        ("assert 1 == 2", "failed"),
        ("import os\nos._exit(0)", "raised"),
        ("def f(:", "syntax"),
        ("x = bytearray(4 << 30)", "memory"),
    ],
)
def test_without_a_sandbox_the_verdicts_are_the_same(source: str, outcome: str):
    assert Unconfined(LIMITS).run(source).outcome == outcome


def test_without_a_sandbox_an_endless_loop_ends():
    assert Unconfined(Limits(cpu=1, wall=3.0)).run("while True: pass").outcome == "timeout"


@pytest.mark.skipif(
    os.name != "posix" or os.getuid() != 0 or not SYSTEM_PYTHON.exists(),
    reason="needs root and a Python for all",
)
def test_an_ordinary_user_has_a_sandbox_too():
    """By the system's Python, since this one may lie where nobody else can read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        package = Path(sandboxes.__file__).parents[1]
        shutil.copytree(
            package, Path(folder, "harness"), ignore=shutil.ignore_patterns("__pycache__", "_data")
        )
        code = (
            f"import sys; sys.path.insert(0, {folder!r})\n"
            "from harness.execution.worker import Worker\nfrom harness.execution.limits import Limits\n"
            "with Worker('unshare', Limits()) as w:\n"
            "    print(w.run('import os; print(os.getuid())').output.strip())\n"
            '    print(w.run(\'open("/x", "w")\').outcome)'
        )
        told = subprocess.run(
            [str(SYSTEM_PYTHON), "-c", code],
            user=1000,
            group=1000,
            extra_groups=[],
            capture_output=True,
            text=True,
        )
    assert told.stdout == "1000\nraised\n", told.stderr
