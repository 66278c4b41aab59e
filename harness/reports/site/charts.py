"""Pictures as Plotly draws them: traces and a layout in plain values. The page gives them its colours.

Whatever a run named is text in a picture too: Plotly would read `<b>` in a label as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from harness.records.run_schema import GroupResult, MetricResult
from harness.reports.writers.translations import translated
from harness.text.width import plain

LABEL = 60  # characters of a name in a picture
ROW = 26  # pixels a line of a list of names

Trace = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """A picture: its heading, a line that says how to read it, and what Plotly draws."""

    title: str
    note: str
    traces: list[Trace]
    layout: dict[str, Any] = field(default_factory=dict)
    wide: bool = False

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return int(self.layout.get("height", 320))

    @property
    def spec(self) -> dict[str, Any]:
        """Return what a page hands to Plotly."""
        return {"data": self.traces, "layout": self.layout}


def text(name: object) -> str:
    """Return a name as a picture shows it: short, on one line, and never markup."""
    found = plain(str(name)[: 4 * LABEL])
    short = found if len(found) <= LABEL else found[: LABEL - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def texts(names: Iterable[object]) -> list[str]:
    """Return names as a picture's categories: two that are cut alike stay two."""
    found: list[str] = []
    for name in names:
        shown, number = text(name), 2
        while shown in found:
            shown, number = f"{text(name)} ({number})", number + 1
        found.append(shown)
    return found


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with a title."""
    return {"title": {"text": text(title)}, **more}


def names_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return an axis of names, each of them shown, the first at the top where it is upright."""
    return {"type": "category", "categoryorder": "array", "categoryarray": list(names), **more}


def error(mains: Iterable[MetricResult | GroupResult]) -> dict[str, Any]:
    """Return the bars from the lower to the upper ends of intervals; none where there is no interval."""
    up, down = [], []
    for main in mains:
        value, low, high = main.value, main.ci_low, main.ci_high
        up.append(None if value is None or high is None else high - value)
        down.append(None if value is None or low is None else value - low)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.4, "width": 4}


def histogram(name: str, values: Sequence[float], edges: Sequence[float]) -> Trace:
    """Return bars of how many of `values` lie between the edges, each bin without its upper one.

    The last bar is drawn as wide as the first, however far its bin reaches.
    """
    import numpy as np

    bins = list(pairwise(edges))
    counts, _ = np.histogram(np.asarray(values), np.asarray(edges))
    width = edges[1] - edges[0]
    between = translated("{low} to {high}", low="%{customdata[0]}", high="%{customdata[1]}")
    return {
        "type": "bar",
        "name": text(name),
        "x": [low + width / 2 for low in edges[:-1]],
        "y": counts.tolist(),
        "width": width,
        "customdata": [[f"{low:,.4g}", f"{high:,.4g}"] for low, high in bins],
        "hovertemplate": f"{between}: %{{y:,}}<extra></extra>",
    }


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
