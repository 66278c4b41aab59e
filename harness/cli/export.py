"""`harness export`: a fitted model as a directory that `huggingface`, vLLM and servers load."""

from __future__ import annotations

from pathlib import Path

from harness.cli.output import print_json
from harness.cli.run import named
from harness.errors import BadInput
from harness.evaluation import plan as planning
from harness.evaluation.export_model import export
from harness.evaluation.plan import Grid, Options, Plan
from harness.evaluation.progress import display
from harness.terminal import say


def export_command(
    run: Path | None, grid: Grid, options: Options, out: Path, *, json: bool, quiet: bool
) -> int:
    """Export what a run, or a backend on a task, learnt; say where it is and how to ask it."""
    plan = _plan(run, grid, options, quiet=quiet)
    fit = export(plan, out, display(quiet=quiet))
    if json:
        about = {"out": str(out), "examples": fit.examples, "reused": fit.reused}
        print_json({**about, "task": plan.task.name, "backend": plan.backend.name})
        return 0
    print(f"written {out}")
    print(f"next:   harness run -t {plan.task.name} -b huggingface -m model={out} --shots 0")
    return 0


def _plan(run: Path | None, grid: Grid, options: Options, *, quiet: bool) -> Plan:
    report = (lambda _message: None) if quiet else say
    if run is not None:
        if grid.tasks or grid.backends:
            raise BadInput("a run names its task and its backend; leave out -t and -b, or the run")
        return planning.resumed(run, options, report)
    named(grid)
    plans, dead = planning.plans(grid, options, report)
    if dead:
        raise dead[0]
    if len(plans) > 1:
        raise BadInput("export takes one task, one backend and one template")
    return plans[0]
