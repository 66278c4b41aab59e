"""Runs as a user makes them: the command in a process of its own, in a project in a temporary folder.

    def test_something(tmp_path):
        project = Project(tmp_path)
        project.reviews(rows=20)
        done = project.harness("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data")
        assert done.returncode == 0
        assert said(project.only())["status"] == "complete"

`here` runs the same thing inside the test's own process, where that is enough: it is ten times faster.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from harness import cli, plugins
from harness.evaluation.grid import plans
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import Outcome, execute
from harness.options.running import RunOptions
from tests.support import forking

PATIENCE = 120.0  # seconds until a process that should have ended or gone on is given up

REVIEWS = """\
version: 1
description: Reviews written for a test
data:
  format: tsv
  files: {train: reviews/train.tsv, test: reviews/test.tsv}
fields: {id: id, input: document, target: label}
options: {0: 부정, 1: 긍정}
ask: choose
templates:
  plain: {query: "문장: {{ input }}\\n감정:"}
metrics: [accuracy, macro_f1, unanswered]
"""

# Dollars a million words make figures that can be worked out by hand.
METERED = """\
adapter: metered
choose_by: extract
decoding: {max_tokens: 10, temperature: 0}
price: {usd_per_mtok: {input: 1000, cached_input: 100, output: 4000}, source: a test, date: 2026-11-01}
"""

Row = tuple[str, str, str]


def rows(count: int, prefix: str = "r") -> list[Row]:
    """Return (id, document, label) rows, whose words tell their labels."""
    words = ("지루하고 별로", "정말 재미있다")
    return [(f"{prefix}{n:04}", f"{words[n % 2]} {n}", str(n % 2)) for n in range(count)]


class Project:
    """A folder with tasks, backends, data, runs and a cache of its own, and the command run in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.apart = False  # whether every command needs a process of its own, at three times the cost
        self.env = {**os.environ, "HARNESS_CACHE": str(home / "cache"), "HF_HUB_OFFLINE": "1"}
        self.env.pop("HARNESS_DATA", None)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
        return target

    def reviews(
        self, test: Iterable[Row] = rows(40), train: Iterable[Row] = rows(40, "t"), text: str = REVIEWS
    ) -> None:
        """Write the task `reviews` and its data, which `--data-dir data` finds."""
        self.write("tasks/reviews.yaml", text)
        for split, lines in (("train", train), ("test", test)):
            table = "".join("\t".join(line) + "\n" for line in [("id", "document", "label"), *lines])
            self.write(f"data/reviews/{split}.tsv", table)

    def install_rehearsal(self) -> None:
        """Install the plugin of `rehearsal.py` as a wheel would be, and a backend for each adapter."""
        about = "site/rehearsal-1.dist-info"
        self.write(f"{about}/METADATA", "Metadata-Version: 2.1\nName: rehearsal\nVersion: 1\n")
        self.write(f"{about}/entry_points.txt", "[harness]\nrehearsal = rehearsal\n")
        places = [str(self.home / "site"), str(Path(__file__).parent), self.env.get("PYTHONPATH", "")]
        self.env["PYTHONPATH"] = os.pathsep.join(filter(None, places))
        self.rehearsal_backends()

    def rehearsal_backends(self) -> None:
        """Write a backend for each adapter of `rehearsal.py`."""
        for name in ("rehearsal", "prepared", "learner", "absent", "bare"):
            self.write(f"backends/{name}.yaml", f"adapter: {name}\n")
        self.write("backends/metered.yaml", METERED)

    def harness(self, *arguments: object, cwd: Path | None = None, **how: Any) -> subprocess.CompletedProcess:
        """Run the command to its end: in this process, or in its own where it has to be `apart`.

        Options of `subprocess.run`, a plugin's place on PYTHONPATH and settings of the interpreter need that.
        """
        path = [env.get("PYTHONPATH") for env in (self.env, os.environ)]
        if not how and not self.apart and forking.can_run(self.env) and path[0] == path[1]:
            return self._within(list(map(str, arguments)), cwd or self.home)
        if not how and forking.can_run(self.env):
            words = list(map(str, arguments))
            return forking.run(words, cwd or self.home, self.env, 4 * PATIENCE)
        return subprocess.run(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=cwd or self.home,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=4 * PATIENCE,
            **how,
        )

    def _within(self, words: Sequence[str], cwd: Path) -> subprocess.CompletedProcess:
        """Run the command in this process: nothing that ends a process, or is read when one starts."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        code: Any = None
        with (
            contextlib.chdir(cwd),
            mock.patch.dict(os.environ, self.env, clear=True),
            mock.patch.object(sys, "argv", ["harness", *words]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                cli.main()
            except SystemExit as end:
                code = end.code
        assert isinstance(code, int)
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        return subprocess.CompletedProcess(words, code, *texts)

    @contextmanager
    def started(self, *arguments: object, stderr: Any = subprocess.PIPE) -> Iterator[Any]:
        """Start the command; it is killed at the end of the block if it is still there."""
        if forking.can_run(self.env):
            words = list(map(str, arguments))
            with forking.Forked(words, self.home, self.env, stderr=stderr) as forked:
                yield forked
            return
        with subprocess.Popen(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=self.home,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            encoding="utf-8",
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def killed_at(self, count: int, *arguments: object) -> None:
        """Run the command until the journal has `count` lines more, then kill it with SIGKILL."""
        before = self.journal_lines()
        with self.started(*arguments) as process:
            self.wait_for(process, lambda: self.journal_lines() >= before + count)
            process.send_signal(signal.SIGKILL)
            assert process.wait(PATIENCE) == -signal.SIGKILL

    def wait_for(self, process: subprocess.Popen, ready: Callable[[], bool]) -> None:
        """Wait until `ready`, as long as the process lives."""
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < deadline, "it does not get ready"
            time.sleep(0.002)

    def journal_lines(self) -> int:
        """Return the number of lines in the journals of the project."""
        return sum(path.read_bytes().count(b"\n") for path in self.home.glob("runs/*/*/*/samples.jsonl"))

    def runs(self, where: str = "runs") -> list[Path]:
        """Return the run directories, the one that was written last at the end."""
        found = self.home.glob(f"{where}/*/*/*/run.json")
        return [path.parent for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def only(self, where: str = "runs") -> Path:
        """Return the one run directory."""
        (directory,) = self.runs(where)
        return directory


def said(directory: Path) -> dict[str, Any]:
    """Return `run.json`, which must be JSON as the standard has it: without NaN and Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads((directory / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)


def records_of(directory: Path) -> list[dict[str, Any]]:
    """Return the journal's records, every line whole."""
    return [json.loads(line) for line in (directory / "samples.jsonl").read_bytes().splitlines()]


def keys_of(directory: Path) -> list[tuple[str, int]]:
    """Return (id, repeat) of each line of the journal."""
    return [(record["id"], record["repeat"]) for record in records_of(directory)]


def outcome(directory: Path) -> dict[str, Any]:
    """Return all that a run found out, and nothing of how long it took or how often it was stopped."""
    run = said(directory)
    figures = ("status", "fingerprint", "metrics", "counts", "confusion", "unanswered_because", "usage")
    kept = ("id", "repeat", "request", "prediction", "target", "scores")
    return {
        **{key: run[key] for key in figures},
        "records": [{key: record[key] for key in kept} for record in records_of(directory)],
    }


def doubled(directory: Path) -> list[tuple[str, int]]:
    """Return the (id, repeat) that the journal holds more than once."""
    return [key for key, count in Counter(keys_of(directory)).items() if count > 1]


def one_line(done: subprocess.CompletedProcess) -> str:
    """Return the one line that the command complained in."""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("harness: ")]
    assert "Traceback" not in done.stderr
    return line


@contextmanager
def rehearsing() -> Iterator[None]:
    """Let this process know the adapters of `rehearsal.py`."""
    from tests.support import rehearsal

    plugins.register(rehearsal, "rehearsal")
    try:
        yield
    finally:
        plugins.unregister("rehearsal")


def here(
    project: Project,
    backend: str = "dummy",
    settings: Mapping[str, Any] | None = None,
    task: str = "reviews",
    **options: Any,
) -> Outcome:
    """Run one task in this process, in the project's folder."""
    ((_, done),) = all_here(project, backend, settings, task, **options)
    return done


def all_here(
    project: Project,
    backend: str | Sequence[str],
    settings: Mapping[str, Any] | None = None,
    task: str = "reviews",
    **options: Any,
) -> list[tuple[Plan, Outcome]]:
    """Run every plan of the options in this process, in the project's folder."""
    with (
        contextlib.chdir(project.home),
        mock.patch.dict(os.environ, HARNESS_CACHE=project.env["HARNESS_CACHE"]),
    ):
        about = {"data_dir": "data", "runs_dir": project.home / "runs", "settings": settings}
        ready, _ = plans(RunOptions(task, backend, **about, **options), lambda message: None)
        return [(plan, execute(plan, Quiet())) for plan in ready]
