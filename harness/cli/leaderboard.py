"""`harness leaderboard`: runs ranked, a row a system, a column a task."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import format_named, hand_over, show, warn
from harness.errors import BadInput
from harness.options.flags import Flag
from harness.options.shared import GroupOf, Lang, Out, Runs, RunsDir, SortBy

if TYPE_CHECKING:
    from harness.reports.leaderboard.board import Board
    from harness.reports.run import Run
    from harness.reports.writers.blocks import Block

FORMATS = ("md", "html", "csv", "json", "latex")
READ_BY_PROGRAMS = ("csv", "json")  # in English, whatever language people are spoken to in


def leaderboard(
    runs: Runs = None,
    format: Annotated[
        str | None,
        Flag(
            "--format -f",
            metavar="NAME",
            help="md, html, csv, json or latex; as FILE ends, else md",
            ko="md, html, csv, json, latex; 없으면 파일 이름의 끝을 따르고, 그것도 없으면 md",
        ),
    ] = None,
    out: Out = None,
    group: GroupOf = None,
    sort: SortBy = None,
    by: Annotated[
        str | None,
        Flag(
            "--by",
            metavar="BREAKDOWN",
            help="the figures by group, such as category",
            ko="범주 같은 갈래별로 본 수치",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        Flag(
            "--baseline",
            metavar="SYSTEM",
            help="add ms an example and speed-up over this one",
            ko="예제당 밀리초와 이 시스템 대비 속도를 더함",
        ),
    ] = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Rank runs: a row a system, a column a task, with intervals.

    A run that is broken is left out or not ranked, and named on stderr; one that you name yourself is a
    mistake.
    """
    from harness.reports.leaderboard.board import board
    from harness.reports.run import load
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    if by and kind in READ_BY_PROGRAMS:
        raise BadInput(f"--by is a table to be read; {kind} has every figure anyway")
    if by and baseline:
        raise BadInput("--by breaks figures down and tells no speed; leave out --baseline")
    with language("en" if kind in READ_BY_PROGRAMS else lang):
        entries = load(runs or [runs_dir], warn)
        found = board(entries, warn, group=group, sort=sort, baseline=baseline)
        hand_over(_rendered(found, entries, kind, by), out)
    return 0


def _rendered(found: Board, entries: Sequence[Run], kind: str, by: str | None) -> str | list[Block]:
    import orjson

    from harness.reports.leaderboard import breakdowns, render, robustness

    if kind == "csv":
        return render.as_csv(found)
    if kind == "json":
        return orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    shown: list[Block] = []
    shown += breakdowns.blocks(found, by) if by else render.blocks(found)
    shown += [] if by else robustness.blocks(entries, warn)
    return shown if kind == "md" else render.written(shown, kind)


def print_board(found: Iterable[Run], named: Collection[str] = ()) -> None:
    """Print the leaderboard of these runs, with the scores of the groups that were `named`."""
    from harness.reports.leaderboard import render, robustness
    from harness.reports.leaderboard.board import board

    entries = list(found)
    show([*render.blocks(board(entries, warn, named=named)), *robustness.blocks(entries, warn)])
