"""What judges lean to, as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness.judging.leanings import Leanings
from harness.reports.writers.blocks import Block, Lines, Note, TableBlock
from harness.reports.writers.numbers import within
from harness.reports.writers.translations import translated
from harness.stats.leanings import FEW, Leaning


def blocks(found: Sequence[Leanings]) -> list[Block]:
    """Return a row a judge and rubric, how the figures are read, and who cannot tell words from words."""
    if not found:
        return []
    header = [
        *(translated("judge"), translated("rubric"), translated("shown first"), translated("same both ways")),
        *(translated("longer"), translated("its own"), translated("repeats itself")),
        translated("over swapped words"),
    ]
    rows = [
        [
            *(one.judge, one.rubric, _ends(one.place, 1), _share(one.consistent)),
            *(_ends(one.length, 1 if one.pairs else 2), _ends(one.own, 1 if one.pairs else 2)),
            *(_share(one.repeats), _ends(one.swapped, 1 if one.pairs else 2)),
        ]
        for one in found
    ]
    title = Note(translated("What judges lean to, whatever the replies are worth"))
    return [title, TableBlock(header, rows, names=1), Lines(list(_lines(found)))]


def as_json(found: Sequence[Leanings]) -> dict[str, Any]:
    """Return the leanings of each judge, and whether it is blind to swapped words."""
    return {"leanings": [{**asdict(one), "blind": one.blind} for one in found]}


def _lines(found: Sequence[Leanings]) -> Iterator[str]:
    if any(one.pairs for one in found):
        yield translated(
            "of pairs: by how many points of 100 the reply shown first, the longer one, the unswapped one "
            "wins oftener than the other; of its own, how much more of the win it gets than other judges give"
        )
    if not all(one.pairs for one in found):
        yield translated(
            "of scores: points for twice the length, for its own beyond other judges, over swapped words"
        )
    if any(one.low is None for each in found for one in _figures(each)):
        yield translated("under {n} questions no interval is printed", n=FEW)
    for one in found:
        if one.blind:
            assert one.swapped is not None
            yield translated(
                "{judge} cannot tell a reply from the same reply with its words swapped: {lead}",
                judge=one.judge,
                lead=_ends(one.swapped, 1 if one.pairs else 2),
            )


def _figures(one: Leanings) -> list[Leaning]:
    every = (one.place, one.consistent, one.length, one.own, one.repeats, one.swapped)
    return [figure for figure in every if figure is not None]


def _share(figure: Leaning | None) -> str:
    if figure is None:
        return ""
    low, high = figure.low, figure.high
    if low is not None and high is not None:
        low, high = max(0.0, low), min(1.0, high)
    return within(figure.value, low, high, 3)


def _ends(figure: Leaning | None, digits: int) -> str:
    return "" if figure is None else within(figure.value, figure.low, figure.high, digits, "+")
