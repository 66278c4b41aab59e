"""A layer's keys and values with room to grow: a new token costs no copy of those before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812
from transformers.cache_utils import DynamicLayer

from harness.adapters.hf.forward_pass import PastKeyValues

ROOM = 64  # places that are added at once


class Roomy(DynamicLayer):  # type: ignore[misc]
    """A dynamic layer whose tensors are views of larger ones, (B, H, T, D) of (B, H, T + room, D)."""

    def __init__(self, layer: Any) -> None:
        """Take over what `layer` holds."""
        super().__init__()
        self.lazy_initialization(layer.keys, layer.values)
        self.keys, self.values = layer.keys, layer.values
        self._kept: dict[str, tuple[Any, Any]] = {}

    @classmethod
    def joined(cls, layers: Sequence[Any], width: int) -> Roomy:
        """Return the rows of several layers as one that is `width` places long, zeros before shorter rows."""
        whole = cls(layers[0])
        whole.keys = whole._stacked("keys", [layer.keys for layer in layers], width)
        whole.values = whole._stacked("values", [layer.values for layer in layers], width)
        return whole

    def _stacked(self, name: str, parts: Sequence[Any], width: int) -> Any:
        _, heads, _, size = parts[0].shape
        store = parts[0].new_zeros(sum(map(len, parts)), heads, width + ROOM, size)
        begin = 0
        for part in parts:
            store[begin : begin + len(part), :, width - part.shape[2] : width] = part
            begin += len(part)
        view = store[..., :width, :]
        self._kept[name] = store, view
        return view

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Append (B, H, T, D) states, and return all there are."""
        self.keys = self._appended("keys", self.keys, key_states)
        self.values = self._appended("values", self.values, value_states)
        return self.keys, self.values

    def _appended(self, name: str, view: Any, states: Any) -> Any:
        store, known = self._kept.get(name, (None, None))
        length, end = view.shape[-2], view.shape[-2] + states.shape[-2]
        if known is not view or store.shape[-2] < end:  # somebody chose other rows, or it is full
            store = torch.empty(
                (*view.shape[:-2], end + ROOM, view.shape[-1]), dtype=view.dtype, device=view.device
            )
            store[..., :length, :] = view
        store[..., length:end, :] = states
        grown = store[..., :end, :]
        self._kept = {**self._kept, name: (store, grown)}
        return grown


def roomy(past: PastKeyValues) -> PastKeyValues:
    """Return the past with room in every layer that keeps all it has read."""
    cache = past.cache
    cache.layers = [
        Roomy(layer) if type(layer) is DynamicLayer and layer.is_initialized else layer
        for layer in cache.layers
    ]
    return past


def joined(pasts: Sequence[PastKeyValues]) -> PastKeyValues:
    """Return the rows of several pasts as one batch with room in every layer, padded on the left.

    They are used up: each layer of theirs is let go of when it has been copied.
    """
    first, width = pasts[0], max(past.width for past in pasts)
    for number in range(len(first.cache.layers)):
        layers = [past.cache.layers[number] for past in pasts]
        first.cache.layers[number] = Roomy.joined(layers, width)
        for past in pasts[1:]:
            past.cache.layers[number] = None
    mask = torch.cat([F.pad(past.mask, (width - past.width, 0)) for past in pasts])
    return PastKeyValues(first.cache, mask, [length for past in pasts for length in past.lengths])
