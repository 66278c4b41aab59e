"""`harness leaderboard` and `harness rescore`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import orjson

from harness.cli.output import fail, format_named, hand_over, print_json, warn
from harness.errors import BadInput, HarnessError
from harness.records import journal as records
from harness.reports.entries import Entry, load
from harness.reports.leaderboard import breakdowns, render
from harness.reports.leaderboard.board import Board, board
from harness.reports.writers.translations import language
from harness.scoring.rescore import rescore

FORMATS = ("md", "html", "csv", "json", "latex")
READ_BY_PROGRAMS = ("csv", "json")  # in English, whatever language people are spoken to in


def leaderboard_command(
    runs: list[Path],
    runs_dir: Path,
    *,
    format: str | None,
    out: Path | None,
    group: str | None,
    sort: str | None,
    by: str | None = None,
    baseline: str | None = None,
    lang: str | None = None,
) -> int:
    """Print or write the leaderboard of the runs."""
    kind = format_named(format, out, FORMATS)
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    if by and kind in READ_BY_PROGRAMS:
        raise BadInput(f"--by is a table to be read; {kind} has every figure anyway")
    if by and baseline:
        raise BadInput("--by breaks figures down and tells no speed; leave out --baseline")
    with language("en" if kind in READ_BY_PROGRAMS else lang):
        found = board(load(runs or [runs_dir], warn), warn, group=group, sort=sort, baseline=baseline)
        text = _rendered(found, kind, by)
    hand_over(text, out)
    return 0


def _rendered(found: Board, kind: str, by: str | None) -> str:
    if kind == "csv":
        return render.as_csv(found)
    if kind == "json":
        return orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    return render.written(breakdowns.blocks(found, by) if by else render.blocks(found), kind)


def print_board(found: Iterable[Entry], named: Collection[str] = ()) -> None:
    """Print the leaderboard of these runs, with the scores of the groups that were `named`."""
    print(render.markdown(board(found, warn, named=named)))


def rescore_command(
    runs: list[Path], *, task: str | None, slo: Mapping[str, float] | None, json: bool
) -> int:
    """Score the runs again and print what they come to; one that cannot be scored stops no other."""
    done: list[Entry] = []
    codes = []
    for directory in records.runs(runs):
        try:
            done.append(Entry(directory, rescore(directory, task, slo)))
        except HarnessError as error:
            fail(str(error))
            codes.append(error.exit_code)
    if not done and not codes:
        raise BadInput(f"no runs in {', '.join(map(str, runs))}")
    if json:
        print_json({"runs": [{**entry.run, "directory": str(entry.directory)} for entry in done]})
    elif done:
        print_board(done)
    return max(codes, default=0)
