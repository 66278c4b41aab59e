"""Whether what models write may be run, which is the user's word alone, and in what."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import BadInput
from harness.execution import sandboxes


class NotAllowed(BadInput):
    """A task has what models write run, and the user did not allow that."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What the user said: `--allow-code-execution`, and `--sandbox`."""

    allowed: bool = False
    sandbox: str = sandboxes.AUTO

    def require(self, task: str) -> None:
        """Check that a task whose answers are run may run them.

        Raises:
            NotAllowed: the user did not allow it.
        """
        if not self.allowed:
            raise NotAllowed(
                f"{task} runs what models write; --allow-code-execution allows it, in a sandbox without "
                "network, environment and home (`harness doctor` says which works here)"
            )
