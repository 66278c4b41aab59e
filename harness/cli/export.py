"""`harness export`: a fitted model as a directory that `huggingface`, vLLM and servers load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import print_json, tell
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json

if TYPE_CHECKING:
    from harness.evaluation.plan import Plan


def export(
    *,
    run: Annotated[
        Path | None,
        Positional(
            "RUN",
            help="a run, by directory or name; or -t and -b",
            ko="실행 폴더나 이름; 없으면 -t와 -b로 지정",
        ),
    ] = None,
    out: Annotated[Path, Flag("--out", metavar="DIR", help="the folder to write", ko="결과를 쓸 폴더")],
    options: RunOptions,
    json: Json = False,
) -> int:
    """Write a fitted model as a directory that others load.

    A model that is not fitted yet is fitted first.
    """
    from harness.evaluation import export_model
    from harness.evaluation.progress import display

    plan = _plan(run, options)
    fit = export_model.export(plan, out, display(quiet=options.quiet))
    if json:
        about = {"out": str(out), "examples": fit.examples, "reused": fit.reused}
        print_json({**about, "task": plan.task.name, "backend": plan.backend.name})
        return 0
    tell(f"written {out}")
    tell(f"next:   harness run -t {plan.task.name} -b huggingface -m model={out} --shots 0")
    return 0


def _plan(run: Path | None, options: RunOptions) -> Plan:
    from harness.cli.planning import reporter, require_named
    from harness.evaluation.grid import plans
    from harness.evaluation.plan import resumed
    from harness.reports.named_runs import only_run

    report = reporter(options)
    if run is not None:
        if options.task or options.backend:
            raise BadInput("a run names its task and its backend; leave out -t and -b, or the run")
        return resumed(only_run(run).directory, options, report)
    require_named(options)
    ready, dead = plans(options, report, judges=False)
    if dead:
        raise dead[0]
    if len(ready) > 1:
        raise BadInput("export takes one task, one backend and one template")
    return ready[0]
