"""How the examples of a run are divided among workers."""

from __future__ import annotations

from harness.errors import BadInput
from harness.evaluation.plan import Plan

PARTS = 64  # ranges that the first ones are so large as
LEAST, MOST = 32, 1024  # examples of a range: a first batch, and the most that engines sort at a time
TAIL = 8  # of the examples, one in so many lies in the small ranges at the end


def sizes(examples: int) -> list[int]:
    """Return how many examples each range has, smaller towards the end, so that all workers end together.

    They depend on the number of examples alone: batches, and with them the last bits of log-probabilities,
    are the same with any number of workers.
    """
    large = min(MOST, max(LEAST, examples // PARTS))
    small = max(LEAST, large // 4)
    found = []
    left = examples
    while left > 0:
        size = min(left, large if left > examples // TAIL else small)
        found.append(size)
        left -= size
    return found


def require_divisible(plan: Plan) -> None:
    """Check that the run can be made by several workers.

    Raises:
        BadInput: its examples are conversations, or its energy is measured.
    """
    if plan.task.file.steps:
        raise BadInput(f"{plan.task.name} is conversations, which workers do not share; leave out --replicas")
    if plan.options.energy:
        raise BadInput("--energy measures one process; leave out --replicas")
