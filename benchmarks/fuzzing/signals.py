"""Signals at random moments of a fit, a download, a run, its summing up, a rescoring, a report, an update.

Each command's time is measured first, and a signal comes at a random share of it. Four in five commands are
forked from a process that has imported what they need, so that moments are not spent on imports; the
fifth starts as a user's does.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.directories import answers, metrics_of, status_of
from benchmarks.fuzzing.verdict import CODES, Broken, Executed, environment, harness
from tests.support.forking import Forked
from tests.support.model_server import Asked, ModelServer, Reply, answer
from tests.support.running import PATIENCE, REVIEWS, Project, rows
from tests.support.servers import Handler, Server

COUNTED = "signals to a command that still ran"
ROWS, PIECES = 60, 8
RUN = ("run", "-t", "reviews", "--data-dir", "data", "-b")
COMMANDS: tuple[tuple[str, ...], ...] = (
    (*RUN, "nb"),  # fit, ask, compact
    (*RUN, "cnn_text", "-m", "epochs=3"),
    ("run", "-t", "fetched", "-b", "dummy"),
    (*RUN, "dummy", "-m", "latency_ms=5"),
    (*RUN, "served", "--concurrency", "8"),
    (*RUN, "dummy"),
    ("rescore", "runs"),
    ("report", "--out", "site"),
    ("gate", "--update", "baseline.json"),
    ("push", "--to", "csv"),
    ("leaderboard", "--out", "board.html"),
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGKILL)
SERVED = "adapter: openai\nmodel: tiny\nchat: true\nchoose_by: extract\nsettings: {{base_url: '{url}'}}\n"
FETCHED = """\
  files: {{train: reviews.tsv, test: reviews.tsv}}
  url:
    train: {{url: 'https://data.example/reviews.tsv', sha256: {sha256}}}
    test: {{url: 'https://data.example/reviews.tsv', sha256: {sha256}}}
