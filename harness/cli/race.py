"""`harness race`: ask several systems until it is decided who is best, and no more."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import (
    AllowEndpoint,
    Backends,
    Concurrency,
    DataDir,
    Decodings,
    Json,
    Lang,
    Limit,
    MaxCost,
    MaxFailures,
    NoCache,
    Offline,
    Quiet,
    RunsDir,
    Sample,
    Seed,
    Settings,
    Shots,
    Split,
    Task,
    Template,
    Trust,
    UsdKrw,
)
from harness.cli.output import emit, fail, print_json
from harness.errors import BadInput
from harness.terminal import say

if TYPE_CHECKING:
    from harness.evaluation.race import Decision


def race(
    task: Task,
    backend: Backends = [],
    alpha: Annotated[
        float, typer.Option("--alpha", metavar="P", help="chance of a wrong verdict, however often one looks")
    ] = 0.05,
    margin: Annotated[
        float, typer.Option("--margin", metavar="X", help="end too when nobody is better by X, such as 0.01")
    ] = 0.0,
    limit: Limit = None,
    shots: Shots = None,
    template: Template = None,
    split: Split = None,
    seed: Seed = None,
    sample: Sample = False,
    decoding: Decodings = None,
    set_: Settings = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = Path("runs"),
    offline: Offline = False,
    no_cache: NoCache = False,
    max_cost: MaxCost = None,
    usd_krw: UsdKrw = None,
    max_failures: MaxFailures = "0.01",
    concurrency: Concurrency = None,
    trust_remote_code: Trust = False,
    allow_endpoint: AllowEndpoint = None,
    lang: Lang = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Ask several systems until it is decided who is best.

    All are asked the same examples in one random order, and whoever is proven worse than another is asked no
    more. The verdict is about the whole benchmark, and may be looked at after every example. The same command
    goes on with a race that was stopped, and `harness run` with the rest of it.
    """
    from harness.backends import allowed_endpoints
    from harness.cli import arguments
    from harness.costs import money
    from harness.datasets.sources import Where
    from harness.evaluation import grid as grids
    from harness.evaluation import race as racing
    from harness.evaluation.plan import Options
    from harness.evaluation.runner import finish_exit_code
    from harness.metrics import permissions as consent
    from harness.reports import race as report
    from harness.reports.writers.translations import language

    if not 0 <= margin < 1:
        raise BadInput(f"--margin {margin:g}: a difference from 0 to 1, such as 0.01")
    allowed_endpoints.allow(allow_endpoint or ())
    grid = arguments.run_grid([task], backend, template, None, shots, split, seed, decoding, set_)
    arguments.require_named(grid)
    options = Options(
        where=Where(data_dir=data_dir, sample=sample, offline=offline),
        runs_dir=runs_dir,
        limit=arguments.limit(limit),
        max_failures=arguments.limit(max_failures, "--max-failures") or 0,
        trust_remote_code=trust_remote_code,
        cache=not no_cache,
        budget=money.budget(max_cost, usd_krw),
        concurrency=concurrency,
    )
    consent.REMOTE_CODE.set(trust_remote_code)
    consent.OFFLINE.set(offline)
    tell = (lambda _message: None) if quiet else say
    plans, dead = grids.plans(grid, options, tell, shlex.join(["harness", *sys.argv[1:]]))
    for error in dead:  # a race without one of those that were named is another race
        fail(str(error))
    if dead:
        return finish_exit_code([], dead)
    found = racing.race(plans, arguments.alpha(alpha), margin, tell)
    with language("en" if json else lang):
        if json:
            print_json(_as_json(found))
        else:
            emit(report.markdown(found))
    if found.error is not None:
        fail(str(found.error))
        return found.error.exit_code
    return 0


def _as_json(found: Decision) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("task", "metric", "verdict", "alpha", "margin", "asked")},
        "size": found.size,
        "calls": found.calls,
        "calls_of_all": found.whole,
        "lead": found.lead and {"ci_low": found.lead[0], "ci_high": found.lead[1]},
        "cost": {name: {"spent": spent, "saved": saved} for name, (spent, saved) in found.costs.items()},
        "stopped_because": str(found.error) if found.error else None,
        "systems": [
            {
                **{name: getattr(one, name) for name in ("system", "asked", "answers", "value")},
                **{name: getattr(one, name) for name in ("lost_to", "after", "cost", "currency")},
                "directory": str(one.outcome.directory),
            }
            for one in found.standings
        ],
    }
