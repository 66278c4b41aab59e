"""The tables of a board: a row a system; where that is too wide, a row a column and the systems beneath."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from harness.records.run_schema import FitInfo, RunDocument
from harness.reports.columns import Column, titles
from harness.reports.leaderboard import robustness
from harness.reports.leaderboard.board import Board, BoardRow
from harness.reports.leaderboard.speed import Speeds
from harness.reports.run import Run
from harness.reports.writers import service_levels as served
from harness.reports.writers.blocks import TableBlock
from harness.reports.writers.numbers import each, factor, figure, short, size
from harness.reports.writers.translations import named, translated

USD = "USD"  # of what older versions kept without its currency
FIGURES = 6  # columns of figures that stand side by side


def tables(found: Board) -> list[TableBlock]:
    """Return the tables of a board that has rows."""
    alike, names = _names(found.columns)
    if is_wide(found):
        heading = translated("task and metric") + alike
        made = [*_by_column(found, heading, _marked(found, names), _figure, _overall(found)), _systems(found)]
    else:
        made = [_by_system(found)]
    if found.speeds and len(names) > 1:
        heading = translated("ms/example, speed-up over {baseline}", baseline=found.speeds.baseline) + alike
        made += _by_column(found, heading, names, _time(found.speeds))
    return made


def is_wide(found: Board) -> bool:
    """Return whether the board has more columns than can be read side by side."""
    return len(found.columns) > FIGURES


def _by_system(found: Board) -> TableBlock:
    """Return a row a system; what nobody measured has no column."""
    costs, total = _costs(found), _overall(found)
    columns = _marked(found, list(found.titles.values()))
    header = [translated("rank"), translated("system"), *([_ranked(total[0])] if total else []), *columns]
    rows = [
        [
            *(str(row.rank or ""), row.system, *([total[1](row)] if total else [])),
            *(*(_figure(row, column) for column in found.columns), *cost.values()),
        ]
        for row, cost in zip(found.rows, costs, strict=True)
    ]
    return TableBlock(*filled([*header, *costs[0]], rows, 2), names=1)


def _marked(found: Board, names: list[str]) -> list[str]:
    """Return the names of the columns, the one that the ranks are of marked where there are several."""
    if found.ranked_by is None or len(names) < 2:
        return names
    return [
        _ranked(name) if c == found.ranked_by else name for c, name in zip(found.columns, names, strict=True)
    ]


def _ranked(name: str) -> str:
    return translated("{column} (ranks)", column=name)


def _overall(found: Board) -> tuple[str, Callable[[BoardRow], str]] | None:
    """Return the name of the overall score that the ranks are of, and what it is for a row; None without."""
    if found.overall is None:
        return None
    scores = found.overall.scores

    def shown(row: BoardRow) -> str:
        score = scores.get(row.system)
        return "" if score is None else figure(score.result)

    return translated("mean win rate"), shown


def _by_column(
    found: Board,
    heading: str,
    names: Sequence[str],
    shown: Callable[[BoardRow, Column], str],
    total: tuple[str, Callable[[BoardRow], str]] | None = None,
) -> Iterator[TableBlock]:
    """Yield a row a column, for as many systems at a time as can be read side by side, the best first."""
    for start in range(0, len(found.rows), FIGURES):
        systems = found.rows[start : start + FIGURES]
        scores = list(map(total[1], systems)) if total else []
        rows = [[_ranked(total[0]), "", *scores]] if total and any(scores) else []
        for column, name in zip(found.columns, names, strict=True):
            cells = [shown(row, column) for row in systems]
            if any(cells):
                counts = (row.entries[column].main.n for row in systems if column in row.entries)
                rows.append([name, each(counts, FIGURES), *cells])
        if rows:
            yield TableBlock([heading, translated("n"), *(row.system for row in systems)], rows, names=0)


def _names(columns: Sequence[Column]) -> tuple[str, list[str]]:
    """Return what restricts all columns alike, to be said once, and their names without it."""
    free = {"split": "test", "limit": None, "sample": False}
    alike = {key for key in free if len({getattr(column, key) for column in columns}) == 1}
    bare = [Column(**{**c._asdict(), **{key: free[key] for key in alike}}) for c in columns]
    said = Column(**{**columns[0]._asdict(), **{key: free[key] for key in free.keys() - alike}})
    return said.title.removeprefix(said.name), list(titles(bare).values())


def _systems(found: Board) -> TableBlock:
    """Return what each system is and took, over all that it ran."""
    costs = _costs(found)
    names = [name for name in costs[0] if name != translated("n")]
    rows = [
        [str(row.rank or ""), row.system, *(cost[name] for name in names)]
        for row, cost in zip(found.rows, costs, strict=True)
    ]
    return TableBlock(*filled([translated("rank"), translated("system"), *names], rows, 2), names=1)


def filled(
    header: Sequence[str], rows: Sequence[Sequence[str]], first: int = 0
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows without the columns that are empty; the `first` stay all the same."""
    keep = [i for i in range(len(header)) if i < first or any(row[i] for row in rows)]
    return [header[i] for i in keep], [[row[i] for i in keep] for row in rows]


def _figure(row: BoardRow, column: Column) -> str:
    entry = row.entries.get(column)
    return figure(entry.main, entry.marks) if entry else ""


