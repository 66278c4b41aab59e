"""Questions without an answer, made of those that have one: some are shown another article's passage.

Which rows, and which passage, a row's id decides. A passage that holds an answer by chance is not taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from harness import seeding
from harness.config.documents import shown
from harness.datasets.formats import Table
from harness.errors import BadInput, Place
from harness.tasks.schema import Unanswerable

ANSWERABLE = "answerable"
_ONE = 2**63  # what keyed numbers are below


def tables(read: Iterable[Table], wanted: Unanswerable) -> Iterator[Table]:
    """Yield the tables with a column `answerable` (yes, no); a part of the rows has a passage without answer.

    Raises:
        BadInput: rows lack a column, or no article has a passage that does not answer a question.
    """
    for table in read:
        rows = list(table.rows)
        passages = list(
            dict.fromkeys(
                (_cell(table, row, wanted.apart), _cell(table, row, wanted.passage)) for row in rows
            )
        )
        columns = {**(table.columns or {}), ANSWERABLE: ANSWERABLE} if table.columns is not None else None
        yield replace(table, columns=columns, rows=_swapped(table, rows, passages, wanted))


def _swapped(
    table: Table, rows: list[tuple[int, Any]], passages: list[tuple[Any, Any]], wanted: Unanswerable
) -> Iterator[tuple[int, Any]]:
    for number, row in rows:
        key = str(_cell(table, (number, row), wanted.id))
        answers = [str(one) for one in _cell(table, (number, row), wanted.answers) if str(one).strip()]
        if not answers:
            yield number, {**row, ANSWERABLE: "no"}
        elif seeding.number("unanswerable", key) >= wanted.share * _ONE:
            yield number, {**row, ANSWERABLE: "yes"}
        else:
            passage = _foreign(table, key, row[wanted.apart], answers, passages)
            yield (
                number,
                {**row, wanted.passage: passage, wanted.answers: [""], "starts": [], ANSWERABLE: "no"},
            )


def _foreign(table: Table, key: str, own: Any, answers: list[str], passages: list[tuple[Any, Any]]) -> Any:
    """Return a passage of another article that holds none of the answers, drawn by the row's id."""
    draws = itertools.islice(seeding.indices(len(passages), "another passage", key), 20 * len(passages))
    for title, text in (passages[place] for place in draws):
        if title != own and not any(answer in text for answer in answers):
            return text
    raise BadInput(
        f"no other article has a passage without the answer to {shown(key)}", place=Place(table.path)
    )


def _cell(table: Table, row: tuple[int, Any], name: str) -> Any:
    try:
        return row[1][name]
    except (KeyError, TypeError, IndexError):
        raise table.error(f"no column {name!r}, of which 'unanswerable' speaks", row[0]) from None
