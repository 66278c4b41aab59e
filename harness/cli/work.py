"""`harness work`: join a run, from as many processes and machines as see its directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from harness.cli.output import print_json
from harness.errors import BadInput
from harness.options.flags import Positional
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import say

# What Slurm and Kubernetes call the number of a task of an array, for messages.
NUMBERS = ("SLURM_ARRAY_TASK_ID", "SLURM_PROCID", "JOB_COMPLETION_INDEX")


def work(
    options: RunOptions,
    run: Annotated[Path, Positional("RUN", help="a run directory", ko="실행 폴더")],
    json: Json = False,
) -> int:
    """Work on a run together with others.

    Each takes ranges of examples that nobody holds; what a process that died had is taken over. Start it as
    often as there are machines, cards or cores that see the directory: in a Slurm array or a Kubernetes job.
    The last one sums the run up. `harness run --replicas 0` makes a directory to work on.
    """
    from harness.cli.planning import permit, reporter, tell_end
    from harness.evaluation.grid import Grid
    from harness.evaluation.plan import resumed
    from harness.evaluation.progress import display
    from harness.evaluation.runner import finish_exit_code
    from harness.evaluation.workers.joining import join
    from harness.records.run_schema import RUNNING

    permit(options)
    settings = Grid.of(options).settings
    if len(settings) > 1:
        raise BadInput("a run has one value of each setting: give -m one value each")
    plan = resumed(run, options, reporter(options), settings[0])
    number = next((os.environ[name] for name in NUMBERS if os.environ.get(name)), None)
    if number is not None and not options.quiet:
        say(f"{plan.label}: worker {number}")
    outcome = join(plan, display(quiet=options.quiet))
    if outcome.error is None and outcome.run.status == RUNNING:
        if not options.quiet:
            say(f"{plan.label}: nothing is left for this worker; another sums up")
    else:
        tell_end(plan, outcome, quiet=options.quiet)
    if json:
        print_json({**outcome.run.to_dict(), "directory": str(outcome.directory)})
    return finish_exit_code([outcome], [])
