"""The ends of a walk: a run as its directory tells it, and a published row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import BadInput, Place, did_you_mean
from harness.evaluation.explain.aspects import Side
from harness.evaluation.explain.walk import End
from harness.evaluation.plan import resumed
from harness.options.running import RunOptions
from harness.records import journal as records
from harness.records import run_file
from harness.records.journal import Key
from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record
from harness.schema import Metric
from harness.tasks.schema import Reference
from harness.tasks.task import Task

# What a published row can tell of how its figure came about; all else is nobody's word.
_TOLD = ("template", "split")
UNTOLD = (
    *("prefix", "delimiter", "shots", "chat", "decoding", "precision", "extraction"),
    *("normalisation", "data version"),
)


def metric_of_both(ours: RunDocument, theirs: RunDocument, named: str | None) -> str:
    """Return the metric to walk by: the one that is named, else the first of the one run that both have.

    Raises:
        BadInput: one of them has not the one that is named, or there is none in common.
    """
    common = [name for name in ours.metrics if name in theirs.metrics]
    if named is not None and named not in common:
        raise BadInput(f"--metric {named}: not a metric of both runs.{did_you_mean(named, common)}")
    if not common:
        both = f"{', '.join(ours.metrics) or 'none'} and {', '.join(theirs.metrics) or 'none'}"
        raise BadInput(f"no metric in common: {both}; `harness rescore RUN --task TASK` judges as another")
    return named or common[0]


def of_run(directory: Path, metric: str, options: RunOptions, tell: Callable[[str], None]) -> End:
    """Return the end that a run of ours is; its backend is asked again as the run asked it.

    Raises:
        BadInput: no run, its data is not to be found here, or its server is nobody's word.
        Unavailable: its backend cannot be asked here.
    """
    run = run_file.read_run(directory)
    plan = resumed(directory, options, tell)
    asked = replace(options, sample=plan.options.sample, repeat=1, latency=False)
    plan = replace(plan, options=asked, resume=None, command="")
    side = Side(plan, metric, run.data.sha256[run.task.split], run.data.sample)
    return End(run.label, side, answered(directory))


def of_row(a: End, row: Reference) -> End:
    """Return the end that a published row is, as far as it tells how its figure came about.

    Raises:
        BadInput: it has not the metric, or names a template or a split that the task has not.
    """
    task, metric = a.side.plan.task, _metric(a.side.plan.task, a.side.metric)
    figure = row.figures.get(a.side.metric)
    if figure is None:
        known = ", ".join(name for name, value in row.figures.items() if value is not None)
        raise BadInput(f"{row.system}: no {a.side.metric} was published, but {known or 'nothing'}")
    asked = task.choose(template=row.template, split=row.split)
    plan = replace(a.side.plan, task=asked)
    moved = asked.split != task.split
    side = Side(plan, a.side.metric, "" if moved else a.side.sha256, a.side.sample)
    return End(row.system, side, figure=figure, interval=_interval(metric, figure, row.n), asked=False)


def row_named(task: Task, name: str) -> Reference:
    """Return the published row of a system.

    Raises:
        BadInput: the task has none of that name, or several, which their template tells apart.
    """
    rows = task.file.reference
    found = [row for row in rows if name in (row.system, f"{row.system} · {row.template}")]
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(f"'{row.system} · {row.template}'" for row in found)
        raise BadInput(f"{name}: {len(found)} rows were published; name one: {named}")
    known = [row.system for row in rows]
    hint = did_you_mean(name, known) or (f" Published: {', '.join(known)}." if known else "")
    raise BadInput(f"{name} is neither a run nor a published row of {task.name}.{hint}")


def answered(directory: Path) -> dict[Key, Record]:
    """Return the records of what a run answered, by (id, repeat).

    Raises:
        BadInput: the journal is not there.
    """
    path = directory / run_file.SAMPLES
    if not path.is_file():
        raise BadInput(f"has no {run_file.SAMPLES}: nothing to pair", place=Place(directory))
    lines = (line.record for line in records.last_lines(path))
    return {record.key: record for record in lines if not record.failed}


def untold(row: Reference) -> Sequence[str]:
    """Return the settings that a published row says nothing of."""
    return [*(name for name in _TOLD if getattr(row, name) is None), *UNTOLD]


def _interval(metric: Metric, figure: float, n: int | None) -> tuple[float, float] | None:
    """Return Wilson's interval of a published proportion, None for another figure or without its n."""
    from harness.stats.intervals import wilson

    if n is None or metric.interval != "wilson" or not 0 <= figure <= 1:
        return None
    return wilson(figure * n, n)


def _metric(task: Task, name: str) -> Metric:
    return next(metric for metric in task.metrics if metric.name == name)
