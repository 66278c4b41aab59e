"""Whole trees of pieces in one row: each piece sees what stands before it, and none of its neighbours.

A question and its options, or many short questions, stand side by side. A mask lets every token see only the
pieces above its own, and its position is the one it has in its own text. So nothing is padded, and what came
before is copied once a row, not once a question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic

from harness.adapters.hf.engine import Engine
from harness.adapters.hf.forward_pass import PastKeyValues, batch
from harness.adapters.lm.prefix_tree import Node, Read

ROOM = 256  # tokens of a row that is filled with several trees; a larger tree has a row of its own


@dataclass(slots=True, eq=False)
class Packed(Generic[Read]):
    """A row of whole trees: its tokens, their positions, and where each piece begins."""

    roots: list[Node[Read]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    begins: list[tuple[Node[Read], int]] = field(default_factory=list)
    sights: list[tuple[int, int, tuple[tuple[int, int], ...]]] = field(default_factory=list)

    def add(self, root: Node[Read]) -> None:
        """Append a tree."""
        self.roots.append(root)
        self._add(root, ())

    def _add(self, node: Node[Read], above: tuple[tuple[int, int], ...]) -> None:
        begin = len(self.ids)
        end = begin + len(node.ids)
        self.ids += node.ids
        self.positions += range(node.start, node.start + len(node.ids))
        self.begins.append((node, begin))
        self.sights.append((begin, end, above))
        for child in node.children:
            self._add(child, (*above, (begin, end)))


def packed(roots: Iterable[Node[Read]], room: int = ROOM) -> list[Packed[Read]]:
    """Return rows of at most `room` tokens that hold all trees, each in the first that has room."""
    rows: list[Packed[Read]] = []
    for root in sorted(roots, key=_size, reverse=True):
        size = _size(root)
        row = next((row for row in rows if len(row.ids) + size <= room), None)
        if row is None:
            rows.append(row := Packed())
        row.add(root)
    return rows


def _size(node: Node[Any]) -> int:
    return len(node.ids) + sum(map(_size, node.children))


def read_packed(
    engine: Engine, rows: list[Packed[Any]], past: PastKeyValues | None, wanted: tuple[Any, Any], pad: int
) -> Any:
    """Return logits (N, V) at the `wanted` (rows, columns); every row goes on from the one row of `past`."""
    torch, device = engine.torch, engine.device
    ids, _ = batch(torch, [row.ids for row in rows], pad, device)
    positions, _ = batch(torch, [row.positions for row in rows], 0, device)
    before = 0 if past is None else past.width
    inputs: dict[str, Any] = {"use_cache": past is not None}
    if past is not None:
        inputs[str(engine.cache_name)] = past.rows([0] * len(rows)).cache
    mask = _mask(torch, rows, ids.shape[1], before).to(device)
    unseen = torch.finfo(engine.model.dtype).min
    mask = torch.zeros_like(mask, dtype=engine.model.dtype).masked_fill(~mask, unseen)
    return engine.logits(*wanted, input_ids=ids, attention_mask=mask, position_ids=positions, **inputs)


def _mask(torch: Any, rows: list[Packed[Any]], width: int, before: int) -> Any:
    """Return what each token sees, (B, 1, T, before + T): all before the row, pieces above, its own past."""
    mask = torch.zeros(len(rows), 1, width, before + width, dtype=torch.bool)
    mask[..., :before] = True
    mask[..., range(width), range(before, before + width)] = True  # padding, too, must see something
    triangle = torch.ones(width, width, dtype=torch.bool).tril()
    for number, row in enumerate(rows):
        for begin, end, above in row.sights:
            sight = mask[number, 0, begin:end]
            sight[:, before + begin : before + end] = triangle[: end - begin, : end - begin]
            for first, last in above:
                sight[:, before + first : before + last] = True
    return mask
