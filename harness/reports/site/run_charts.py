"""The pictures of one run. Each is there only where the run measured what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.metrics.option_scores import rank
from harness.reports.run import Run
from harness.reports.site.charts import ROW, Chart, axis, edges, error, histogram, names_axis, texts
from harness.reports.site.examples import Compared, Measured
from harness.reports.writers.translations import named, translated
from harness.scoring.summary import UNANSWERED

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
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    few = len(counts) <= 12
    is_right, is_said = translated("right"), translated("said")
    right, said = (texts(_worded(name, labels) for name in names) for names in (table, columns))
    trace = {
        "type": "heatmap",
        "z": shares,
        "x": said,
        "y": right,
        "text": [[f"{count:,}" for count in row] for row in counts],
        "zmin": 0,
        "zmax": 1,
        "hovertemplate": f"{is_right}: %{{y}}<br>{is_said}: %{{x}}<br>%{{text}} (%{{z:.1%}})<extra></extra>",
        **({"texttemplate": "%{text}"} if few else {}),
    }
    layout = {
        "xaxis": axis(is_said, type="category"),
        "yaxis": axis(is_right, type="category", autorange="reversed"),
        "height": max(300, 130 + ROW * len(counts)),
    }
    note = translated("A row is what was right, a cell's shade its share of the row.")
    yield Chart(translated("Confusion"), note, [trace], layout)


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
    met = translated("said {x}, right {y}", x="%{x:.3f}", y="%{y:.3f}")
    many = translated("{n} examples", n="%{customdata:,}")
    ideal = {
        **{"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip"},
        **{"line": {"dash": "dot", "width": 1}, "name": translated("as it should be")},
    }
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": translated("this run"),
        "x": said.tolist(),
        "y": true.tolist(),
        "customdata": n.tolist(),
        "marker": {"size": (7 + 19 * np.sqrt(n / n.max())).tolist(), "opacity": 0.85},
        "hovertemplate": f"{met}<br>{many}<extra></extra>",
    }
    layout = {
        "xaxis": axis(translated("probability of the option taken"), range=[0, 1.02]),
        "yaxis": axis(translated("share that is right"), range=[0, 1.02]),
    }
    note = translated(
        "On the dotted line its probabilities mean what they say; under it the system is too sure."
    )
    yield Chart(translated("Calibration"), note, [ideal, trace], layout)


def _breakdowns(entry: Run) -> Iterator[Chart]:
    metric = str(entry.metric)
    for by, groups in entry.document.breakdown.items():
        values = {name: group[metric].value for name, group in groups.items() if metric in group}
        found = {name: value for name, value in values.items() if value is not None}
        if not 2 <= len(found) <= MOST:
            continue
        order = sorted(found, key=lambda name: found[name])
        mains = [groups[name][metric] for name in order]
        names = texts(order)
        trace = {
            "type": "scatter",
            "mode": "markers",
            "x": [main.value for main in mains],
            "y": names,
            "customdata": [main.n for main in mains],
            "error_x": error(mains),
            "marker": {"size": 9},
            "hovertemplate": f"%{{y}}: %{{x:.4f}} ({translated('n')} %{{customdata:,}})<extra></extra>",
        }
        layout = {
            "xaxis": axis(metric),
            "yaxis": names_axis(names),
            "height": 110 + ROW * len(names),
        }
        note = translated("The main metric of each group, with 95 % intervals.")
        yield Chart(translated("By {name}", name=by), note, [trace], layout)


def _compared(measured: Measured, labels: Mapping[str, str]) -> Iterator[Chart]:
    """Yield the similarity matrix of pictures and texts, and how probable the right text was and its rank."""
    rows = [row for row in measured.compared if row.cosines]
    if not rows or len({len(row.shares) for row in rows}) > 1 or len(rows[0].shares) > MOST:
        return
    width = len(rows[0].shares)
    columns = texts(labels.values()) if len(labels) == width else [str(place) for place in range(width)]
    names = texts(row.name for row in rows)
    yield _similarities(rows, names, columns)
    if any(row.right is not None for row in rows):
        yield _ranked(rows, names, columns)


def _similarities(rows: Sequence[Compared], names: list[str], columns: list[str]) -> Chart:
    ticks = [[_tick(row, place) for place in range(len(columns))] for row in rows]
    trace = {
        "type": "heatmap",
        "z": [row.cosines for row in rows],
        "x": columns,
        "y": names,
        "text": ticks,
        "texttemplate": "%{text}",
        "hovertemplate": "%{y}<br>%{x}: %{z:.3f}<extra></extra>",
        "colorbar": {"thickness": 10, "outlinewidth": 0},
    }
    layout = {
        "xaxis": axis("", type="category", side="top"),
        "yaxis": {"type": "category", "autorange": "reversed"},
        "height": 160 + ROW * len(rows),
    }
    note = translated(
        "Cosines of pictures (down) and texts (across); ✓ the right text. The first {n} examples.",
        n=len(rows),
    )
    return Chart(translated("Pictures against texts"), note, [trace], layout, wide=True)


def _tick(row: Compared, place: int) -> str:
    return "✓" if row.right == place else ""


def _ranked(rows: Sequence[Compared], names: list[str], columns: list[str]) -> Chart:
    places = [row.right for row in rows]
    ranks = [
        None if place is None else rank(row.shares, place) for row, place in zip(rows, places, strict=True)
    ]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [None if place is None else row.shares[place] for row, place in zip(rows, places, strict=True)],
        "y": names,
        "text": ["" if found is None else translated("rank {n}", n=found) for found in ranks],
        "textposition": "auto",
        "customdata": ["" if place is None else columns[place] for place in places],
        "hovertemplate": "%{y}<br>%{customdata}: %{x:.3f}, %{text}<extra></extra>",
    }
    layout = {
        "xaxis": axis(translated("probability of the right text"), range=[0, 1]),
        "yaxis": {"type": "category", "autorange": "reversed"},
        "height": 120 + ROW * len(rows),
    }
    note = translated("How probable the right text was among all, and its rank from 1.")
    return Chart(translated("Rank and probability of the right text"), note, [trace], layout)


def _lengths(title: str, unit: str, counts: Mapping[str, Sequence[int]]) -> Iterator[Chart]:
    """Yield a picture a kind: what was asked and what was replied are of other sizes."""
    for name, values in counts.items():
        if len(set(values)) < 2:
            continue
        words = named(name.replace("_", " "))
        trace = histogram(words, values, edges(values, whole=True))
        layout = {"xaxis": axis(unit), "yaxis": axis(translated("examples")), "bargap": 0.06}
        middle = sorted(values)[len(values) // 2]
        note = translated(
            "Median {n:,} {unit}; the last bar holds the longest hundredth.", n=middle, unit=unit
        )
        yield Chart(f"{title}: {words}", note, [trace], layout)


def _times(measured: Measured) -> Iterator[Chart]:
    if len(set(measured.seconds)) < 2:
        return
    trace = histogram(translated("seconds"), measured.seconds, edges(measured.seconds, whole=False))
    layout = {
        "xaxis": axis(translated("seconds, end to end")),
        "yaxis": axis(translated("examples")),
        "bargap": 0.06,
    }
    note = translated(
        "How long a reply took by the client's clock; of a batch, each example took the batch's time."
    )
    yield Chart(translated("Latency"), note, [trace], layout)
