"""`harness leaderboard` and `harness rescore`."""

from __future__ import annotations

from pathlib import Path

from harness.errors import BadInput, did_you_mean
from harness.progress import say


def leaderboard_command(
    runs: list[Path], runs_dir: Path, *, format: str, out: Path | None, group: str | None, sort: str | None
) -> int:
    """Print or write the leaderboard of the runs."""
    import orjson

    from harness.reports import leaderboard

    formats = {
        "md": lambda board: leaderboard.markdown(board) + "\n",
        "json": lambda board: (
            orjson.dumps(leaderboard.as_json(board), option=orjson.OPT_INDENT_2).decode() + "\n"
        ),
        "csv": leaderboard.as_csv,
    }
    if format not in formats:
        raise BadInput(f"--format {format}: no such format.{did_you_mean(format, formats)}")
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    text = formats[format](leaderboard.board(leaderboard.load(runs or [runs_dir]), group=group, sort=sort))
    if out is None:
        print(text, end="")
    else:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise BadInput(f"--out {out}: {error.strerror}") from None
        say(f"written: {out}")
    return 0


def rescore_command(runs: list[Path], *, task: str | None, json: bool) -> int:
    """Score the runs again and print what they come to."""
    import orjson

    from harness import records
    from harness.reports import leaderboard
    from harness.rescore import rescore

    entries = [leaderboard.Entry(d, rescore(d, task)) for d in records.runs(runs)]
    if json:
        print(orjson.dumps({"runs": [entry.run for entry in entries]}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(leaderboard.markdown(leaderboard.board(entries)))
    return 0
