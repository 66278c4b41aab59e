"""The picture of perturbed inputs: each system as it was asked plainly, by kind, on average and at worst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.reports.columns import Column
from harness.reports.leaderboard import robustness
from harness.reports.pictures import Chart
from harness.reports.pictures.heat import Heat
from harness.reports.run import Run
from harness.reports.writers.numbers import number
from harness.reports.writers.translations import translated


def charts(entries: Sequence[Run], column: Column) -> Iterator[Chart]:
    """Yield a heat map of the systems that were asked perturbed; nothing where none was.

    `entries` are of one column and have figures. A perturbed run without its plain one is not drawn: the
    board's table says so.
    """
    by_system: dict[str, dict[str | None, Run]] = {}
    for plain, entry, kind in robustness.beside(entries, lambda _said: None):
        by_system.setdefault(plain.system, {None: plain})[kind] = entry
    if not by_system:
        return
    ordered = sorted(by_system.values(), key=lambda found: -found[None].height)
    kinds = sorted({kind for found in ordered for kind in found if kind is not None})
    figures = [_figures(found, kinds) for found in ordered]
    main = ordered[0][None].main
    known = [figure for row in figures for figure in row if figure is not None]
    low, scale = min(known), (max(known) - min(known)) or 1.0
    shares = [
        [None if f is None else _share((f - low) / scale, up=main.higher_is_better) for f in row]
        for row in figures
    ]
    form = Heat(
        rows=[found[None].system for found in ordered],
        columns=[translated("unperturbed"), *kinds, translated("mean"), translated("worst case")],
        shares=shares,
        texts=[["" if f is None else number(f, main.unit) for f in row] for row in figures],
    )
    note = translated(
        "{metric} as asked, by kind, on average and at worst: the darker, the better.", metric=column.metric
    )
    yield Chart(translated("Perturbed inputs"), note, form, wide=True)


def _figures(found: dict[str | None, Run], kinds: Sequence[str]) -> list[float | None]:
    """Return the plain figure, each kind's, their mean and the worst; None where a kind was not asked."""
    worst, mean = robustness.worst_and_mean([entry for kind, entry in found.items() if kind is not None])
    own = [found[kind].main.value if kind in found else None for kind in kinds]
    return [found[None].main.value, *own, mean, worst.main.value]


def _share(height: float, *, up: bool) -> float:
    return height if up else 1 - height
