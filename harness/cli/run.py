"""`harness run`: tasks on backends; a grid of them where something has several values."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import (
    AllowEndpoint,
    Ask,
    Backends,
    Concurrency,
    DataDir,
    Decodings,
    DedupeTrain,
    Energy,
    Fresh,
    Json,
    Latency,
    Limit,
    MaxCost,
    MaxFailures,
    Name,
    NoCache,
    Offline,
    Quiet,
    Repeat,
    Resume,
    RunsDir,
    Sample,
    Seed,
    Settings,
    Shots,
    Slo,
    Split,
    Tasks,
    Template,
    TrainLimit,
    Trust,
    UsdKrw,
)
from harness.cli.output import fail, print_json
from harness.errors import BadInput, HarnessError, Interrupted
from harness.terminal import say

if TYPE_CHECKING:
    from harness.evaluation.grid import Grid
    from harness.evaluation.plan import Options, Plan
    from harness.evaluation.runner import Outcome


def run(
    task: Tasks = [],
    backend: Backends = [],
    limit: Limit = None,
    shots: Shots = None,
    template: Template = None,
    ask: Ask = None,
    split: Split = None,
    repeat: Repeat = 1,
    name: Name = None,
    seed: Seed = None,
    train_limit: TrainLimit = None,
    dedupe_train: DedupeTrain = False,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = Path("runs"),
    offline: Offline = False,
    fresh: Fresh = False,
    resume: Resume = None,
    no_cache: NoCache = False,
    max_cost: MaxCost = None,
    usd_krw: UsdKrw = None,
    max_failures: MaxFailures = "0.01",
    slo: Slo = None,
    concurrency: Concurrency = None,
    latency: Latency = None,
    energy: Energy = False,
    trust_remote_code: Trust = False,
    allow_endpoint: AllowEndpoint = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run tasks on backends.

    Several values of a task, a backend or a setting make a grid. The same command again goes on where it
    stopped.
    """
    from harness.backends import allowed_endpoints
    from harness.cli import arguments
    from harness.costs import money
    from harness.datasets.sources import Where
    from harness.evaluation.plan import Options
    from harness.evaluation.runner import finish_exit_code

    allowed_endpoints.allow(allow_endpoint or ())
    grid = arguments.run_grid(
        task, backend, template, ask, shots, split, seed, decoding, set_, arguments.train_limits(train_limit)
    )
    options = Options(
        where=Where(data_dir=data_dir, sample=sample, offline=offline),
        runs_dir=runs_dir,
        limit=arguments.limit(limit),
        repeat=repeat,
        max_failures=arguments.limit(max_failures, "--max-failures") or 0,
        fresh=fresh,
        trust_remote_code=trust_remote_code,
        cache=not no_cache,
        budget=money.budget(max_cost, usd_krw),
        slo=arguments.slo(slo),
        concurrency=concurrency,
        latency=latency,
        dedupe_train=dedupe_train,
        name=name,
        energy=energy,
    )
    plans, failed = _plans(grid, options, resume, quiet=quiet)
    for error in failed:
        fail(str(error))
    outcomes = _executed(plans, failed, quiet=quiet)
    _print(outcomes, task, json=json)
    return finish_exit_code(outcomes, failed)


def _plans(
    grid: Grid, options: Options, resume: Path | None, *, quiet: bool
) -> tuple[list[Plan], list[HarnessError]]:
    """Return the runs that can begin, and why the others cannot."""
    from harness.cli import arguments
    from harness.evaluation import energy
    from harness.evaluation import grid as grids
    from harness.evaluation.plan import resumed
    from harness.metrics import permissions as consent

    report = (lambda _message: None) if quiet else say
    consent.REMOTE_CODE.set(options.trust_remote_code)
    consent.OFFLINE.set(options.where.offline)
    if options.energy:
        energy.require()
    if resume is not None:
        if grid.tasks or grid.backends:
            raise BadInput("--resume names the task and the backend; leave out -t and -b")
        if len(grid.settings) > 1:
            raise BadInput("--resume goes on with one run: give -m one value each")
        return [resumed(resume, options, report, grid.settings[0])], []
    arguments.require_named(grid)
    _check_folder(options.runs_dir)
    return grids.plans(grid, options, report, shlex.join(["harness", *sys.argv[1:]]))


def _check_folder(runs_dir: Path) -> None:
    """Check that runs can be kept in `runs_dir`, which need not be there yet."""
    for place in (runs_dir, *runs_dir.parents):
        if place.exists():
            if not place.is_dir():
                raise BadInput(f"--runs-dir {runs_dir}: {place} is a file")
            return


def _executed(plans: list[Plan], failed: list[HarnessError], *, quiet: bool) -> list[Outcome]:
    """Return what became of the runs; what stopped one before its first request is put to `failed`."""
    from harness.evaluation.progress import display
    from harness.evaluation.runner import execute

    outcomes: list[Outcome] = []
    for plan in plans:
        try:
            outcome = execute(plan, display(quiet=quiet))
        except KeyboardInterrupt:
            failed.append(Interrupted("stopped before anything was asked"))
            break
        except HarnessError as error:
            fail(f"{plan.label}: {error}")
            failed.append(error)
            continue
        outcomes.append(outcome)
        _tell(plan, outcome, quiet=quiet)
        if isinstance(outcome.error, Interrupted):
            break
    return outcomes


def _tell(plan: Plan, outcome: Outcome, *, quiet: bool) -> None:
    """Say where a run lies and, if it ended early, why and how to go on."""
    if outcome.error is not None:
        fail(f"{plan.label}: {outcome.error} ({outcome.directory})")
    elif not quiet:
        again = " is complete already (--fresh runs it again)" if outcome.reused else ""
        say(f"{plan.label}: {outcome.directory}{again}")


def _print(outcomes: list[Outcome], tasks: list[str], *, json: bool) -> None:
    if json:
        print_json({"runs": [{**outcome.run, "directory": str(outcome.directory)} for outcome in outcomes]})
    elif outcomes:
        # Reports are imported when there is something to report: the first request does not wait for them.
        from harness.cli import arguments
        from harness.cli.leaderboard import print_board
        from harness.reports.entries import Entry

        found = (Entry(outcome.directory, outcome.run) for outcome in outcomes)
        print_board(found, named=arguments.names(tasks))
