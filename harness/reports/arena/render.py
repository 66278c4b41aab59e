"""A board of pairwise verdicts as Markdown, HTML with its pictures, and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.judging.arena import FEW_QUESTIONS, Arena, Ends
from harness.reports.pictures import Chart
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.pictures.heat import Heat
from harness.reports.writers import html as to_html
from harness.reports.writers.blocks import Block, Lines, Note, TableBlock
from harness.reports.writers.numbers import within
from harness.reports.writers.translations import named, translated

WORDS = {"length": "characters"}
WIDEST = 12  # systems whose matrix is also written as a table


def html(found: Arena) -> str:
    """Return the report as a page of HTML, its pictures inside."""
    pictures = [chart.file() for chart in charts(found)]
    return to_html.page(translated("Arena"), blocks(found), pictures)


def blocks(found: Arena) -> list[Block]:
    """Return what was counted, the board, and how often each is expected to beat each."""
    made: list[Block] = [Lines(head(found)), board(found)]
    if (expected := matrix(found)) is not None:
        made += [Note(translated("How often the row is expected to beat the column, of 100")), expected]
    return made


def as_json(found: Arena) -> dict[str, Any]:
    """Return all of it."""
    return asdict(found)


def charts(found: Arena) -> list[Chart]:
    """Return the strengths with their intervals, and the matrix of expected wins."""
    if found.expected is None:
        return []
    of_score = found.baseline is not None
    dots = []
    for one in found.standings:
        ends = one.score if of_score else one.elo
        if ends is not None:
            dots.append(Dot(one.system, ends.value, ends.low, ends.high, _ends(ends, 1 if of_score else 0)))
    unit = translated("expected wins over {baseline}, of 100", baseline=found.baseline) if of_score else "Elo"
    note = translated("Intervals of 95 % by question.")
    names = list(found.expected)
    heat = Heat(
        rows=names,
        columns=names,
        shares=[[None if a == b else found.expected[a][b] for b in names] for a in names],
        texts=[["" if a == b else f"{100 * found.expected[a][b]:.0f}" for b in names] for a in names],
    )
    of_each = translated("How often the row is expected to beat the column, of 100")
    return [Chart(translated("Strengths"), note, Dots(dots, unit)), Chart(of_each, "", heat, wide=True)]


def head(found: Arena) -> list[str]:
    """Return what was counted, what the place and the style are worth, and what is in doubt, a line each."""
    lines = [
        translated(
            "{verdicts:,} verdicts on {questions:,} questions, {systems} systems",
            verdicts=found.verdicts,
            questions=found.questions,
            systems=len(found.standings),
        )
    ]
    if found.unjudged:
        lines.append(translated("{n:,} without a verdict, left out", n=found.unjudged))
    if found.style_unknown:
        lines.append(translated("{n:,} left out: a reply's style is not known", n=found.style_unknown))
    if found.place is not None:
        lines.append(
            translated(
                "shown first, one of two equals wins {points} of 100 more", points=_ends(found.place, 1)
            )
        )
    elif found.place_untold:
        lines.append(translated("what standing first is worth cannot be told: nobody stood in both places"))
    for name, ends in found.style.items():
        lines.append(
            translated(
                "a standard deviation more of {name}: {points} Elo",
                name=named(WORDS.get(name, name)),
                points=_ends(ends, 0),
            )
        )
    return [*lines, *_doubts(found)]


def _doubts(found: Arena) -> list[str]:
    """Return why there are no strengths, or no intervals."""
    if found.parts:
        groups = "; ".join(", ".join(group) for group in found.parts)
        return [
            translated(
                "no strengths: these never beat those before them, or never met them: {groups}", groups=groups
            )
        ]
    if found.missing:
        return [translated("no strengths: the likelihood has no maximum")]
    if found.questions < FEW_QUESTIONS:
        return [translated("no intervals: fewer than {n} questions", n=FEW_QUESTIONS)]
    if found.draws_without:
        told = translated(
            "in {n:,} of {draws:,} draws there are no strengths", n=found.draws_without, draws=found.draws
        )
        certain = any(one.elo and one.elo.low is not None for one in found.standings)
        return [told if certain else told + translated(": no intervals")]
    return []


def board(found: Arena) -> TableBlock:
    """Return the systems by strength."""
    header = [translated("rank"), translated("system"), "Elo"]
    if found.baseline is not None:
        header.append(translated("wins over {baseline}", baseline=found.baseline))
    header += [translated("share won"), translated("verdicts")]
    rows = []
    for one in found.standings:
        row = ["" if one.rank is None else str(one.rank), one.system, _ends(one.elo, 0)]
        if found.baseline is not None:
            row.append(_ends(one.score, 1))
        rows.append([*row, f"{100 * one.share:.1f}", f"{one.games:,}"])
    return TableBlock(header, rows)


def matrix(found: Arena) -> TableBlock | None:
    """Return the expected wins of 100; None without strengths, or with more systems than can be read."""
    if not found.expected or len(found.expected) > WIDEST:
        return None
    names = list(found.expected)
    rows = [[a, *("–" if a == b else f"{100 * found.expected[a][b]:.0f}" for b in names)] for a in names]
    return TableBlock([translated("system"), *names], rows, names=0)


def _ends(ends: Ends | None, digits: int) -> str:
    return "" if ends is None else within(ends.value, ends.low, ends.high, digits)
