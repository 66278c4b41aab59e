"""Named entities a character a line, as in KLUE-NER: `CHARACTER<tab>TAG`, an empty line after each text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from harness.datasets.formats import Table, text
from harness.errors import BadInput, Place
from harness.schema import Span
from harness.tables import bounded_lines
from harness.tasks.schema import Data

COMMENT = "## "


def characters(path: Path, data: Data) -> Table:
    """Return a table of sentences: `id` (of the comment before it), `text`, and `spans` [start, end, type].

    A token may be a blank, so lines are not stripped. A comment without a tab is about the file.

    Raises:
        BadInput: a line is neither a comment nor a token with its tag.
    """
    columns: dict[str, str | int] = {name: name for name in ("id", "text", "spans")}
    return Table(path, columns, _sentences(path, data.encoding))


def _sentences(path: Path, encoding: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    name, start, tokens, tags = "", 0, list[str](), list[str]()
    with text(path, encoding) as stream:
        for number, line in enumerate(chain(bounded_lines(stream, path), ["\n"]), 1):
            bare = line.rstrip("\r\n")
            if bare.startswith(COMMENT) and not tokens:
                name = bare.removeprefix(COMMENT).split("\t")[0]
            elif bare:
                token, tab, tag = bare.rpartition("\t")
                if not tab or not _is_tag(tag):
                    raise BadInput(
                        "neither `## comment` nor a token, a tab and its tag", place=Place(path, number)
                    )
                start = start or number
                tokens.append(token)
                tags.append(tag)
            elif tokens:
                yield start, {"id": name, "text": "".join(tokens), "spans": spans(tokens, tags)}
                name, start, tokens, tags = "", 0, [], []


def _is_tag(tag: str) -> bool:
    return tag == "O" or (tag[:2] in ("B-", "I-") and len(tag) > 2)


def spans(tokens: Sequence[str], tags: Sequence[str]) -> list[Span]:
    """Return the typed spans, in characters, of tokens with BIO tags.

    As `conlleval` reads them: an I- after nothing, or after another type, begins a span too.
    """
    found: list[Span] = []
    place = 0
    open_: tuple[int, str] | None = None
    for token, tag in zip((*tokens, ""), (*tags, "O"), strict=True):
        mark, _, kind = tag.partition("-")
        if open_ and not (mark == "I" and kind == open_[1]):
            found.append((open_[0], place, open_[1]))
            open_ = None
        if mark != "O" and open_ is None:
            open_ = place, kind
        place += len(token)
    return found
