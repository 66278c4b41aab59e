"""The pictures of a board as SVG or PNG files: for a slide, a README, a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.errors import BadInput
from harness.records import atomic
from harness.reports.leaderboard.board import Board, board
from harness.reports.pictures import Chart, png
from harness.reports.run import Run, Warn
from harness.reports.site import task_charts
from harness.reports.site.heat_map import heat_map
from harness.reports.site.pages import slug

KINDS = ("svg", "png")


def write_pictures(
    entries: Sequence[Run],
    folder: Path,
    warn: Warn,
    *,
    group: str | None = None,
    sort: str | None = None,
    kind: str = "svg",
) -> list[Path]:
    """Write the board's pictures into `folder`, which is made, as files of a `kind`; return the files.

    A file's name is its task, its metric and its place: the same runs make the same files, as PNG with the
    same fonts.

    Raises:
        BadInput: the folder cannot be written; or as `board` raises it.
        Unavailable: PNG is asked for, and resvg is not installed.
    """
    drawn = _drawer(kind, warn)
    found = board(entries, warn, group=group, sort=sort)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in _named(found):
            path = folder / f"{name}.{kind}"
            atomic.write_atomically(path, drawn(chart.file(1100.0 if chart.wide else 720.0)))
            written.append(path)
    except OSError as error:
        raise BadInput(f"--pictures {folder}: {error.strerror or error}") from None
    return written


def _drawer(kind: str, warn: Warn) -> Callable[[str], bytes]:
    if kind == "svg":
        return str.encode
    if not png.drawable("a", "M"):
        warn(
            "no font of this machine is known here, so that pictures have no letters; "
            "install one, such as fonts-nanum"
        )
    elif not png.drawable("가", "힣"):
        warn("no font of this machine has Hangul, which pictures lack then; install one, such as fonts-nanum")
    return png.png


def _named(found: Board) -> Iterator[tuple[str, Chart]]:
    heat = heat_map(found)
    if heat is not None:
        yield "tasks-by-systems", heat.chart
    for number, column in enumerate(found.columns, 1):
        about = slug(column.task, column.metric)
        for place, chart in enumerate(task_charts.charts(found, column), 1):
            yield f"{number}-{about}-{place}", chart
