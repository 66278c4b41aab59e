"""An adapter at work: made when it is needed, and never trusted to end well."""

from __future__ import annotations

from types import TracebackType

from harness import plugins
from harness.adapters.base import Adapter, as_adapter
from harness.backends.backend import Backend
from harness.errors import HarnessError, Unavailable
from harness.schema import Profile
from harness.terminal import say


def create_adapter(backend: Backend, profile: Profile) -> Adapter:
    """Return the backend's adapter.

    Raises:
        Unavailable: it cannot be imported or constructed.
    """
    with adapter_errors(backend.name):
        return as_adapter(plugins.load(backend.entry.target)(profile))


def close_adapter(backend: str, adapter: Adapter) -> None:
    """Let go of the adapter; a stranger's bug at the very end costs no figures."""
    try:
        adapter.close()
    except Exception as error:
        say(f"warning: {backend} did not close: {type(error).__name__}: {error}")


class adapter_errors:  # noqa: N801  (reads as a statement)
    """Name the backend when its code breaks: a stranger's bug is not the user's traceback."""

    def __init__(self, backend: str) -> None:
        """Keep the backend's name."""
        self.backend = backend

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Turn any exception but our own and Ctrl-C into Unavailable."""
        if isinstance(error, (Exception, SystemExit)) and not isinstance(error, HarnessError):
            raise Unavailable(f"{self.backend} broke: {type(error).__name__}: {error}") from error
