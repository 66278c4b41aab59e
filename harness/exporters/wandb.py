"""Runs as Weights & Biases knows them.

Unless `mode=online` nothing is sent: they lie in a folder until somebody tells `wandb sync` to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.reports.comparison.settings import settings_of
from harness.runs import Run, figures, sample_rows

PROJECT = "harness"
_COLUMNS = ("id", "repeat", "asked", "target", "prediction", "text", "error", "seconds")


def export(
    runs: Sequence[Run],
    project: str = PROJECT,
    entity: str | None = None,
    mode: str = "offline",
    out: str = ".",
    samples: bool = False,
) -> Iterator[str]:
    """Log each run with its settings and figures, with a table of its examples if `samples`; yield its place.

    `out` is where the folder `wandb` lies. A run that is pushed again takes its own place: its id is made of
    the run's.
    """
    import wandb

    quiet = wandb.Settings(silent=True, console="off", disable_git=True, x_disable_stats=True)
    for run in runs:
        with wandb.init(
            **{"project": project, "entity": entity, "mode": mode, "dir": out, "settings": quiet},
            id=hashlib.sha256(f"{run.task}/{run.system}/{run.id}".encode()).hexdigest()[:16],
            name=f"{run.task} {run.system}"[:128],
            group=run.task[:128],
            job_type="evaluation",
            config={**settings_of(run), "run": run.id, "status": run.status},
            resume="allow",
            reinit="finish_previous",
        ) as tracked:
            tracked.summary.update(figures(run))
            if samples:
                tracked.log({"samples": wandb.Table(list(_COLUMNS), list(_lines(run)))})
            place = tracked.url if mode == "online" else Path(tracked.dir).parent
            yield f"{run.task}, {run.system}: {place}"


def _lines(run: Run) -> Iterator[list[Any]]:
    for row in sample_rows(run):
        yield [row[name] for name in _COLUMNS]