def _time(speeds: Speeds) -> Callable[[BoardRow, Column], str]:
    """Return the function that says how long a row's examples of a column took, and how many times less."""

    def shown(row: BoardRow, column: Column) -> str:
        speed = speeds.measured[row.system].get(column)
        if speed is None:
            return ""
        return short(speed.ms) + (f" ({factor(speed.factor)})" if speed.factor is not None else "")

    return shown


def _costs(found: Board) -> list[dict[str, str]]:
    """Return a row each: what the system is, what it learnt from and answered, and what that took."""
    currencies, worst = _currencies(found), _worst_perturbed(found)
    return [
        {translated("worst perturbed"): worst.get(row.system, ""), **_costs_of(row, found, currencies)}
        for row in found.rows
    ]


def _worst_perturbed(found: Board) -> dict[str, str]:
    """Return system → its worst figure of perturbed inputs, and of which kind, in the ranking column."""
    column = found.ranked_by or found.columns[0]
    runs = {row.entries[column].directory: row for row in found.rows if column in row.entries}
    beside: dict[str, list[Run]] = {}
    entries = [row.entries[column] for row in runs.values()]
    for plain, perturbed, _ in robustness.beside(entries, lambda _line: None):
        beside.setdefault(runs[plain.directory].system, []).append(perturbed)
    return {system: robustness.worst_case(those) for system, those in beside.items()}


def _costs_of(row: BoardRow, found: Board, currencies: Sequence[str]) -> dict[str, str]:
    backend, runs = row.some.document.backend, [entry.document for entry in row.entries.values()]
    fits = [run.fit for run in runs if run.fit]
    return {
        translated("kind"): named(backend.kind or ""),
        translated("size"): size(backend.parameters),
        translated("licence"): backend.licence or "",
        translated("trained on"): each((fit.examples for fit in fits), FIGURES),
        translated("n"): each((entry.main.n for entry in row.entries.values()), FIGURES),
        # one that was reused is one fit
        translated("fit s"): short(sum({fit.seconds for fit in fits}) if fits else None),
        translated("fit CPU s"): short(_fit_cpu(fits)),
        translated("steps"): each((fit.steps for fit in fits if fit.steps), FIGURES),
        translated("fit on"): ", ".join(dict.fromkeys(fit.device for fit in fits if fit.device)),
        translated("examples/s"): short(_rate(runs)),
        translated("CPU ms/example"): short(_cpu_ms(runs)),
        translated("p95 s"): short(
            _worst(run.latency_s["e2e"].p95 for run in runs if "e2e" in run.latency_s)
        ),
        **served.cells(runs),
        **{f"{currency}/1k": short(_worst(cost(run, currency) for run in runs)) for currency in currencies},
        translated("J/example"): short(_of_energy(runs, "joules")),
        translated("g CO₂/1k"): short(1000 * grams if (grams := _of_energy(runs, "co2_g")) else grams),
        **_speed(found, row),
    }


def _currencies(found: Board) -> list[str]:
    """Return the currencies in which a run tells its cost: another one is another column."""
    costs = (entry.document.cost for row in found.rows for entry in row.entries.values())
    return sorted({cost.currency or USD for cost in costs if cost})


def _of_energy(runs: Iterable[RunDocument], key: Literal["joules", "co2_g"]) -> float | None:
    """Return the `joules`, or the `co2_g`, that an example took over all runs that measured theirs."""
    measured = [(getattr(run.energy, key), run.energy.examples) for run in runs if run.energy]
    known = [(amount, examples) for amount, examples in measured if amount is not None]
    amount, examples = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0)
    return amount / examples if examples else None


def _speed(found: Board, row: BoardRow) -> dict[str, str]:
    if found.speeds is None:
        return {}
    overall, marks = found.speeds.overall(row.system), found.speeds.marks(row.system)
    times = factor(overall.factor if overall else None)
    return {
        translated("ms/example"): short(overall.ms if overall else None),
        translated("speed-up"): times + (f" ({', '.join(marks)})" if marks else ""),
    }


def cost(run: RunDocument, currency: str) -> float | None:
    """Return the cost of a thousand examples, None where it is in another currency or nobody knows it."""
    told = run.cost
    return told.per_1k_examples if told and (told.currency or USD) == currency else None


def _fit_cpu(fits: Sequence[FitInfo]) -> float | None:
    """Return the CPU seconds of the fits together, each once; None where one did not tell."""
    known = {fit.cpu_seconds for fit in fits}
    return sum(seconds or 0.0 for seconds in known) if known and None not in known else None


def _cpu_ms(runs: Sequence[RunDocument]) -> float | None:
    """Return the CPU milliseconds of an answer over all the sessions that were made here and told them."""
    timed = (run for run in runs if run.throughput.cpu_ms_per_example is not None)
    sessions = [one for run in timed for one in run.sessions if one.cpu_seconds is not None]
    answered = sum(session.answered for session in sessions)
    return 1000 * sum(one.cpu_seconds or 0.0 for one in sessions) / answered if answered else None


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _rate(runs: Iterable[RunDocument]) -> float | None:
    """Return examples answered a second over all the sessions of all the runs that were made here."""
    timed = (run for run in runs if run.throughput.examples_per_s is not None)
    sessions = [session for run in timed for session in run.sessions]
    seconds = sum(session.seconds for session in sessions)
    answered = sum(session.answered for session in sessions)
    return answered / seconds if answered and seconds else None
