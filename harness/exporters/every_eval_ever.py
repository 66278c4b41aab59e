"""Runs in the common format Every Eval Ever, which its own package validates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.interchange.every_eval_ever import write
from harness.runs import Run

OUT = "every_eval_ever"


def export(runs: Sequence[Run], out: str = OUT) -> Iterator[str]:
    """Write a JSON document and a JSONL of instances for each run below `out`; yield each document's path.

    Raises:
        BadInput: not a run.
        Stopped: the disk is full.
    """
    for run in runs:
        yield str(write(run.directory, Path(out)))
