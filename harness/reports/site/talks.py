"""What judges said beside what was said: a page a task, its board of pairs, two systems side by side.

A judging is a run whose examples are replies: it tells of each who gave it and to which task. Its page is as
any run's; here its verdicts stand beside the replies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from harness.errors import BadInput
from harness.judging.arena import Arena, Rules, arena
from harness.judging.juries import is_jury
from harness.judging.votes import read_votes
from harness.reports.arena import render
from harness.reports.pictures import Chart
from harness.reports.writers.blocks import TableBlock

FOLDER = "talks"


class Page(Protocol):
    """What is asked of a run's page. `index` names its examples, None where it shows none."""

    @property
    def name(self) -> str:
        """Return the name of its file, which is its own."""

    @property
    def system(self) -> str:
        """Return the system's label."""

    @property
    def task(self) -> str:
        """Return the task's name."""

    @property
    def index(self) -> str | None:
        """Return the name of its examples' index."""

    @property
    def directory(self) -> Path:
        """Return the run's directory."""

    @property
    def groups(self) -> Mapping[str, str]:
        """Return what its first example is counted under."""


class Board(NamedTuple):
    """A rubric's judgements of pairs counted up: what was counted, tables and pictures."""

    rubric: str
    head: list[str]
    standings: TableBlock
    expected: TableBlock | None
    charts: list[Chart]


@dataclass
class Talk:
    """A task's replies and the judgings of them. `turned`: its examples are turns of conversations."""

    task: str
    runs: list[Page] = field(default_factory=list)
    judgings: list[Page] = field(default_factory=list)

    @property
    def turned(self) -> bool:
        """Return whether its examples are turns of conversations."""
        return any("turn" in run.groups for run in self.runs)

    def data(self) -> dict[str, Any]:
        """Return what the page's script reads: where examples and verdicts lie."""
        return {
            "runs": [
                {"name": one.name, "system": one.system, "index": one.index} for one in self.runs if one.index
            ],
            "judgings": [
                {
                    **{"judge": one.system, "rubric": one.task, "pairs": _of_pairs(one), "index": one.index},
                    **({"checklist": True} if "criterion" in one.groups else {}),
                }
                for one in self.judgings
                if one.index
            ],
        }

    def boards(self) -> list[Board]:
        """Return a board a rubric of pairs: its jury's, else over all its judges."""
        rubrics: dict[str, list[Path]] = {}
        pairs = [one for one in self.judgings if _of_pairs(one)]
        with_jury = {one.task for one in pairs if is_jury(one.system)}
        for one in pairs:
            if one.task not in with_jury or is_jury(one.system):
                rubrics.setdefault(one.task, []).append(one.directory)
        return [board for rubric, places in rubrics.items() if (board := _board(rubric, places))]


def judges(run: Page) -> str | None:
    """Return the task whose replies a run judges, None where it is no judging."""
    groups = run.groups
    return groups.get("task") if _of_pairs(run) or "system" in groups else None


def talks(runs: Sequence[Page]) -> dict[str, Talk]:
    """Return the tasks whose replies were judged, or are conversations; of each system the newest run.

    `runs` stand in the order in which they began.
    """
    judged: dict[str, list[Page]] = {}
    for run in runs:
        if (task := judges(run)) is not None:
            judged.setdefault(task, []).append(run)
    found: dict[str, Talk] = {}
    for run in runs:
        if judges(run) is None and ("turn" in run.groups or run.task in judged):
            talk = found.setdefault(run.task, Talk(run.task, judgings=judged.get(run.task, [])))
            talk.runs = [*(one for one in talk.runs if one.system != run.system), run]
    return found


def _of_pairs(run: Page) -> bool:
    return "first" in run.groups and "second" in run.groups


def _board(rubric: str, places: Sequence[Path]) -> Board | None:
    """Return the board; None where there is no verdict yet."""
    try:
        found: Arena = arena(read_votes(places), Rules())
    except BadInput:
        return None
    return Board(rubric, render.head(found), render.board(found), render.matrix(found), render.charts(found))
