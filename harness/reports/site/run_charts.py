"""The pictures of one run. Each is there only where the run measured what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.metrics.option_scores import rank
from harness.reports.pictures import Chart
from harness.reports.pictures.bars import Bars
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.pictures.heat import Heat
from harness.reports.pictures.lines import Lines, Place, Series
from harness.reports.run import Run
from harness.reports.site.examples import Compared, Measured
from harness.reports.writers.numbers import number
from harness.reports.writers.translations import named, translated
from harness.scoring.summary import UNANSWERED
from harness.tasks.schema import ACROSS

BINS = 10  # of the reliability diagram
MOST = 60  # rows or columns of a matrix, groups of a breakdown


def charts(entry: Run, measured: Measured, labels: Mapping[str, str]) -> list[Chart]:
    """Return the run's pictures in the order in which they are shown; `labels` are an option's words."""
    found = [
        *_confusion(entry, labels),
        *_reliability(measured),
        *_breakdowns(entry),
        *_compared(measured, labels),
        *_lengths(translated("Lengths"), translated("characters"), measured.lengths),
        *_lengths(translated("Tokens"), translated("tokens"), measured.tokens),
        *_times(measured),
    ]
    return found


def _confusion(entry: Run, labels: Mapping[str, str]) -> Iterator[Chart]:
    table = entry.document.confusion or {}
    counts = [list(row.values()) for row in table.values()]
    if not 2 <= len(table) <= MOST or not any(map(any, counts)):
        return
    columns = list(next(iter(table.values())))
    if not any(row[-1] for row in counts) and columns[-1] == UNANSWERED:
        columns, counts = columns[:-1], [row[:-1] for row in counts]
    form = Heat(
        rows=[_worded(name, labels) for name in table],
        columns=[_worded(name, labels) for name in columns],
        shares=[[count / (sum(row) or 1) for count in row] for row in counts],
        texts=[[f"{count:,}" for count in row] for row in counts],
        down=translated("right"),
        across=translated("said"),
    )
    note = translated("A row is what was right, a cell's shade its share of the row.")
    yield Chart(translated("Confusion"), note, form)


def _worded(label: str, labels: Mapping[str, str]) -> str:
    if label == UNANSWERED:
        return named(label)
    word = labels.get(label)
    return label if word in (None, label) else f"{word} ({label})"


def _reliability(measured: Measured) -> Iterator[Chart]:
    import numpy as np

    shares, hits = measured.confidences()
    if len(shares) < 2:
        return
    bins = np.minimum((shares * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    full = np.flatnonzero(counts)
    said = np.bincount(bins, shares, BINS)[full] / counts[full]
    true = np.bincount(bins, hits, BINS)[full] / counts[full]
    n = counts[full]
    radii = 3.5 + 8 * np.sqrt(n / n.max())
    met = [
        translated("said {x}, right {y}", x=f"{x:.3f}", y=f"{y:.3f}")
        + f" ({translated('{n} examples', n=f'{k:,}')})"
        for x, y, k in zip(said, true, n, strict=True)
    ]
    points = zip(said.tolist(), true.tolist(), radii.tolist(), met, strict=True)
    series = [
        Series(translated("as it should be"), [Place(0.0, 0.0), Place(1.0, 1.0)], ideal=True),
        Series(translated("this run"), [Place(x, y, radius=radius, tip=tip) for x, y, radius, tip in points]),
    ]
    across, up = translated("probability of the option taken"), translated("share that is right")
    note = translated(
        "The closer to the dotted line, the more its probabilities mean what they say; under it the system "
        "is too sure."
    )
    yield Chart(translated("Calibration"), note, Lines(series, across, up, square=True))


class Cross(NamedTuple):
    """A breakdown by two fields as a heat map, and how it is read."""

    form: Heat
    note: str


def cross(entry: Run, by: str) -> Cross | None:
    """Return the main metric of a run by two fields at once, None where `by` is a breakdown by one."""
    groups, metric = entry.document.breakdown.get(by, {}), str(entry.metric)
    pairs = [tuple(name.rsplit(ACROSS, 1)) for name in groups if ACROSS in name]
    if len(pairs) < len(groups) or not pairs or metric not in entry.metrics:
        return None
    down, across = (sorted({pair[side] for pair in pairs}, key=_natural) for side in (0, 1))
    if max(len(down), len(across)) > MOST:
        return None
    values = {
        tuple(name.rsplit(ACROSS, 1)): found.value
        for name, one in groups.items()
        if (found := one.get(metric))
    }
    known = [value for value in values.values() if value is not None]
    low, high = (0.0, 1.0) if entry.main.unit == "0-1" else (min(known, default=0), max(known, default=1))
    cells = [[values.get((row, column)) for column in across] for row in down]
    scale = (high - low) or 1.0
    heights = entry.main.higher_is_better
    form = Heat(
        rows=down,
        columns=across,
        shares=[
            [None if v is None else (v - low) / scale if heights else (high - v) / scale for v in row]
            for row in cells
        ],
        texts=[["" if v is None else number(v, entry.main.unit) for v in row] for row in cells],
    )
    return Cross(form, translated("{metric} of each pair: the darker, the better.", metric=metric))


def _natural(name: str) -> tuple[bool, float, str]:
    """Return the key that puts 8000 before 16000, and what begins with no number behind what does."""
    digits = re.match(r"[0-9]+(?:\.[0-9]+)?", name)
    return digits is None, float(digits[0]) if digits else 0.0, name


def _breakdowns(entry: Run) -> Iterator[Chart]:
    metric = str(entry.metric)
    for by, groups in entry.document.breakdown.items():
        if (crossed := cross(entry, by)) is not None:
            yield Chart(translated("By {name}", name=by), crossed.note, crossed.form, wide=True)
            continue
        found = [
            Dot(name, main.value, main.ci_low, main.ci_high, number(main.value, entry.main.unit))
            for name, group in groups.items()
            if (main := group.get(metric)) is not None and main.value is not None
        ]
        if not 2 <= len(found) <= MOST:
            continue
        rows = sorted(found, key=lambda row: -row.value)
        note = translated("The main metric of each group, with 95 % intervals.")
        yield Chart(translated("By {name}", name=by), note, Dots(rows, str(entry.metric)))


def _compared(measured: Measured, labels: Mapping[str, str]) -> Iterator[Chart]:
    """Yield the similarity matrix of pictures and texts, and how probable the right text was and its rank."""
    rows = [row for row in measured.compared if row.cosines]
    if not rows or len({len(row.shares) for row in rows}) > 1 or len(rows[0].shares) > MOST:
        return
    width = len(rows[0].shares)
    columns = list(labels.values()) if len(labels) == width else [str(place) for place in range(width)]
    yield _similarities(rows, columns)
    if any(row.right is not None for row in rows):
        yield _ranked(rows, columns)


def _similarities(rows: Sequence[Compared], columns: list[str]) -> Chart:
    cosines = [row.cosines or [] for row in rows]
    low, high = min(map(min, cosines)), max(map(max, cosines))
    form = Heat(
        rows=[row.name for row in rows],
        columns=columns,
        shares=[[(one - low) / ((high - low) or 1.0) for one in row] for row in cosines],
        texts=[
            [
                f"{one:.2f}" + (" ✓" if place == row.right else "")
                for place, one in enumerate(row.cosines or [])
            ]
            for row in rows
        ],
    )
    note = translated(
        "Cosines of pictures (down) and texts (across); ✓ the right text. The first {n} examples.",
        n=len(rows),
    )
    return Chart(translated("Pictures against texts"), note, form, wide=True)


def _ranked(rows: Sequence[Compared], columns: list[str]) -> Chart:
    dots = [
        Dot(row.name, row.shares[row.right], shown=translated("rank {n}", n=rank(row.shares, row.right)))
        for row in rows
        if row.right is not None
    ]
    note = translated("How probable the right text was among all, and its rank from 1.")
    title = translated("Rank and probability of the right text")
    return Chart(title, note, Dots(dots, translated("probability of the right text")))


def _lengths(title: str, unit: str, counts: Mapping[str, Sequence[int]]) -> Iterator[Chart]:
    """Yield a picture a kind: what was asked and what was replied are of other sizes."""
    for name, values in counts.items():
        if len(set(values)) < 2:
            continue
        words = named(name.replace("_", " "))
        bins = edges(values, whole=True)
        form = Bars(bins, binned(values, bins), unit, translated("examples"), whole=True)
        middle = sorted(values)[len(values) // 2]
        note = translated(
            "Median {n:,} {unit}; the last bar holds the longest hundredth.", n=middle, unit=unit
        )
        yield Chart(f"{title}: {words}", note, form)


def _times(measured: Measured) -> Iterator[Chart]:
    if len(set(measured.seconds)) < 2:
        return
    bins = edges(measured.seconds, whole=False)
    form = Bars(
        bins, binned(measured.seconds, bins), translated("seconds, end to end"), translated("examples")
    )
    note = translated(
        "How long a reply took by the client's clock; of a batch, each example took the batch's time."
    )
    yield Chart(translated("Latency"), note, form)


def binned(values: Sequence[float], bins: Sequence[float]) -> list[int]:
    """Return how many of `values` lie between the edges, each bin without its upper one."""
    import numpy as np

    counts: list[int] = np.histogram(np.asarray(values), np.asarray(bins))[0].tolist()
    return counts


def edges(values: Sequence[float], *, whole: bool, bins: int = 30) -> list[float]:
    """Return the edges of at most `bins` equal bins; of whole numbers, each bin holds as many of them.

    The longest hundredth is in the last bin, so that one example does not make a line of all others.
    """
    import numpy as np

    found = np.asarray(values, dtype=float)
    low, high, most = float(found.min()), float(np.percentile(found, 99)), float(found.max())
    if whole:
        step = max(1, int(-(-(high - low + 1) // bins)))
        made = [low - 0.5 + step * place for place in range(int((high - low) // step) + 2)]
    else:
        step_s = (high - low) / bins or 1.0
        made = [low + step_s * place for place in range(bins + 1)]
    return [*made[:-1], max(made[-1], most + (0.5 if whole else 0.0))]
