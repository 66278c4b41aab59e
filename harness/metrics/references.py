"""What metrics that compare texts share: the references of an example, and how both sides are normalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import BadInput, did_you_mean
from harness.text.normalize import ko_v1, nfc

# `nfc` changes no text that is in NFC already, as published data are: official figures stay what they are.
NORMALISERS: dict[str, Callable[[str], str]] = {"none": str, "nfc": nfc, "ko.v1": ko_v1}


def normaliser(name: str) -> Callable[[str], str]:
    """Return the normalisation called `name`: `none`, `nfc` or `ko.v1`.

    Raises:
        BadInput: no such name.
    """
    if name not in NORMALISERS:
        raise BadInput(f"no normalisation is called {name!r}.{did_you_mean(name, NORMALISERS)}")
    return NORMALISERS[name]


def references(metric: str, target: Any) -> list[str]:
    """Return the texts that the target of an example gives to compare with, at least one.

    Raises:
        BadInput: there is none, or it is no text.
    """
    found = [target] if isinstance(target, str) else list(target) if isinstance(target, (list, tuple)) else []
    if not found or not all(isinstance(text, str) for text in found):
        raise BadInput(f"{metric} needs a target: a text or a list of at least one reference")
    return found
