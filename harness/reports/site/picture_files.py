"""The pictures of a board as SVG files: for a slide, a README, a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import BadInput
from harness.records import atomic
from harness.reports.leaderboard.board import Board, board
from harness.reports.pictures import Chart
from harness.reports.run import Run, Warn
from harness.reports.site import task_charts
from harness.reports.site.heat_map import heat_map
from harness.reports.site.pages import slug


def write_pictures(
    entries: Sequence[Run], folder: Path, warn: Warn, *, group: str | None = None, sort: str | None = None
) -> list[Path]:
    """Write the board's pictures into `folder`, which is made; return the files.

    A file's name is its task, its metric and its place: the same runs make the same files.

    Raises:
        BadInput: the folder cannot be written; or as `board` raises it.
    """
    found = board(entries, warn, group=group, sort=sort)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in _named(found):
            path = folder / f"{name}.svg"
            atomic.write_atomically(path, chart.file(1100.0 if chart.wide else 720.0).encode())
            written.append(path)
    except OSError as error:
        raise BadInput(f"--pictures {folder}: {error.strerror or error}") from None
    return written


def _named(found: Board) -> Iterator[tuple[str, Chart]]:
    heat = heat_map(found)
    if heat is not None:
        yield "tasks-by-systems", heat.chart
    for number, column in enumerate(found.columns, 1):
        about = slug(column.task, column.metric)
        for place, chart in enumerate(task_charts.charts(found, column), 1):
            yield f"{number}-{about}-{place}", chart
