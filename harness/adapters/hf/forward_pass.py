"""Forward passes that go on from what was read before: keys and values, masks, positions."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.hf.engine import Engine


@dataclass(slots=True)
class PastKeyValues:
    """What the rows of a batch have read: keys and values, and which of their places hold tokens.

    `mask` is (B, T), 1 where there is a token; `lengths` are each row's tokens, padding left out.
    """

    cache: Any
    mask: Any
    lengths: list[int]

    @property
    def width(self) -> int:
        """Return how many places a row takes in the cache, padding included."""
        return int(self.mask.shape[1])

    def rows(self, numbers: Sequence[int]) -> PastKeyValues:
        """Return the past of the rows `numbers`, which may repeat; the original stays as it is.

        Many rows that go on from a single one share its memory.
        """
        cache = copy.copy(self.cache)
        cache.layers = [copy.copy(layer) for layer in self.cache.layers]
        index = self.mask.new_tensor(numbers)
        alone = len(self.lengths) == 1

        def chosen(states: Any) -> Any:
            if alone:
                return states.expand(len(numbers), *states.shape[1:])
            return states.index_select(0, index.to(states.device))

        for layer in cache.layers:
            if layer.is_initialized:
                layer.keys, layer.values = chosen(layer.keys), chosen(layer.values)
        return PastKeyValues(cache, chosen(self.mask), [self.lengths[number] for number in numbers])


def batch(torch: Any, rows: Sequence[Sequence[int]], pad: int, device: Any, *, left: bool = False) -> Any:
    """Return ids and attention mask of the rows, both (B, T), padded on one side."""
    width = max(map(len, rows))
    gaps = [width - len(row) for row in rows]
    if left:
        ids = [[pad] * gap + [*row] for gap, row in zip(gaps, rows, strict=True)]
        mask = [[0] * gap + [1] * (width - gap) for gap in gaps]
    else:
        ids = [[*row] + [pad] * gap for gap, row in zip(gaps, rows, strict=True)]
        mask = [[1] * (width - gap) + [0] * gap for gap in gaps]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def read(
    engine: Engine,
    pieces: Sequence[Sequence[int]],
    past: PastKeyValues | None,
    wanted: tuple[Sequence[int], Sequence[int]],
    *,
    pad: int,
    keep: bool,
    left: bool = False,
) -> tuple[Any, PastKeyValues | None]:
    """Read a piece of each row, and return logits (N, V) at the `wanted` (rows, columns) of the pieces.

    Row n goes on from row n of `past`, whose cache is used up. With `keep`, the second is what the rows have
    read by then, otherwise None. Shorter pieces are padded on the right, or on the `left`: then no padding
    stands between a row and what it will write.
    """
    torch = engine.torch
    ids, mask = batch(torch, pieces, pad, engine.device, left=left)
    if past is None and not keep:  # the plain road, which any model can take
        return engine.logits(*wanted, input_ids=ids, attention_mask=mask, **_cacheless(engine)), None
    begun = past.lengths if past is not None else [0] * len(pieces)
    lengths = [length + len(piece) for length, piece in zip(begun, pieces, strict=True)]
    whole = mask if past is None else torch.cat([past.mask, mask], 1)  # (B, past + T)
    cache = engine.new_cache() if past is None else past.cache
    inputs: dict[str, Any] = {str(engine.cache_name): cache, "use_cache": True}
    if "position_ids" in engine.parameters:
        first = torch.tensor(begun, device=engine.device)[:, None]
        # Padding shares the place of the token before it: one beyond the context may not exist.
        inputs["position_ids"] = first + (mask.cumsum(-1) - 1).clamp_min(0)
    logits = engine.logits(*wanted, input_ids=ids, attention_mask=whole, **inputs)
    return logits, PastKeyValues(cache, whole, lengths) if keep else None


def _cacheless(engine: Engine) -> dict[str, Any]:
    return {"use_cache": False} if "use_cache" in engine.parameters else {}
