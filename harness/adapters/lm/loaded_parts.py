"""What one model's tasks share: the tokenizer and the model, loaded once and handed from task to task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.adapters.gpu import free_gpu
from harness.schema import Profile

# The settings that decide what is loaded; the others decide how it is asked.
LOADING = ("dtype", "attention", "device", "device_map", "quantisation", "lora")


class LoadedParts:
    """The parts of a model that are loaded, each by the class that loads it.

    Of what the task before left, parts that are asked for are taken over. Once another has to be loaded,
    the rest goes first: no memory is held by a model that nobody asks.
    """

    def __init__(self, profile: Profile, left: dict[str, Any] | None = None) -> None:
        """Begin with what another task left."""
        self.commit: str | None = None
        self._model = _loading(profile)
        self._left = left or {}
        self._own: dict[str, Any] = {}

    def once(self, part: str, load: Callable[[], Any]) -> Any:
        """Return a part, loading it where it is not here yet."""
        if part not in self._own:
            if part not in self._left:
                self._forget()
                self._own[part] = load()
            else:
                self._own[part] = self._left.pop(part)
        return self._own[part]

    def handed_to(self, profile: Profile) -> LoadedParts | None:
        """Return the parts for another task, and keep none; None where that would load something else."""
        if _loading(profile) != self._model:
            return None
        left = {**self._left, **self._own}
        self._left, self._own = {}, {}
        return LoadedParts(profile, left)

    def close(self) -> None:
        """Let go of everything."""
        self._own.clear()
        self._left.clear()
        free_gpu()

    def _forget(self) -> None:
        """Let go of what was left and has not been asked for."""
        if self._left:
            self._left.clear()
            free_gpu()


def _loading(profile: Profile) -> tuple[Any, ...]:
    """Return what decides which model is loaded, and how."""
    settings = [repr(profile.settings.get(name)) for name in LOADING]
    return (profile.model, profile.revision, profile.trust_remote_code, profile.offline, *settings)
