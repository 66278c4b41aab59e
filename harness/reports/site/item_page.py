"""A task's items as its systems answered them: a page beside the task's own.

It is made of four systems or more; beyond `MOST` answers it would hold up every site, and the task's page
names the command instead. The subset that tells most is left to that command too: it takes the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.errors import HarnessError
from harness.reports.items import render
from harness.reports.items.analysis import Items, of_column
from harness.reports.pictures import Chart
from harness.reports.pictures.bars import Bars
from harness.reports.run import Run
from harness.reports.site import redaction
from harness.reports.writers.translations import translated

FOLDER = "items"
LEAST = 4  # systems: of fewer, what they agree on is chance
MOST = 250_000  # answers: some four seconds of CPU time, journals and fit
LINES = 50  # in each table


class Row(NamedTuple):
    """A line of a table: the item's id, and the cells beside it."""

    name: str
    cells: list[str]


class Table(NamedTuple):
    """A heading, how to read it, the headers of its columns, its lines, and how many there are in all."""

    title: str
    note: str
    header: list[str]
    rows: list[Row]
    whole: int


@dataclass(frozen=True)
class ItemPage:
    """What a task's systems say of its items; `able` is the run of the ablest of them."""

    found: Items
    able: Run
    texts: bool

    def head(self) -> list[str]:
        """Return the counts."""
        return render.head(self.found)

    def charts(self) -> list[Chart]:
        """Return how many items so many systems have right, and how hard the items are."""
        return [_by_systems(self.found), *_by_difficulty(self.found)]

    def tables(self) -> list[Table]:
        """Return the keys in doubt, what the weak alone have right, what tells most, what nobody solves."""
        made = [self._suspects(), _backwards(self.found), _telling(self.found), *_agreed(self.found)]
        return [table for table in made if table.rows]

    def _suspects(self) -> Table:
        found = self.found
        known = [one for one in found.suspects if one.evidence > 0]
        labels: Mapping[str, str] = {} if self.texts else _labels(self.able)

        def shown(value: str, item: int) -> str:
            return value if self.texts else str(redaction.choice(value, labels, found.options[item]))

        rows = [
            Row(
                found.ids[one.item],
                [
                    *(shown(one.key, one.item), shown(one.instead, one.item)),
                    *(f"{one.chose}/{one.answered}", f"{one.right}/{one.answered}", f"{one.evidence:.1f}"),
                ],
            )
            for one in known[:LINES]
        ]
        header = [
            *(translated("key"), translated("instead"), translated("chose it")),
            *(translated("chose the key"), translated("log-likelihood ratio")),
        ]
        return Table(
            translated("Keys that may be wrong: what systems agree on instead"),
            translated("A list to look at, no verdict: strong systems share their errors."),
            header,
            rows,
            len(known),
        )


def chosen(columns: Iterable[Sequence[Run]]) -> list[Run]:
    """Return the plain runs of the column with the most systems, none where they are fewer than four.

    Runs of perturbed inputs ask other items.
    """
    plain = [[run for run in column if not run.document.task.perturb] for column in columns]
    most = max(plain, key=len, default=[])
    return most if len(most) >= LEAST else []


def too_many(runs: Sequence[Run]) -> bool:
    """Return whether there are more answers than a site waits for."""
    return sum(run.main.n for run in runs) > MOST


def item_page(runs: Sequence[Run], warn: Callable[[str], None], *, texts: bool) -> ItemPage | None:
    """Return the page of the runs of a column; None where they say nothing of items.

    That is so where the main metric is no mean over examples, and where files are not as the harness writes
    them.
    """
    try:
        found = of_column(runs, warn)
    except (HarnessError, KeyError, TypeError, AttributeError, ValueError, IndexError):
        return None
    able = runs[int(found.fit.ability.argmax())]
    return ItemPage(found, able, texts and all(run.may_copy() for run in runs))


def _labels(run: Run) -> Mapping[str, str]:
    try:
        return dict(run.definition().file.options)
    except HarnessError:
        return {}


def _by_systems(found: Items) -> Chart:
    systems = len(found.systems)
    counts = [0] * (systems + 1)
    for at in range(len(found.ids)):
        counts[round(found.share(at) * systems)] += 1
    edges = [float(edge) for edge in range(systems + 2)]
    return Chart(
        translated("Who has what right"),
        translated("At the left what nobody solves, at the right what everybody does: it ranks nobody."),
        Bars(edges, counts, translated("systems that have it right"), translated("items"), whole=True),
    )


def _by_difficulty(found: Items) -> list[Chart]:
    """Return the picture of the difficulties; none where hardly an item tells systems apart."""
    import numpy as np

    known = found.fit.difficulty[np.isfinite(found.fit.difficulty)]
    if not len(known):
        return []
    counts, edges = np.histogram(np.clip(known, -4, 4), bins=16, range=(-4, 4))
    note = translated(
        "The ability that has an item right half the time; systems' mean is 0, beyond 4 is in the end bars."
    )
    form = Bars(edges.tolist(), counts.tolist(), translated("difficulty"), translated("items"))
    return [Chart(translated("How hard the items are"), note, form)]


def _backwards(found: Items) -> Table:
    rows = [
        Row(found.ids[at], [f"{found.share(at):.2f}", f"{found.fit.slope[at]:.2f}"])
        for at in found.backwards[:LINES]
    ]
    header = [translated("share right"), translated("discrimination")]
    title = translated("Items that the weak have right and the strong do not")
    note = translated("Their discrimination is below zero by more than chance.")
    return Table(title, note, header, rows, len(found.backwards))


def _telling(found: Items) -> Table:
    """Return the items of the steepest slopes."""
    slope, difficulty = found.fit.slope, found.fit.difficulty
    told = [
        at for at in (-slope).argsort(kind="stable").tolist() if slope[at] > 0 and 0 < found.share(at) < 1
    ]
    rows = [
        Row(found.ids[at], [f"{slope[at]:.2f}", f"{difficulty[at]:z.2f}", f"{found.share(at):.2f}"])
        for at in told[:LINES]
    ]
    header = [translated("discrimination"), translated("difficulty"), translated("share right")]
    title = translated("Items that tell the strong from the weak best")
    note = translated("By the two-parameter logistic model.")
    return Table(title, note, header, rows, len(told))


def _agreed(found: Items) -> list[Table]:
    none = translated("Items that nobody has right")
    every = translated("Items that everybody has right")
    return [
        Table(title, "", [], [Row(found.ids[at], []) for at in places[:LINES]], len(places))
        for title, places in ((none, found.none_right), (every, found.all_right))
    ]
