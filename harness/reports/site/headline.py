"""What a board says in its first lines: who leads on what, how sure that is, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from harness.reports.leaderboard.board import Board, BoardRow
from harness.reports.leaderboard.speed import ms
from harness.reports.run import Run
from harness.reports.writers.numbers import between, number, short
from harness.reports.writers.translations import listed, translated

NAMED = 3  # systems whose names are said; of more, how many


def headline(found: Board) -> list[str]:
    """Return the sentences: the leader and its figure, who may be as good, the price; nothing of no ranks."""
    ranked = [row for row in found.rows if row.rank is not None]
    if not ranked:
        return []
    leader = ranked[0]
    told = [_leads(found, leader)]
    if len(ranked) > 1:
        told.append(_sure(ranked))
    return [*told, *_price(ranked)]


def newest(entries: Sequence[Run]) -> str:
    """Return the day on which the latest of the runs was started, empty where none says."""
    days = []
    for entry in entries:
        try:
            days.append(datetime.fromisoformat(entry.document.started).date().isoformat())
        except ValueError:
            continue
    return max(days, default="")


def _leads(found: Board, row: BoardRow) -> str:
    if found.overall is not None:
        score = found.overall.scores[row.system]
        main = score.result
        what = translated("mean win rate over {n} tasks", n=len(found.overall.columns))
    else:
        column = found.ranked_by or found.columns[0]
        main, what = row.entries[column].main, found.titles[column]
    values = {"system": row.system, "what": what, "value": number(main.value, main.unit)}
    if main.ci_low is None:
        return translated("{system} leads on {what}: {value}.", **values)
    return translated("{system} leads on {what}: {value} ({reach}).", reach=between(main), **values)


def _sure(ranked: Sequence[BoardRow]) -> str:
    rivals = [row.system for row in ranked[1:] if row.rank == ranked[0].rank]
    if not rivals:
        return translated("No other of the {n} can be the best, at 95 %.", n=len(ranked))
    if len(rivals) > NAMED:
        return translated(
            "{n} others may be as good: the paired test does not tell them apart.", n=len(rivals)
        )
    names = listed(rivals)
    return translated("{names} may be as good: the paired test does not tell them apart.", names=names)


def _price(ranked: Sequence[BoardRow]) -> list[str]:
    """Return what the leader costs or takes, and who is cheaper or faster and may be as good."""
    costs = {row.system: _worst(row, _cost) for row in ranked}
    currency = {
        str(e.document.cost.currency) for row in ranked for e in row.entries.values() if e.document.cost
    }
    if costs[ranked[0].system] is not None and len(currency) == 1:
        own, system, other = _beside(ranked, costs)
        unit = currency.pop()
        amounts = [
            translated("{amount} {currency} per 1,000 examples", amount=short(price), currency=unit)
            for price in (own, other)
        ]
        if not system:
            return [translated("It costs {amount}.", amount=amounts[0])]
        said = translated(
            "It costs {amount}; {system}, {other}.", amount=amounts[0], system=system, other=amounts[1]
        )
        return [said]
    times = {row.system: _worst(row, lambda entry: ms(entry.document)) for row in ranked}
    if times[ranked[0].system] is not None:
        own, system, other = _beside(ranked, times)
        amounts = [translated("{n} ms an example", n=short(time)) for time in (own, other)]
        if not system:
            return [translated("It takes {amount}.", amount=amounts[0])]
        said = translated(
            "It takes {amount}; {system}, {other}.", amount=amounts[0], system=system, other=amounts[1]
        )
        return [said]
    return [translated("What it costs was not measured.")]


def _beside(ranked: Sequence[BoardRow], amounts: dict[str, float | None]) -> tuple[float, str, float]:
    """Return the leader's amount, and the least dear system that may be as good, with its own.

    The name is empty where none is cheaper.
    """
    leader = ranked[0]
    own = amounts[leader.system] or 0.0
    rivals = [
        (amount, row.system)
        for row in ranked[1:]
        if row.rank == leader.rank and (amount := amounts[row.system]) is not None and amount < own
    ]
    amount, name = min(rivals, default=(own, ""))
    return own, name, amount


def _cost(entry: Run) -> float | None:
    return entry.document.cost.per_1k_examples if entry.document.cost else None


def _worst(row: BoardRow, measure: Callable[[Run], float | None]) -> float | None:
    return max(
        (value for entry in row.entries.values() if (value := measure(entry)) is not None), default=None
    )
