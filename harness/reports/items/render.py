"""What is known of a task's items, as Markdown, HTML and JSON."""

from __future__ import annotations

import math
from typing import Any

from harness.reports.items.analysis import Items, Subset
from harness.reports.writers import html as to_html
from harness.reports.writers.blocks import Block, Lines, Note, TableBlock
from harness.reports.writers.translations import translated


def html(found: Items, top: int) -> str:
    """Return the report as a page of HTML that needs nothing beside it."""
    return to_html.page(translated("Items of {task}", task=found.column.task), blocks(found, top))


def blocks(found: Items, top: int) -> list[Block]:
    """Return the counts, the suspicious keys, the items that tell the wrong way, and the telling subset."""
    made: list[Block] = [Lines(head(found))]
    if found.suspects:
        made += [
            Note(translated("Keys that may be wrong: what systems agree on instead")),
            _suspects(found, top),
        ]
    if found.backwards:
        made += [
            Note(translated("Items that the weak have right and the strong do not")),
            _backwards(found, top),
        ]
    return [*made, Lines(_subset(found.subset, top))] if found.subset else made


def as_json(found: Items) -> dict[str, Any]:
    """Return all of it, item by item."""
    numbers = zip(found.fit.slope.tolist(), found.fit.difficulty.tolist(), strict=True)
    subset = found.subset
    return {
        "task": found.column.task,
        "metric": found.column.metric,
        "systems": dict(zip(found.systems, found.fit.ability.tolist(), strict=True)),
        "items": [
            {
                "id": found.ids[at],
                "right": found.share(at),
                "discrimination": slope,
                "difficulty": None if math.isnan(difficulty) else difficulty,
            }
            for at, (slope, difficulty) in enumerate(numbers)
        ],
        "suspects": [
            {
                **{"id": found.ids[one.item], "key": one.key, "instead": one.instead},
                **{
                    "evidence": one.evidence,
                    "chose": one.chose,
                    "right": one.right,
                    "answered": one.answered,
                },
            }
            for one in found.suspects
        ],
        "backwards": [found.ids[at] for at in found.backwards],
        "all_right": [found.ids[at] for at in found.all_right],
        "none_right": [found.ids[at] for at in found.none_right],
        "subset": subset and {"ids": subset.ids, "error": subset.error, "worst": subset.worst},
    }


def head(found: Items) -> list[str]:
    """Return the counts: items, systems, what everybody and nobody has right."""
    counts = {"n": len(found.ids), "systems": len(found.systems), "task": found.column.task}
    return [
        translated("{task}: {n:,} items, {systems} systems", **counts),
        translated("everybody has {n:,} right: they tell nobody from anybody", n=len(found.all_right)),
        translated("nobody has {n:,} right", n=len(found.none_right)),
    ]


def _suspects(found: Items, top: int) -> TableBlock:
    header = [
        *(translated("item"), translated("key"), translated("instead")),
        *(translated("chose it"), translated("chose the key"), translated("evidence")),
    ]
    rows = [
        [
            *(found.ids[one.item], one.key, one.instead),
            *(f"{one.chose}/{one.answered}", f"{one.right}/{one.answered}", f"{one.evidence:.1f}"),
        ]
        for one in found.suspects[:top]
        if one.evidence > 0
    ]
    return TableBlock(header, rows, names=0)


def _backwards(found: Items, top: int) -> TableBlock:
    header = [translated("item"), translated("right"), translated("discrimination")]
    rows = [
        [found.ids[at], f"{found.share(at):.2f}", f"{found.fit.slope[at]:.2f}"]
        for at in found.backwards[:top]
    ]
    return TableBlock(header, rows, names=0)


def _subset(subset: Subset, top: int) -> list[str]:
    lines = [translated("{n} items tell most: {ids}", n=len(subset.ids), ids=", ".join(subset.ids[:top]))]
    if len(subset.ids) > top:
        lines.append(translated("--format json has all {n}", n=len(subset.ids)))
    if subset.error is not None and subset.worst is not None:
        told = {"n": len(subset.ids), "error": 100 * subset.error, "worst": 100 * subset.worst}
        lines.append(
            translated(
                "a system left out is foretold from {n} items to {error:.1f} points on average, "
                "{worst:.1f} at worst",
                **told,
            )
        )
    return lines
