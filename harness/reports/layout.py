"""The tables of a board: a row a system; where that is too wide, a row a column and the systems beneath."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from harness.reports import served
from harness.reports.board import Board, Row
from harness.reports.entries import Column, titles
from harness.reports.figures import each, factor, figure, short
from harness.reports.speed import Speeds

FIGURES = 6  # columns of figures that stand side by side


class Table(NamedTuple):
    """Cells as they read, and the number of the column that holds names."""

    header: list[str]
    rows: list[list[str]]
    names: int


def tables(found: Board) -> list[Table]:
    """Return the tables of a board that has rows."""
    alike, names = _names(found.columns)
    if is_wide(found):
        made = [*_by_column(found, f"task and metric{alike}", names, _figure), _systems(found)]
    else:
        made = [_by_system(found)]
    if found.speeds and len(names) > 1:
        heading = f"ms/example, speed-up over {found.speeds.baseline}{alike}"
        made += _by_column(found, heading, names, _time(found.speeds))
    return made


def is_wide(found: Board) -> bool:
    """Return whether the board has more columns than can be read side by side."""
    return len(found.columns) > FIGURES


def _by_system(found: Board) -> Table:
    """Return a row a system; what nobody measured has no column."""
    costs = [_costs(found, row) for row in found.rows]
    header = ["rank", "system", *found.titles.values(), *costs[0]]
    rows = [
        [str(row.rank or ""), row.system, *(_figure(row, column) for column in found.columns), *cost.values()]
        for row, cost in zip(found.rows, costs, strict=True)
    ]
    return Table(*filled(header, rows, 2), names=1)


def _by_column(
    found: Board, heading: str, names: Sequence[str], shown: Callable[[Row, Column], str]
) -> Iterator[Table]:
    """Yield a row a column, for as many systems at a time as can be read side by side, the best first."""
    for start in range(0, len(found.rows), FIGURES):
        systems = found.rows[start : start + FIGURES]
        rows = []
        for column, name in zip(found.columns, names, strict=True):
            cells = [shown(row, column) for row in systems]
            if any(cells):
                counts = (row.entries[column].main["n"] for row in systems if column in row.entries)
                rows.append([name, each(counts, FIGURES), *cells])
        if rows:
            yield Table([heading, "n", *(row.system for row in systems)], rows, names=0)


def _names(columns: Sequence[Column]) -> tuple[str, list[str]]:
    """Return what restricts all columns alike, to be said once, and their names without it."""
    free = {"split": "test", "limit": None, "sample": False}
    alike = {key for key in free if len({getattr(column, key) for column in columns}) == 1}
    bare = [Column(**{**c._asdict(), **{key: free[key] for key in alike}}) for c in columns]
    said = Column(**{**columns[0]._asdict(), **{key: free[key] for key in free.keys() - alike}})
    return said.title.removeprefix(said.name), list(titles(bare).values())


def _systems(found: Board) -> Table:
    """Return what each system is and took, over all that it ran."""
    costs = [_costs(found, row) for row in found.rows]
    names = ["kind", *(name for name in costs[0] if name not in ("kind", "n"))]
    rows = [
        [str(row.rank or ""), row.system, *(cost[name] for name in names)]
        for row, cost in zip(found.rows, costs, strict=True)
    ]
    return Table(*filled(["rank", "system", *names], rows, 2), names=1)


def filled(
    header: Sequence[str], rows: Sequence[Sequence[str]], first: int = 0
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows without the columns that are empty; the `first` stay all the same."""
    keep = [i for i in range(len(header)) if i < first or any(row[i] for row in rows)]
    return [header[i] for i in keep], [[row[i] for i in keep] for row in rows]


def _figure(row: Row, column: Column) -> str:
    entry = row.entries.get(column)
    return figure(entry.main, entry.marks) if entry else ""


def _time(speeds: Speeds) -> Callable[[Row, Column], str]:
    """Return the function that says how long a row's examples of a column took, and how many times less."""

    def shown(row: Row, column: Column) -> str:
        speed = speeds.measured[row.system].get(column)
        if speed is None:
            return ""
        return short(speed.ms) + (f" ({factor(speed.factor)})" if speed.factor is not None else "")

    return shown


def _costs(found: Board, row: Row) -> dict[str, str]:
    """Return what the system took: examples learnt from and answered, kind, time and money."""
    runs = [entry.run for entry in row.entries.values()]
    fits = [run["fit"] for run in runs if run.get("fit")]
    return {
        "trained on": each((fit["examples"] for fit in fits), FIGURES),
        "n": each((entry.main["n"] for entry in row.entries.values()), FIGURES),
        "kind": str(row.some.run["backend"]["kind"] or ""),
        "fit s": short(sum({fit["seconds"] for fit in fits}) if fits else None),  # one reused is one fit
        "steps": each((fit["steps"] for fit in fits if fit.get("steps")), FIGURES),
        "fit on": ", ".join(dict.fromkeys(fit["device"] for fit in fits if fit.get("device"))),
        "examples/s": short(_rate(runs)),
        "p95 s": short(_worst(((run.get("latency_s") or {}).get("e2e") or {}).get("p95") for run in runs)),
        **served.cells(runs),
        "USD/1k": short(_worst(cost(run, "USD") for run in runs)),
        "KRW/1k": short(_worst(cost(run, "KRW") for run in runs)),
        **_speed(found, row),
    }


def _speed(found: Board, row: Row) -> dict[str, str]:
    if found.speeds is None:
        return {}
    overall, marks = found.speeds.overall(row.system), found.speeds.marks(row.system)
    times = factor(overall.factor if overall else None)
    return {
        "ms/example": short(overall.ms if overall else None),
        "speed-up": times + (f" ({', '.join(marks)})" if marks else ""),
    }


def cost(run: dict[str, Any], currency: str) -> float | None:
    """Return the cost of a thousand examples, None where it is in another currency or nobody knows it."""
    told = run.get("cost") or {}
    return told.get("per_1k_examples") if told.get("currency", "USD") == currency else None


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _rate(runs: Iterable[dict[str, Any]]) -> float | None:
    """Return examples answered a second over all the sessions of all the runs."""
    sessions = [session for run in runs for session in run.get("sessions") or ()]
    seconds, answered = (sum(session[key] for session in sessions) for key in ("seconds", "answered"))
    return answered / seconds if answered and seconds else None
