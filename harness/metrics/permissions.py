"""What the user allowed on the command line, for code that no plan reaches: metrics made by name."""

from __future__ import annotations

from contextvars import ContextVar

# Whether code from a hub may be run, and whether nothing may be downloaded.
REMOTE_CODE: ContextVar[bool] = ContextVar("remote_code", default=False)
OFFLINE: ContextVar[bool] = ContextVar("offline", default=False)
