"""Two systems' replies side by side, blind: which stands first is drawn, and votes go into a file at once.

The file is one of verdicts, as `harness arena` reads them, and of ratings, as `harness agree` does. A vote's
`id` is that of the same pair in a judging (`first|second|example|repeat`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Place
from harness.extraction.verdicts import verdict_of
from harness.judging.replies import Replies
from harness.judging.style import FEATURES, style_of
from harness.records.sample_schema import Record
from harness.text.thoughts import spoken

COLUMNS = (
    *("id", "question", "first", "second", "verdict", "judge"),
    *(f"{side}_{feature}" for side in ("first", "second") for feature in FEATURES),
)
Key = tuple[frozenset[str], str]  # two systems, and the example with its repeat


@dataclass(frozen=True)
class Side:
    """A reply, whose it is, and what was said before it to this system alone."""

    system: str
    before: str
    reply: str


@dataclass(frozen=True)
class Pair:
    """Two replies to one question. `asked` is empty where the two were not asked the same."""

    name: str
    question: str
    asked: str
    first: Side
    second: Side

    @property
    def key(self) -> Key:
        """Return what it is called whichever reply stands first."""
        return frozenset((self.first.system, self.second.system)), self.name


def pairs(one: Replies, other: Replies, voter: str) -> tuple[list[Pair], int]:
    """Return the pairs that both replied to, and how many examples lack a reply that can be judged.

    Who stands first is drawn for each voter and question anew, always the same way: a hash is the draw. In a
    conversation that is one place for all its turns.
    """
    both = [key for key in one.records if key in other.records]
    asked = max(len(run.records) + run.silent for run in (one, other))
    left_out = max(asked, len(one.records.keys() | other.records.keys())) - len(both)
    return [
        _pair(*_drawn(one, other, key, voter), name=f"{key[0]}|{key[1]}", key=key) for key in both
    ], left_out


def _drawn(one: Replies, other: Replies, key: tuple[str, int], voter: str) -> tuple[Replies, Replies]:
    first, second = sorted((one, other), key=lambda run: run.system)
    question = first.records[key].cluster or key[0]
    told = "\0".join([voter, first.system, second.system, question, str(key[1])])
    odd = hashlib.sha256(told.encode()).digest()[0] % 2
    return (second, first) if odd else (first, second)


def _pair(first: Replies, second: Replies, *, name: str, key: tuple[str, int]) -> Pair:
    records = first.records[key], second.records[key]
    said = [_said(record) for record in records]
    asked = said[0][-1] if said[0][-1] == said[1][-1] else ""
    if said[0] == said[1]:
        asked, before = "\n\n".join(said[0]), ["", ""]
    else:
        before = ["\n\n".join(one[:-1] if asked else one) for one in said]
    sides = [
        Side(run.system, earlier, spoken(record.response.text) or "")
        for run, earlier, record in zip((first, second), before, records, strict=True)
    ]
    return Pair(name, records[0].cluster or records[0].id, asked, *sides)


def _said(record: Record) -> list[str]:
    """Return what stood before a reply, the last being the question; no system message."""
    asked: dict[str, Any] = dict(record.request or {})
    if "messages" in asked:
        said = [one for one in asked["messages"] if one["role"] != "system"]
        return [
            *(f"[{one['role']}]\n{one['content'] or ''}" for one in said[:-1]),
            *(str(one["content"] or "") for one in said[-1:]),
        ] or [""]
    if "prompt" in asked:
        return [str(asked["prompt"])]
    return ["\n".join(str(value) for value in (asked.get("fields") or {}).values())]


def vote_row(pair: Pair, verdict: str, voter: str) -> list[str]:
    """Return the cells of a vote, as `COLUMNS` name them: no text of a reply, only how it looks."""
    first, second = pair.first, pair.second
    style = [f"{count:g}" for side in (first, second) for count in style_of(side.reply)]
    name = f"{first.system}|{second.system}|{pair.name}"
    return [name, pair.question, first.system, second.system, verdict, voter, *style]


def csv_line(cells: Sequence[str]) -> str:
    """Return a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def voted(path: Path, voter: str) -> set[Key]:
    """Return the pairs of which a file holds a verdict of this voter; none where there is no file yet.

    Raises:
        BadInput: it cannot be read, or is another kind of file.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames is not None and tuple(rows.fieldnames) != COLUMNS:
                raise BadInput("is no file of these votes; name another (--votes)", place=Place(path))
            return {
                (frozenset((row["first"], row["second"])), _example(row))
                for row in rows
                if row["judge"] == voter and verdict_of(row["verdict"] or "") is not None
            }
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise BadInput(f"--votes {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise BadInput("is no file of these votes; name another (--votes)", place=Place(path)) from None


def _example(row: dict[str, str]) -> str:
    return row["id"].removeprefix(f"{row['first']}|{row['second']}|")


def add_vote(path: Path, cells: Sequence[str]) -> None:
    """Append a vote to a file and see it onto the disk; a new file begins with the names of the columns.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            before = csv_line(COLUMNS)
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                before = "" if file.read(1) == b"\n" else "\n"
            file.write((before + csv_line(cells)).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadInput(f"--votes {path}: {error.strerror}") from None
