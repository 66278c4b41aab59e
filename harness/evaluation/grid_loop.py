"""The runs of a grid, one after the other: those of one model together, so that it is loaded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError, Interrupted
from harness.evaluation.adapter_pool import AdapterPool
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.evaluation.runner import Outcome, execute

Told = Callable[[Plan, "Outcome | HarnessError"], None]


@dataclass
class GridOutcome:
    """How the runs of a grid ended, in the order of its plans, and the errors of those that did not begin."""

    outcomes: list[Outcome] = field(default_factory=list)
    errors: list[HarnessError] = field(default_factory=list)

    @property
    def interrupted(self) -> Interrupted | None:
        """Return what the user stopped it by, None where he did not."""
        ends = (*self.errors, *(outcome.error for outcome in self.outcomes))
        return next((error for error in ends if isinstance(error, Interrupted)), None)


def execute_all(
    plans: Sequence[Plan],
    display: Callable[[], Display],
    told: Told,
    *,
    priorities: Sequence[int] = (),
    stops: bool = False,
) -> GridOutcome:
    """Run every plan and return how they ended; `told` hears of each at once.

    One that cannot begin, or that ends early, stops no other, unless the grid `stops` with it; Ctrl-C stops
    all that come after it. Those of higher priority come first.
    """
    ended: dict[int, Outcome] = {}
    grid = GridOutcome()
    with AdapterPool() as pool:
        for at in by_model(plans, priorities):
            try:
                ended[at] = execute(plans[at], display(), pool)
            except KeyboardInterrupt:
                grid.errors.append(Interrupted("stopped before anything was asked"))
                break
            except HarnessError as error:
                grid.errors.append(error)
                told(plans[at], error)
                if stops:
                    break
                continue
            told(plans[at], ended[at])
            why = ended[at].error
            if ended[at].signalled and why is None and len(ended) + len(grid.errors) < len(plans):
                grid.errors.append(Interrupted("stopped before anything was asked"))
            if ended[at].signalled or isinstance(why, Interrupted) or (stops and why is not None):
                break
    grid.outcomes = [ended[at] for at in sorted(ended)]
    return grid


def by_model(plans: Sequence[Plan], priorities: Sequence[int] = ()) -> list[int]:
    """Return the plans' places so that those of a model follow one another, models as they first came.

    Plans of a higher priority come before all others. Of a model's, those that ask for sentences as vectors
    come last: they load it without its head.
    """
    first: dict[Any, int] = {}
    keys = []
    for at, plan in enumerate(plans):
        profile = plan.profile
        model = (plan.backend.entry.target, profile.model, profile.revision)
        system = (*model, repr(profile.settings))
        order = (first.setdefault(model, at), first.setdefault(system, at), profile.ask == "embed", at)
        keys.append((-priorities[at] if priorities else 0, *order))
    return [at for *_, at in sorted(keys)]
