"""Runs as objects, and as plain rows for whatever makes tables of them.

from harness import runs
runs.frame("runs")      # a row a run and metric
runs.samples("runs")    # a row an example
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from harness.reports import run
from harness.reports.frames import about, figures, flat, pandas, rows, sample_rows
from harness.reports.run import Run

__all__ = ["Run", "figures", "frame", "load", "rows", "sample_rows", "samples"]


def load(*places: str | Path) -> list[Run]:
    """Return the runs in `places`, run directories or folders of them, else in `runs`, in a stable order.

    A torn run in a folder of runs is a warning, so that it does not hide the others.

    Raises:
        BadInput: a place is not there, or is itself a torn run.
    """
    return run.load([Path(place) for place in places or ("runs",)], warn)


def frame(*places: str | Path) -> Any:
    """Return a pandas DataFrame with a row a run and metric: what was run, the figure, what it took.

    Raises:
        Unavailable: pandas is not installed.
        BadInput: a place is not there, or is itself a torn run.
    """
    return pandas().DataFrame([row for one in load(*places) for row in rows(one)])


def samples(*places: str | Path) -> Any:
    """Return a pandas DataFrame with a row an example of every run; what a run did not score is NaN.

    Raises:
        Unavailable: pandas is not installed.
        BadInput: a place is not there, or a run has no journal.
    """
    kept = ({**about(one), **flat(record)} for one in load(*places) for record in one.samples())
    return pandas().DataFrame(list(kept))


def warn(message: str) -> None:
    """Warn the caller of the function that the user called."""
    depth, frame = 2, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("harness."):
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(message, RuntimeWarning, stacklevel=depth)
