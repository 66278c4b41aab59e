"""The adapters of a grid's runs: what one run has loaded serves the next of the same model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from harness.adapters.base import Adapter, Capability
from harness.backends.backend import Backend
from harness.evaluation.adapter_lifecycle import adapter_errors, close_adapter, create_adapter
from harness.schema import Profile


@dataclass
class Lent:
    """An adapter at work in a run; `sound` says that nothing broke it and nobody stopped it."""

    adapter: Adapter
    sound: bool = False


class AdapterPool:
    """Makes adapters, and keeps the last one that ended well, with all that it has loaded.

    One at a time: two models would ask for the memory of both.
    """

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: tuple[Backend, Adapter] | None = None

    def __enter__(self) -> AdapterPool:
        """Keep nothing yet."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let go of the adapter that is kept."""
        self._drop()

    @contextmanager
    def lent(self, backend: Backend, profile: Profile) -> Iterator[Lent]:
        """Yield an adapter for the profile; it is kept where its run was sound, and closed where it was not.

        Raises:
            Unavailable: it cannot be imported or constructed.
        """
        lent = Lent(self._handed_on(backend, profile) or create_adapter(backend, profile))
        try:
            yield lent
        finally:
            if lent.sound and lent.adapter.can(Capability.LEND):
                self._kept = (backend, lent.adapter)
            else:
                close_adapter(backend.name, lent.adapter)

    def _handed_on(self, backend: Backend, profile: Profile) -> Adapter | None:
        """Return an adapter with what the kept one has loaded; where it cannot be had, that is let go."""
        if self._kept is None:
            return None
        kept, adapter = self._kept
        found = None
        try:
            if kept.entry.target == backend.entry.target:
                with adapter_errors(backend.name):
                    found = adapter.another(profile)
        finally:
            if found is None:
                self._drop()
        self._kept = None
        return found

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            backend, adapter = kept
            close_adapter(backend.name, adapter)
