"""Worked examples as a text: a description, then questions (`Q:`) with answers that think aloud (`A:`).

As BIG-Bench Hard's authors have them in `cot-prompts`: above a line of dashes stands what is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.datasets.formats import Table, text
from harness.errors import BadInput, Place
from harness.tasks.schema import Data

_DASHES = re.compile(r"\A.*?^-{3,}\s*$\n", re.MULTILINE | re.DOTALL)
_QUESTION = re.compile(r"^Q: ?", re.MULTILINE)
_ANSWER = re.compile(r"^A: ?", re.MULTILINE)
_THINKS = "Let's think step by step."
_THEREFORE = "the answer is "


def worked(path: Path, data: Data) -> Table:
    """Return a table with a row a worked example: `description`, `input`, `worked` and `target`.

    The description is in the first row alone, with the empty line that follows it; others have an empty text.
    `worked` is the answer with its reasoning, from the blank or the line end before it, `target` what it says
    after `the answer is`, without the last full stop.

    Raises:
        BadInput: a question has no answer, or the text has no question.
    """
    with text(path, data.encoding) as stream:
        whole = _DASHES.sub("", stream.read(), count=1)
    description, *questions = _QUESTION.split(whole)
    if not questions:
        raise BadInput("no line begins with 'Q:'", place=Place(path))
    return Table(path, None, _rows(path, description, questions), has_lines=False)


def _rows(path: Path, description: str, questions: list[str]) -> Iterator[tuple[int, Any]]:
    for number, question in enumerate(questions, 1):
        asked, *answers = _ANSWER.split(question)
        if len(answers) != 1:
            raise BadInput(f"record {number}: a question with {len(answers)} answers", place=Place(path))
        answer = answers[0].removeprefix(_THINKS).rstrip()
        yield (
            number,
            {
                "description": description if number == 1 else "",
                "input": asked.removesuffix("\n"),
                "worked": answer,
                "target": answer.rpartition(_THEREFORE)[2].removesuffix("."),
            },
        )
