"""What the commands that plan runs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.errors import BadInput
from harness.terminal import say

if TYPE_CHECKING:
    from harness.options.running import RunOptions


def reporter(options: RunOptions) -> Callable[[str], None]:
    """Return what tells the user of data that is looked for; nothing under --quiet."""
    return (lambda _message: None) if options.quiet else say


def require_named(options: RunOptions) -> None:
    """Check that a task and a backend are named.

    Raises:
        BadInput: one is not.
    """
    said = (("-t TASK", options.task, "tasks"), ("-b BACKEND", options.backend, "backends"))
    for option, given, kind in said:
        if not given:
            raise BadInput(f"{option} is missing; `harness list {kind}` shows what there is")
