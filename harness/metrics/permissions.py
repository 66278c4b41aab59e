"""What the user allowed on the command line, for code that no plan reaches: metrics made by name."""

from __future__ import annotations

from contextvars import ContextVar

# Whether code of others may be run: from a hub, or from a script that a task names. None where nothing has
# been asked: a report reads what metrics are called and never runs one.
REMOTE_CODE: ContextVar[bool | None] = ContextVar("remote_code", default=None)
# The metrics that the user's own argument named. A script among them was asked for; a task's was not.
NAMED: ContextVar[frozenset[str]] = ContextVar("named", default=frozenset())
# Whether nothing may be downloaded.
OFFLINE: ContextVar[bool] = ContextVar("offline", default=False)
