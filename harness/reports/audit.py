"""What is wrong with a task's data, as Markdown and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.reports.writers.blocks import Block, Lines, TableBlock
from harness.reports.writers.translations import named, translated

if TYPE_CHECKING:
    from harness.evaluation.data_health import Health, Instrument, Lengths

SHOWN = 5  # ids of a kind


def blocks(found: Health) -> list[Block]:
    """Return the copies, the labels, and a table of what a part of an example gives away."""
    made: list[Block] = [Lines([_head(found), *_copies(found), *_labels(found)])]
    if found.instruments:
        header = [translated("sees only"), translated("right"), translated("95 % interval")]
        made.append(TableBlock(header, [_row(one) for one in found.instruments], names=0))
    if found.lengths:
        header = [translated("length of"), "n", translated("mean"), translated("sd")]
        header += [f"{cut} %" for cut in found.lengths[0].percentiles] + [translated("longest")]
        made.append(TableBlock(header, [_length(one) for one in found.lengths], names=0))
    return made


def as_json(found: Health) -> dict[str, Any]:
    """Return all of it."""
    return {
        **{name: getattr(found, name) for name in ("task", "split", "n", "train", "copies", "labels")},
        "learnt_from": found.learnt_from,
        "lengths": [asdict(one) for one in found.lengths],
        "instruments": [
            {"sees": one.sees or None, "right": one.right, "n": one.n, "share": one.right / one.n}
            for one in found.instruments
        ],
    }


def _head(found: Health) -> str:
    values = {"task": found.task, "n": found.n, "split": found.split, "train": found.train}
    return translated("{task}: {n:,} examples of {split}, {train:,} to learn from", **values)


def _copies(found: Health) -> list[str]:
    lines = []
    for where, ids in found.copies.items():
        shown = ", ".join(list(ids)[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
        values = {"n": len(ids), "share": len(ids) / max(1, found.n), "where": where}
        text = translated("{n:,} ({share:.1%}) stand nearly word for word in {where}", **values)
        lines.append(f"{text}: {shown}" if ids else text)
    return lines


def _labels(found: Health) -> list[str]:
    if not found.labels:
        return []
    counted = ", ".join(f"{label} {count:,}" for label, count in sorted(found.labels.items()))
    return [translated("labels: {counted}", counted=counted)]


def _row(one: Instrument) -> list[str]:
    from harness.stats.intervals import wilson

    low, high = wilson(one.right, one.n)
    name = one.sees or translated("nothing: the commonest label")
    told = translated("the length") if one.sees == "length" else name
    return [told, f"{one.right / one.n:.3f}", f"[{low:.3f}, {high:.3f}]"]


def _length(one: Lengths) -> list[str]:
    cuts = [f"{cut:,.0f}" for cut in one.percentiles.values()]
    name = f"{one.field}, {named(one.unit)}"
    return [name, f"{one.n:,}", f"{one.mean:,.1f}", f"{one.deviation:,.1f}", *cuts, f"{one.longest:,}"]
