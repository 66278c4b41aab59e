"""What the commands that plan runs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.cli.output import fail
from harness.errors import BadInput, HarnessError
from harness.terminal import say

if TYPE_CHECKING:
    from harness.evaluation.plan import Plan
    from harness.evaluation.runner import Outcome
    from harness.options.running import RunOptions


def reporter(options: RunOptions) -> Callable[[str], None]:
    """Return what tells the user of data that is looked for; nothing under --quiet."""
    return (lambda _message: None) if options.quiet else say


def permit(options: RunOptions) -> None:
    """Let this command ask, execute and download what its options allow, for as long as it runs."""
    from harness.backends import allowed_endpoints
    from harness.metrics import permissions

    allowed_endpoints.allow(options.allow_endpoint)
    permissions.REMOTE_CODE.set(options.trust_remote_code)
    permissions.OFFLINE.set(options.offline)


def require_named(options: RunOptions) -> None:
    """Check that a task and a backend are named.

    Raises:
        BadInput: one is not.
    """
    said = (("-t TASK", options.task, "tasks"), ("-b BACKEND", options.backend, "backends"))
    for option, given, kind in said:
        if not given:
            raise BadInput(f"{option} is missing; `harness list {kind}` shows what there is")


def tell_end(plan: Plan, ended: Outcome | HarnessError, *, quiet: bool) -> None:
    """Say where a run lies and, if it ended early or could not begin, why and how to go on."""
    if isinstance(ended, HarnessError):
        fail(f"{plan.label}: {ended}")
    elif ended.error is not None:
        fail(f"{plan.label}: {ended.error} ({ended.directory})")
    elif not quiet:
        again = " is complete already (--fresh runs it again)" if ended.reused else ""
        say(f"{plan.label}: {ended.directory}{again}")
