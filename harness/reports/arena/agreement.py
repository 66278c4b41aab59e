"""How far raters agree, as Markdown and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.judging.agreement import Agreement, Figure
from harness.reports.writers.blocks import Block, Lines, Note, TableBlock
from harness.reports.writers.numbers import within
from harness.reports.writers.translations import translated
from harness.stats.prediction_powered import LEAST_APART, LEAST_LABELS


def blocks(found: Agreement) -> list[Block]:
    """Return Krippendorff's alpha, the pairs, and the means that people would give."""
    counted = translated(
        "{raters} raters, {items:,} replies, {questions:,} questions",
        **{"raters": len(found.raters), "items": found.items, "questions": found.questions},
    )
    made: list[Block] = [
        Lines([counted, translated("Krippendorff's alpha: {value}", value=_ends(found.alpha))])
    ]
    header = [
        *(translated("rater"), translated("beside"), translated("replies"), translated("the same")),
        *("kappa", "Spearman", translated("gives more by")),
    ]
    rows = [
        [one.one, one.other, f"{one.items:,}", *map(_ends, (one.equal, one.kappa, one.spearman, one.lead))]
        for one in found.pairs
    ]
    made.append(TableBlock(header, rows, names=0))
    if found.powered:
        made += [Note(translated("What people would say of everything that a judge rated")), _powered(found)]
    return made


def as_json(found: Agreement) -> dict[str, Any]:
    """Return all of it."""
    return asdict(found)


def _powered(found: Agreement) -> TableBlock:
    few = translated("needs {n} labels of people and {k} disagreements", n=LEAST_LABELS, k=LEAST_APART)
    rows = [
        [name, few, "", ""]
        if one is None
        else [name, within(one.value, one.low, one.high, 3), f"{one.labels:,}", f"{one.judged:,}"]
        for name, one in found.powered.items()
    ]
    header = [translated("judge"), translated("mean"), translated("labels of people"), translated("judged")]
    return TableBlock(header, rows, names=0)


def _ends(figure: Figure) -> str:
    if figure.value is None:
        return translated("undefined")
    return within(figure.value, figure.low, figure.high, 3)
