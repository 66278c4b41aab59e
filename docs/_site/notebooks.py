"""`python docs/_site/notebooks.py`: the course's lessons as notebooks, in `examples/course`.

A lesson's paragraphs become cells of text and its commands cells of code, which read the shipped sample until
`SAMPLE` is emptied. What needs a key, or weights that are not here, is marked by a tag of its cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "ko")
FOLDER = ROOT / "examples" / "course"
FIRST = {
    "en": '# "" reads the data set itself: minutes to hours for a network.\nSAMPLE = "--sample"',
    "ko": "%env HARNESS_LANG=ko\n"
    '# ""로 바꾸면 실제 데이터를 씁니다. 신경망은 몇 분에서 몇 시간이 걸립니다.\nSAMPLE = "--sample"',
}
# What a machine without them cannot run → the tag of its cell.
NEEDS = {"gpt_4o_mini": "needs-key", "bert_multilingual_finetuned": "needs-weights"}


def command_cell(command: str) -> dict[str, Any]:
    """Return a command as a cell of code, on the sample where it can be."""
    if not command.startswith("harness compare") and "--sample" not in command:
        command += " {SAMPLE}"
    tags = [tag for name, tag in NEEDS.items() if name in command and " estimate " not in command]
    return cell("code", f"!{command}", tags)


def cell(kind: str, source: str, tags: list[str] | None = None) -> dict[str, Any]:
    """Return a cell as Jupyter keeps it, without output."""
    made: dict[str, Any] = {"cell_type": kind, "metadata": {"tags": tags} if tags else {}}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return {**made, "source": source.splitlines(keepends=True)}


def cells(lesson: str, language: str) -> Iterator[dict[str, Any]]:
    """Yield a lesson's cells: its text, what it reads, its commands."""
    text = re.sub(r"\]\((\d\d_\w+)\.md\)", r"](\1.ipynb)", lesson)
    text = text.replace("](../../_site/", "](../../../docs/_site/")
    begun = False
    for number, part in enumerate(re.split(r"```console\n(.*?)```\n?", text, flags=re.DOTALL)):
        if number % 2 == 0:
            if part.strip():
                yield cell("markdown", part.strip())
            continue
        if not begun:
            yield cell("code", FIRST[language])
            begun = True
        yield from (command_cell(line[2:]) for line in part.splitlines() if line.startswith("$ "))


def notebook(lesson: str, language: str) -> str:
    """Return a lesson as the text of a notebook."""
    numbered = [{"id": f"cell-{number}", **one} for number, one in enumerate(cells(lesson, language))]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {"cells": numbered, "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def notebooks() -> Iterator[tuple[Path, str]]:
    """Yield each notebook's file and text."""
    for language in LANGUAGES:
        for path in sorted((ROOT / "docs" / language / "course").glob("*.md")):
            yield (
                FOLDER / language / f"{path.stem}.ipynb",
                notebook(path.read_text(encoding="utf-8"), language),
            )


if __name__ == "__main__":
    for place, text in notebooks():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
