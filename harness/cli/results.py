"""`harness leaderboard` and `harness rescore`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from harness import records
from harness.cli.output import fail, print_json, warn
from harness.errors import BadInput, HarnessError, did_you_mean
from harness.progress import say
from harness.reports import render
from harness.reports.board import Board, board
from harness.reports.entries import Entry, load
from harness.rescore import rescore

FORMATS = ("md", "json", "csv")


def leaderboard_command(
    runs: list[Path],
    runs_dir: Path,
    *,
    format: str | None,
    out: Path | None,
    group: str | None,
    sort: str | None,
) -> int:
    """Print or write the leaderboard of the runs."""
    kind = _format(format, out)
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    text = _rendered(board(load(runs or [runs_dir], warn), warn, group=group, sort=sort), kind)
    if out is None:
        print(text, end="")
        return 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"--out {out}: {error.strerror}") from None
    say(f"written: {out}")
    return 0


def _format(named: str | None, out: Path | None) -> str:
    """Return the format that is named, else the one that the file's name ends in."""
    kind = named or (out.suffix.removeprefix(".").lower() if out else "") or "md"
    if kind not in FORMATS:
        option = f"--format {named}" if named else f"--out {out}"
        raise BadInput(f"{option}: no such format.{did_you_mean(kind, FORMATS)}")
    return kind


def _rendered(found: Board, kind: str) -> str:
    if kind == "csv":
        return render.as_csv(found)
    if kind == "json":
        return orjson.dumps(render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    return render.markdown(found) + "\n"


def print_board(found: Iterable[Entry]) -> None:
    """Print the leaderboard of these runs."""
    print(render.markdown(board(found, warn)))


def rescore_command(runs: list[Path], *, task: str | None, json: bool) -> int:
    """Score the runs again and print what they come to; one that cannot be scored stops no other."""
    done: list[Entry] = []
    codes = []
    for directory in records.runs(runs):
        try:
            done.append(Entry(directory, rescore(directory, task)))
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
