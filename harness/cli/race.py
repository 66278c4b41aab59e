"""`harness race`: ask several systems until it is decided who is best, and no more."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import fail, print_json, show
from harness.errors import BadInput
from harness.options.flags import Flag
from harness.options.running import RunOptions
from harness.options.shared import Json, Lang

if TYPE_CHECKING:
    from harness.evaluation.race import Decision


def race(
    options: RunOptions,
    alpha: Annotated[
        float,
        Flag(
            "--alpha",
            metavar="P",
            help="chance of a wrong verdict, however often one looks",
            ko="언제 보아도 지켜지는, 잘못 결론 낼 확률",
        ),
    ] = 0.05,
    margin: Annotated[
        float,
        Flag(
            "--margin",
            metavar="X",
            help="end too when nobody is better by X, such as 0.01",
            ko="X(예: 0.01) 이상 나은 시스템이 없어도 끝냄",
        ),
    ] = 0.0,
    lang: Lang = None,
    json: Json = False,
) -> int:
    """Ask several systems until it is decided who is best.

    All are asked the same examples in one random order, and whoever is proven worse than another is asked no
    more. The verdict is about the whole benchmark, and may be looked at after every example. The same command
    goes on with a race that was stopped, and `harness run` with the rest of it.
    """
    from harness.cli.planning import permit, reporter, require_named
    from harness.evaluation import race as racing
    from harness.evaluation.grid import plans
    from harness.evaluation.runner import finish_exit_code
    from harness.options import values
    from harness.reports import race as report
    from harness.reports.writers.translations import language

    if not 0 <= margin < 1:
        raise BadInput(f"--margin {margin:g}: a difference from 0 to 1, such as 0.01")
    alpha = values.alpha(alpha)
    permit(options)
    require_named(options)
    tell = reporter(options)
    found_plans, dead = plans(options, tell, shlex.join(["harness", *sys.argv[1:]]))
    for error in dead:  # a race without one of those that were named is another race
        fail(str(error))
    if dead:
        return finish_exit_code([], dead)
    found = racing.race(found_plans, alpha, margin, tell)
    with language("en" if json else lang):
        if json:
            print_json(_as_json(found))
        else:
            show(report.blocks(found))
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
