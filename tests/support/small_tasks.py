"""Tasks of a few lines, parsed as a YAML file would be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.config.loader import Document
from harness.prompts.renderer import Prompts
from harness.schema import Example
from harness.tasks import task as tasks
from harness.tasks.task import Task

SENTIMENT: dict[str, Any] = {
    "version": 1,
    "description": "a small task",
    "data": {"format": "jsonl", "files": {"train": "train.jsonl", "test": "test.jsonl"}},
    "fields": {"id": "id", "input": "document", "target": "label"},
    "options": {"0": "부정", "1": "긍정"},
    "ask": "choose",
    "templates": {"review": {"query": "문장: {{ input }}\n감정:", "shot_end": "\n"}},
    "metrics": ["accuracy"],
}


def small_task(**changes: Any) -> Task:
    """Return the sentiment task with `changes` to its keys; None takes a key away."""
    values = {key: value for key, value in (SENTIMENT | changes).items() if value is not None}
    return tasks.parse(Document(Path("small.yaml"), values), "small")


def question_task(**changes: Any) -> Task:
    """Return a task answered in free text."""
    template = {"q": {"query": "{{ input }}\n답:"}}
    kept = {"ask": "generate", "options": None, "metrics": ["exact_match"], "templates": template}
    return small_task(**(kept | changes))


def with_shots(k: int, pool: Sequence[Example], *, clean: Sequence[str] = (), **rule: Any) -> Prompts:
    """Return the sentiment task's prompts with `k` shots drawn from `pool`."""
    seed = rule.pop("seed", 1234)
    tokens = rule.pop("count_tokens", None)
    task = small_task(shots={"k": k, **rule}, clean=list(clean)).choose(seed=seed)
    return Prompts(task, lambda: pool, count_tokens=tokens)


def reviews(*texts: Any, split: str = "train") -> list[Example]:
    """Return an example a text, every second one positive."""
    return [Example(f"{split}-{row}", {"input": text}, str(row % 2)) for row, text in enumerate(texts)]
