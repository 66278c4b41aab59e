"""Signals at random moments of a fit, a run, its summing up, a rescoring, a report, a baseline's update."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzzing.directories import answers, metrics_of, status_of
from benchmarks.fuzzing.verdict import CODES, Broken, Executed, environment, harness
from tests.support.running import PATIENCE, Project, rows

ROWS = 60
RUN = ("run", "-t", "reviews", "--data-dir", "data", "-b")
COMMANDS: tuple[tuple[str, ...], ...] = (
    (*RUN, "nb"),  # fit, ask, compact
    (*RUN, "dummy", "-m", "latency_ms=5"),
    (*RUN, "dummy", "-m", "latency_ms=5"),
    (*RUN, "dummy"),
    ("rescore", "runs"),
    ("report", "--out", "site"),
    ("gate", "--update", "baseline.json"),
    ("push", "--to", "csv"),
    ("leaderboard", "--out", "board.html"),
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGKILL)


def prepared(home: Path) -> Project:
    """Return a project with one complete run, a baseline and a board."""
    project = Project(home)
    project.reviews(test=rows(ROWS))
    with environment(project.env):
        harness(home, *RUN, "dummy")
        for command in COMMANDS[5:]:
            harness(home, *command)
    return project


@dataclass
class Case:
    """One command that is sent one signal, or two, and then run again to its end."""

    seed: int
    home: Path
    executed: Executed
    mutations: list[str] = field(default_factory=list)

    def run(self, template: Path) -> None:
        """Run it.

        Raises:
            Broken: a promise did not hold.
        """
        draw = random.Random(self.seed)
        shutil.copytree(template, self.home)
        command = draw.choice(COMMANDS)
        sent = [draw.choice(SIGNALS) for _ in range(draw.choice((1, 1, 2)))]
        self.mutations = [" ".join(command), *(one.name for one in sent)]
        before = {path: metrics_of(path) for path in self._runs()}
        kept = self._answers()
        variables = {"HARNESS_CACHE": str(self.home / "cache"), "PYTHONPATH": str(Path.cwd())}
        with environment(variables, ["HARNESS_DATA"]):
            self._interrupted(command, sent, draw)
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

    def _interrupted(self, command: tuple[str, ...], sent: list[signal.Signals], draw: random.Random) -> None:
        words = [sys.executable, "-m", "harness", *command]
        with subprocess.Popen(
            words, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
        ) as process:
            for one in sent:
                time.sleep(draw.uniform(0, 2.5))
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