"""


def prepared(home: Path) -> Project:
    """Return a project with one complete run, a baseline and a board; its servers stay to the end."""
    project = Project(home)
    project.reviews(test=rows(ROWS))
    server, models = Server(), ModelServer(script=_slowly)
    for one in (server, models):
        atexit.register(partial(one.__exit__, None, None, None))
        one.__enter__()
    project.write("backends/served.yaml", SERVED.format(url=models.url))
    body = (home / "data/reviews/test.tsv").read_bytes()
    server.answer("/reviews.tsv", partial(_in_pieces, body))
    data = FETCHED.format(sha256=hashlib.sha256(body).hexdigest())
    files = next(line for line in REVIEWS.splitlines(keepends=True) if line.startswith("  files:"))
    project.write("tasks/fetched.yaml", REVIEWS.replace(files, data))
    with environment(_variables(home) | {"HARNESS_MIRROR": server.url}, ["HARNESS_DATA"]):
        harness(home, *RUN, "dummy")
        for command in COMMANDS[-4:]:
            harness(home, *command)
    shutil.rmtree(home / "cache", ignore_errors=True)
    project.write("fuzz.json", json.dumps({"mirror": server.url, "seconds": _seconds(home, server.url)}))
    return project


def _seconds(template: Path, mirror: str) -> list[float]:
    """Return how long each command takes when nothing interrupts it."""
    found = []
    for command in COMMANDS:
        home = template.with_name("timed")
        shutil.copytree(template, home)
        with environment(_variables(home) | {"HARNESS_MIRROR": mirror}, ["HARNESS_DATA"]):
            with _started(command, home, forked=True) as process:
                began = time.monotonic()
                _, told = process.communicate(timeout=PATIENCE)
            found.append(round(time.monotonic() - began, 3))
        if process.returncode:
            raise Broken(f"{' '.join(command)}: {told}")
        shutil.rmtree(home)
    return found


def _variables(home: Path) -> dict[str, str]:
    places = {"HARNESS_CACHE": str(home / "cache"), "XDG_CONFIG_HOME": str(home / "config")}
    return {**places, "PYTHONPATH": str(Path.cwd()), "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}


def _slowly(asked: Asked) -> Reply:
    return [0.03, *answer(asked)]


def _in_pieces(body: bytes, handler: Handler) -> None:
    handler.start(200, Content_Length=len(body))
    for number in range(PIECES):
        handler.send(body[len(body) * number // PIECES : len(body) * (number + 1) // PIECES])
        handler.pause(0.03)


def _started(command: tuple[str, ...], home: Path, *, forked: bool) -> Any:
    """Start a command, by a fork or in an interpreter of its own."""
    if forked:
        return Forked(command, home, os.environ)
    words = [sys.executable, "-m", "harness", *command]
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(words, cwd=home, **streams)


@dataclass
class Case:
    """One command that is sent one signal, or two, and then run again to its end."""

    seed: int
    home: Path
    executed: Executed
    mutations: list[str] = field(default_factory=list)
    count: int = 0  # signals that somebody heard

    def run(self, template: Path) -> None:
        """Run it.

        Raises:
            Broken: a promise did not hold.
        """
        draw, known = random.Random(self.seed), json.loads((template / "fuzz.json").read_bytes())
        shutil.copytree(template, self.home)
        number, forked = draw.randrange(len(COMMANDS)), draw.random() < 0.8
        command, seconds = COMMANDS[number], known["seconds"][number] + (0.0 if forked else 0.6)
        sent = [draw.choice(SIGNALS) for _ in range(draw.choice((1, 1, 2)))]
        self.mutations = [" ".join(command), *(one.name for one in sent)]
        before = {path: metrics_of(path) for path in self._runs()}
        kept = self._answers()
        variables = _variables(self.home) | {"HARNESS_MIRROR": known["mirror"]}
        with environment(variables, ["HARNESS_DATA"]):
            moments = [draw.uniform(0, 1.05 * seconds), draw.uniform(0, 0.3)]
            with _started(command, self.home, forked=forked) as process:
                self._interrupted(process, sent, moments)
            self._check(before, kept)
            kept = self._answers()
            harness(self.home, *command)
            self._check(before, kept)
            if open_ := [path.name for path in self._runs() if status_of(path) != "complete"]:
                raise Broken(f"not complete in the end: {open_}")
            left = [path for path in self.home.rglob("*.new*") if path.parent.parent.name != "fits"]
            if left and signal.SIGKILL not in sent:
                raise Broken(f"left behind: {left}")

    def _runs(self) -> list[Path]:
        return [path.parent for path in self.home.glob("runs/*/*/*/run.json")]

    def _answers(self) -> dict[Path, dict[tuple[str, int], dict[str, object]]]:
        return {path: answers(path / "samples.jsonl") for path in self._runs()}

    def _interrupted(self, process: Any, sent: list[signal.Signals], moments: list[float]) -> None:
        for one, moment in zip(sent, moments, strict=False):
            time.sleep(moment)
            self.count += process.poll() is None
            process.send_signal(one)
        try:
            _, told = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Broken("it does not end") from None
        ended = (*CODES, *(-one for one in sent), *(128 + one for one in sent))
        if process.returncode not in ended:
            raise Broken(f"exit code {process.returncode}: {told[-500:]}")
        if "a fault of the harness" in told or ("Traceback" in told and "harness/cli" in told):
            raise Broken(told[-1500:])

    def _check(
        self, before: dict[Path, object], kept: dict[Path, dict[tuple[str, int], dict[str, object]]]
    ) -> None:
        for path, figures in before.items():
            if metrics_of(path) != figures:
                raise Broken(f"figures changed: {figures} {metrics_of(path)}")
        for path, lines in kept.items():
            now = answers(path / "samples.jsonl")
            if lost := [
                key for key, line in lines.items() if now.get(key, {}).get("response") != line["response"]
            ]:
                raise Broken(f"lost from the journal of {path.name}: {lost[:3]}")
        for name, end in (("baseline.json", "}"), ("board.html", "</html>")):
            if not (self.home / name).read_text(encoding="utf-8").rstrip().endswith(end):
                raise Broken(f"{name} is torn")
