"""Keys and values of rows that come and go: each row has a slot, and begins at its first place.

The rows in use are the first ones: where one leaves, the last takes its slot. So nothing is copied but that
row, and no row's padding stands between it and what it will write. Rows of very different lengths stand in
stores of their own, as a store is read as wide as its longest row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues

ROOM = 64  # places that a store grows by
NARROW, WIDER = 256, 4  # places of the first kind of store, and how many times more the next has


class Slot:
    """Where a row's keys and values stand; `length` of them are read."""

    def __init__(self) -> None:
        self.store: Store | None = None
        self.place = 0
        self.length = 0
        self.owner: Any = None

    @property
    def width(self) -> int:
        """Return how many places it takes up."""
        return self.store.room if self.store is not None else self.length


class SlotLayer(DynamicLayer):  # type: ignore[misc]
    """One layer of a store: tensors of (slots, H, room, D)."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store, self.is_initialized = store, True
        self.keys: Any = None
        self.values: Any = None

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Write one token's states (B, H, 1, D) behind each row, and return what the rows hold."""
        rows, at = len(key_states), self.store.at
        self.keys[at[0], :, at[1]], self.values[at[0], :, at[1]] = key_states[:, :, 0], value_states[:, :, 0]
        width = self.store.width
        return self.keys[:rows, :, :width], self.values[:rows, :, :width]

    def get_seq_length(self, *_: Any) -> int:
        """Return 0: positions and the mask are given."""
        return 0

    def grow(self, like: Any, slots: int, room: int) -> None:
        """Make place for so many slots of so many tokens."""
        for name in ("keys", "values"):
            old = getattr(self, name)
            new = like.new_zeros(slots, like.shape[1], room, like.shape[3])
            if old is not None:
                new[: len(old), :, : old.shape[2]] = old
            setattr(self, name, new)


class Store:
    """The slots of rows that are up to `most` tokens long."""

    def __init__(self, engine: Engine, layers: int, most: int) -> None:
        self.engine, self.most, self.room = engine, most, 0
        self.rows: list[Slot] = []
        self.layers = [SlotLayer(self) for _ in range(layers)]
        self.cache = Cache(layers=self.layers)
        self.at: Any = None
        self.width = 0

    def add(self, layers: Sequence[tuple[Any, Any]], slot: Slot) -> None:
        """Take in a row, `layers` its keys and values, each (1, H, length, D)."""
        place = len(self.rows)
        self._reserve(layers[0][0], place + 1, slot.length + 1)
        for mine, (keys, values) in zip(self.layers, layers, strict=True):
            mine.keys[place, :, : slot.length], mine.values[place, :, : slot.length] = keys[0], values[0]
        self.rows.append(slot)
        slot.store, slot.place = self, place

    def remove(self, place: int) -> None:
        """Free a slot; the last row takes it."""
        last = self.rows.pop()
        if place < len(self.rows):
            for layer in self.layers:
                for states in (layer.keys, layer.values):
                    states[place, :, : last.length] = states[last.place, :, : last.length]
            last.place = place
            self.rows[place] = last
        if not self.rows:
            self.room = 0
            for layer in self.layers:
                layer.keys = layer.values = None

    def of(self, slot: Slot) -> list[tuple[Any, Any]]:
        """Return a row's keys and values by layer, each (1, H, length, D)."""
        at = slice(slot.place, slot.place + 1), slice(None), slice(0, slot.length)
        return [(layer.keys[at], layer.values[at]) for layer in self.layers]

    def step(self, ids: Sequence[int]) -> Any:
        """Read one token of each row, in the order of `rows`; return the logits (B, V) of what follows."""
        lengths = [slot.length for slot in self.rows]
        self.width = max(lengths) + 1
        self._reserve(self.layers[0].keys, len(self.rows), self.width)
        device, dtype = self.engine.device, self.engine.model.dtype
        places = torch.tensor(lengths, device=device)
        self.at = torch.arange(len(lengths), device=device), places
        unseen = torch.arange(self.width, device=device) > places[:, None]
        mask = torch.zeros(unseen.shape, dtype=dtype, device=device).masked_fill(
            unseen, torch.finfo(dtype).min
        )
        inputs = {
            "input_ids": torch.tensor(ids, device=device)[:, None],
            "attention_mask": mask[:, None, None],
            "position_ids": places[:, None],
            str(self.engine.cache_name): self.cache,
            "use_cache": True,
        }
        logits = self.engine.logits(range(len(lengths)), [0] * len(lengths), **inputs)
        for slot in self.rows:  # only now: a pass that breaks has written behind the rows, and no more
            slot.length += 1
        return logits

    def _reserve(self, like: Any, slots: int, room: int) -> None:
        have = 0 if self.layers[0].keys is None else len(self.layers[0].keys)
        if slots <= have and room <= self.room:
            return
        grown = have if slots <= have else max(slots, have + have // 2)
        self.room = max(self.room, -(-room // ROOM) * ROOM)
        for layer in self.layers:
            layer.grow(like, grown, self.room)


class Slots:
    """All stores, the narrow one first."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._stores: list[Store] = []

    def put(self, state: PastKeyValues, rows: Sequence[int]) -> list[Slot]:
        """Return a slot for each of `rows` of what has been read."""
        return [self._placed(state, row) for row in rows]

    def stores(self) -> Iterator[Store]:
        """Yield the stores that hold rows, each row in one that is wide enough for another token."""
        for store in list(self._stores):
            for slot in [slot for slot in store.rows if slot.length >= store.most]:
                place = slot.place
                self._store(slot.length, len(store.layers)).add(store.of(slot), slot)
                store.remove(place)
        yield from [store for store in self._stores if store.rows]

    def free(self, slots: Iterable[Slot]) -> None:
        """Let go of rows."""
        for slot in slots:
            store, slot.store = slot.store, None
            if store is not None:
                store.remove(slot.place)

    def past(self, slot: Slot) -> PastKeyValues:
        """Return a copy of what a row has read, alone and without padding."""
        assert slot.store is not None
        cache = self.engine.new_cache()
        for layer, (keys, values) in zip(cache.layers, slot.store.of(slot), strict=True):
            layer.update(keys.clone(), values.clone())
        mask = torch.ones(1, slot.length, dtype=torch.long, device=self.engine.device)
        return PastKeyValues(cache, mask, [slot.length])

    @property
    def used(self) -> bool:
        """Return whether any row has a slot."""
        return any(store.rows for store in self._stores)

    def width(self, length: int) -> int:
        """Return how many places a row of so many tokens will take up."""
        fitting = (store for store in self._stores if length < store.most)
        found = next(fitting, None)
        return max(-(-(length + 1) // ROOM) * ROOM, found.room if found is not None else 0)

    def _placed(self, state: PastKeyValues, row: int) -> Slot:
        slot = Slot()
        slot.length = state.lengths[row]
        seen = state.mask[row].nonzero()[:, 0].tolist()
        at = slice(seen[0], seen[-1] + 1) if seen[-1] - seen[0] < len(seen) else seen
        layers = [
            (layer.keys[row : row + 1, :, at], layer.values[row : row + 1, :, at])
            for layer in state.cache.layers
        ]
        self._store(slot.length, len(layers)).add(layers, slot)
        return slot

    def _store(self, length: int, layers: int) -> Store:
        while not self._stores or length >= self._stores[-1].most:
            most = self._stores[-1].most * WIDER if self._stores else NARROW
            self._stores.append(Store(self.engine, layers, most))
        return next(store for store in self._stores if length < store.most)
