"""`harness export`: a fitted model as a directory that `huggingface`, vLLM and servers load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    Ask,
    Backend,
    DataDir,
    Json,
    Offline,
    Quiet,
    Sample,
    Seed,
    Settings,
    Task,
    Template,
)
from harness.cli.output import emit, print_json
from harness.errors import BadInput
from harness.terminal import say

if TYPE_CHECKING:
    from harness.evaluation.grid import Grid
    from harness.evaluation.plan import Options, Plan


def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="the folder to write")],
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="a run directory, or -t and -b")] = None,
    task: Task = "",
    backend: Backend = "",
    template: Template = None,
    ask: Ask = None,
    seed: Seed = None,
    sample: Sample = False,
    set_: Settings = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Write a fitted model as a directory that others load.

    A model that is not fitted yet is fitted first.
    """
    from harness.cli import arguments
    from harness.datasets.sources import Where
    from harness.evaluation import export_model
    from harness.evaluation.plan import Options
    from harness.evaluation.progress import display

    tasks, backends = [task] if task else [], [backend] if backend else []
    grid = arguments.run_grid(tasks, backends, template, ask, None, None, seed, None, set_)
    options = Options(where=Where(data_dir=data_dir, sample=sample, offline=offline))
    plan = _plan(run, grid, options, quiet=quiet)
    fit = export_model.export(plan, out, display(quiet=quiet))
    if json:
        about = {"out": str(out), "examples": fit.examples, "reused": fit.reused}
        print_json({**about, "task": plan.task.name, "backend": plan.backend.name})
        return 0
    emit(f"written {out}")
    emit(f"next:   harness run -t {plan.task.name} -b huggingface -m model={out} --shots 0")
    return 0


def _plan(run: Path | None, grid: Grid, options: Options, *, quiet: bool) -> Plan:
    from harness.cli import arguments
    from harness.evaluation import grid as grids
    from harness.evaluation.plan import resumed

    report = (lambda _message: None) if quiet else say
    if run is not None:
        if grid.tasks or grid.backends:
            raise BadInput("a run names its task and its backend; leave out -t and -b, or the run")
        return resumed(run, options, report)
    arguments.require_named(grid)
    plans, dead = grids.plans(grid, options, report)
    if dead:
        raise dead[0]
    if len(plans) > 1:
        raise BadInput("export takes one task, one backend and one template")
    return plans[0]
