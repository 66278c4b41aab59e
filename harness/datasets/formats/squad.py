"""Reading comprehension: SQuAD's JSON, in which an article holds paragraphs and a paragraph its questions.

KorQuAD 2's pages are HTML; a prompt shows their text, a line a block and a row of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from harness.datasets.formats import Table
from harness.errors import BadInput, Place
from harness.tables import whole
from harness.tasks.schema import Data
from harness.text.html import page_text


def squad(path: Path, _data: Data) -> Table:
    """Return a table of questions in SQuAD v1.1's layout, which KorQuAD 1.0 has too.

    Columns: `id`, `title`, `context`, `question`, `answers` (the reference texts) and `starts` (where
    each stands in the context, in characters). A question that has no answer, as SQuAD 2 and KLUE-MRC
    have some, is answered by saying nothing: its one reference is empty, as SQuAD 2's script has it.

    Raises:
        BadInput: the file is not laid out so.
    """
    columns: dict[str, str | int] = {
        name: name for name in ("id", "title", "context", "question", "answers", "starts")
    }
    return Table(path, columns, _numbered(path, _questions), has_lines=False)


def _numbered(path: Path, rows: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        document = orjson.loads(whole(path))
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    number = 0
    try:
        for row in rows(document):
            number += 1
            yield number, row
    except (KeyError, TypeError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        message = f"after question {number}: not laid out as the task says: {what}"
        raise BadInput(message, place=Place(path)) from None


def _questions(document: Any) -> Iterator[dict[str, Any]]:
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                answers = [] if question.get("is_impossible") else question["answers"]
                yield {
                    "id": question.get("id", question.get("guid")),
                    "title": article.get("title", ""),
                    "context": paragraph["context"],
                    "question": question["question"],
                    "answers": [answer["text"] for answer in answers] or [""],
                    "starts": [answer["answer_start"] for answer in answers],
                }


def korquad2(path: Path, _data: Data) -> Table:
    """Return a table of questions in KorQuAD 2's layout: a page of HTML, one answer a question.

    Columns: `id`, `title`, `url`, `context` (the page as text), `html` (the page as the data has it),
    `question`, `answers` (the one reference, which may hold HTML) and `starts` (where it stands in `html`).

    Raises:
        BadInput: the file is not laid out so.
    """
    names = ("id", "title", "url", "context", "html", "question", "answers", "starts")
    return Table(path, {name: name for name in names}, _numbered(path, _of_pages), has_lines=False)


def _of_pages(document: Any) -> Iterator[dict[str, Any]]:
    for page in document["data"]:
        context = page_text(page["context"])  # once a page, which may be a megabyte
        for question in page["qas"]:
            answer = question["answer"]
            yield {
                "id": question["id"],
                "title": page.get("title", ""),
                "url": page.get("url", ""),
                "context": context,
                "html": page["context"],
                "question": question["question"],
                "answers": [answer["text"]],
                "starts": [answer["answer_start"]],
            }
