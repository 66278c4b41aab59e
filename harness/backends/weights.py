"""A local model's weights before they are loaded: how large, under which licence, here or not, too large."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from harness.backends import backend as backends
from harness.errors import HarnessError

# Bytes a parameter, by the setting `dtype`; of a model's own choice ("auto") the half of today's.
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "auto": 2}
USUAL = 4  # what torch loads a model as that says nothing


class Weights(NamedTuple):
    """A model of the hub: its id, its size in memory (bytes; None: nobody stated its parameters)."""

    model: str
    size: int | None
    licence: str | None
    here: bool
    memory: int | None

    @property
    def fit(self) -> bool:
        """Return whether the memory of the machine holds them, as far as is known."""
        return self.size is None or self.memory is None or self.size < self.memory

    def words(self) -> str | None:
        """Return what is to be known before they are downloaded; None of weights that are here and fit."""
        if self.here and self.fit:
            return None
        size = "size not stated" if self.size is None else f"about {self.size / 1e9:.1f} GB in memory"
        room = f" of {self.memory / 1e9:.1f} GB" if self.memory and not self.fit else ""
        where = "here" if self.here else f"downloads {self.model}"
        return f"{where}, {size}{room}, licence: {self.licence or 'not stated'}"


def of_backend(name: str) -> Weights | None:
    """Return the weights of a backend that loads a model of the hub; None of any other."""
    try:
        backend = backends.load(name)
    except HarnessError:
        return None
    model = backend.file.model
    if backend.entry.remote or not backend.entry.needs_model or not model or Path(model).exists():
        return None
    wide = BYTES.get(str(backend.settings.get("dtype")), USUAL)
    parameters = backend.file.parameters
    size = None if parameters is None else int(parameters * wide)
    return Weights(model, size, backend.file.licence, _is_here(model), _memory())


def _is_here(model: str) -> bool:
    """Return whether the hub's cache holds a snapshot of the model; nothing is imported or asked for that."""
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return any((cache / f"models--{model.replace('/', '--')}" / "snapshots").glob("*/config.json"))


def _memory() -> int | None:
    """Return the machine's memory in bytes; None where the system does not tell it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
