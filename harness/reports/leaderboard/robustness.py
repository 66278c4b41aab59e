"""What a system loses when its inputs are written as people write: a table below the board.

Each perturbed run is compared with the plain run of the same system, on the same examples, paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import HarnessError
from harness.records import journal as records
from harness.records import run_file
from harness.reports.comparison.compare import Difference, compare
from harness.reports.run import Run
from harness.reports.writers.blocks import Block, Note, TableBlock
from harness.reports.writers.numbers import number
from harness.reports.writers.translations import translated

BAR = 0.02  # what one block of the picture stands for, of a figure from 0 to 1


class Loss(NamedTuple):
    """A perturbed run beside the plain one; `consistent` is the share of equal predictions."""

    entry: Run
    plain: Run
    kind: str
    difference: Difference
    consistent: float


def kind_of(entry: Run) -> str | None:
    """Return how a run's inputs were perturbed, None for those as they are."""
    return entry.document.task.perturb


def beside(entries: Iterable[Run], warn: Callable[[str], None]) -> list[tuple[Run, Run, str]]:
    """Return (plain run, perturbed run, kind) by system and task; the latest of each counts.

    A run whose plain one is not among the entries is left out with a warning.
    """
    latest: dict[tuple[str, str, str | None], Run] = {}
    for entry in sorted(entries, key=lambda one: one.preference):
        if entry.metric:
            latest[_row(entry), entry.task, kind_of(entry)] = entry
    found = []
    for (row, task, kind), entry in latest.items():
        if kind is None:
            continue
        plain = latest.get((row, task, None))
        if plain is None:
            warn(f"{entry.system} on {task}: no plain run beside it")
            continue
        found.append((plain, entry, kind))
    return found


def losses(entries: Iterable[Run], warn: Callable[[str], None]) -> list[Loss]:
    """Return what each perturbed run lost, paired with the plain one.

    A run that cannot be compared with its plain one is left out with a warning.
    """
    found = []
    for plain, entry, kind in beside(entries, warn):
        try:
            (difference,) = compare(plain, entry, metrics=[str(entry.metric)], examples=0).differences
        except HarnessError as error:
            warn(f"{entry.system} on {entry.task}: {error}")
            continue
        found.append(Loss(entry, plain, kind, difference, _consistent(plain, entry)))
    return found


def blocks(entries: Sequence[Run], warn: Callable[[str], None]) -> Iterator[Block]:
    """Yield a table for each system and task that was asked perturbed; nothing where none was."""
    by_plain: dict[Any, list[Loss]] = {}
    for loss in losses(entries, warn):
        by_plain.setdefault(loss.plain.directory, []).append(loss)
    for found in by_plain.values():
        plain = found[0].plain
        name = f"{plain.system} · {plain.task} · {plain.metric}"
        header = [
            *(translated("perturbed"), translated("value"), translated("drop")),
            *(translated("95 % interval"), translated("same prediction"), ""),
        ]
        rows = [["—", number(plain.main.value, plain.main.unit), "", "", "", ""], *map(_cells, found)]
        yield Note(translated("What perturbed inputs cost: {name}", name=name))
        yield TableBlock(header, rows, names=0)
        yield Note(_summary(found))


def worst_and_mean(perturbed: Sequence[Run]) -> tuple[Run, float]:
    """Return the worst of a system's perturbed runs and the mean of their figures; each has one."""
    figures = [entry.main.value for entry in perturbed if entry.main.value is not None]
    return min(perturbed, key=lambda entry: entry.height), sum(figures) / len(figures)


def worst_case(perturbed: Sequence[Run]) -> str:
    """Return the worst figure of a system's perturbed runs and its kind; empty where none has a figure."""
    known = [entry for entry in perturbed if entry.main.value is not None]
    if not known:
        return ""
    worst, _ = worst_and_mean(known)
    return f"{number(worst.main.value, worst.main.unit)} ({kind_of(worst)})"


def _row(entry: Run) -> str:
    """Return what a plain run and its perturbed ones have in common: the system and what it was given."""
    given = {key: value for key, value in entry.document.given.items() if key != "perturb"}
    asked = entry.sha256, entry.limit
    return repr((entry.document.backend.name, given, asked))


def _cells(loss: Loss) -> list[str]:
    unit, found = loss.entry.main.unit, loss.difference
    ends = (found.ci_low, found.ci_high)
    between = "" if None in ends else f"[{', '.join(_signed(end, unit) for end in ends)}]"
    return [
        loss.kind,
        number(loss.entry.main.value, unit),
        _signed(found.value, unit),
        between,
        number(loss.consistent, "0-1"),
        _bar(loss),
    ]


def _signed(value: float | None, unit: str) -> str:
    shown = number(value, unit)
    return f"+{shown}" if value is not None and value > 0 else shown


def _bar(loss: Loss) -> str:
    """Return the picture of a drop: a block for each 2 points, an outline for a gain."""
    value, unit = loss.difference.value, loss.entry.main.unit
    if value is None or unit not in ("0-1", "0-100"):
        return ""
    drop = -value if loss.difference.higher_is_better else value
    width = round(abs(drop) / (BAR if unit == "0-1" else 100 * BAR))
    return ("█" if drop > 0 else "░") * min(width, 50)


def _summary(found: Sequence[Loss]) -> str:
    """Return the worst case and the mean over the kinds."""
    known = [loss.entry for loss in found if loss.entry.main.value is not None]
    if not known:
        return translated("no figure is defined")
    unit = known[0].main.unit
    worst, mean = worst_and_mean(known)
    return translated(
        "worst case {value} ({kind}); mean over {n} kinds {mean}; paired with the plain run",
        value=number(worst.main.value, unit),
        kind=kind_of(worst),
        n=len(known),
        mean=number(mean, unit),
    )


def _consistent(plain: Run, other: Run) -> float:
    """Return the share of common examples for which both runs predict the same."""
    was, now = _predictions(plain), _predictions(other)
    common = was.keys() & now.keys()
    return sum(was[key] == now[key] for key in common) / len(common) if common else 0.0


def _predictions(entry: Run) -> Mapping[Any, Any]:
    """Return what was predicted, an option of the example's own by its text: its place may have moved."""
    found = {}
    for line in records.last_lines(entry.directory / run_file.SAMPLES):
        record = line.record
        if record.failed:
            continue
        said, asked = record.prediction, record.request or {}
        texts = asked.get("choices") or asked.get("options") or []
        moved = entry.document.task.perturb == "order" or not entry.document.confusion
        if moved and isinstance(said, str) and said.isdecimal() and int(said) < len(texts):
            said = texts[int(said)]
        found[record.key] = said
    return found
