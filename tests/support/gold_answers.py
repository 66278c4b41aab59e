"""The gold set of answers, tests/gold/answers.jsonl, and what a step reads of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.extraction.steps import Step, chosen
from harness.schema import Option

ROOT = Path(__file__).resolve().parents[2]  # without pytest, which `paths` needs and benchmarks do not

GOLD = ROOT / "tests" / "gold" / "answers.jsonl"


@dataclass(frozen=True)
class Answer:
    """A line of the gold set: what a model said, and which option that is, None if none."""

    options: tuple[Option, ...]
    said: str
    answer: str | None
    hard: bool
    kind: str
    held_out: bool
    later: bool


@dataclass(frozen=True)
class Found:
    """How many answers were extracted, how many of them right, and how many there are to extract.

    `precision` is over what was extracted, `recall` over what has an answer; None over nothing.
    """

    right: int
    extracted: int
    answerable: int

    @property
    def precision(self) -> float | None:
        """Return right / extracted."""
        return self.right / self.extracted if self.extracted else None

    @property
    def recall(self) -> float | None:
        """Return right / answerable."""
        return self.right / self.answerable if self.answerable else None

    def __str__(self) -> str:
        return " ".join(
            "     -" if share is None else f"{share:6.3f}" for share in (self.precision, self.recall)
        )


def gold() -> list[Answer]:
    """Return the gold set, in file order."""
    rows = map(json.loads, GOLD.read_text(encoding="utf-8").splitlines())
    return [
        Answer(
            tuple(Option(text, text) for text in row["options"]),
            row["said"],
            row["answer"],
            row["hard"],
            row["kind"],
            row["held_out"],
            row["later"],
        )
        for row in rows
    ]


def measured(step: Step, answers: Iterable[Answer]) -> Found:
    """Return what `step` gets right of `answers`."""
    pairs = [(_label(step, answer), answer.answer) for answer in answers]
    return Found(
        right=sum(found is not None and found == answer for found, answer in pairs),
        extracted=sum(found is not None for found, _ in pairs),
        answerable=sum(answer is not None for _, answer in pairs),
    )


def _label(step: Step, answer: Answer) -> str | None:
    """Return the option that a run would record."""
    found = step(answer.said, answer.options)
    return None if found is None else chosen(found, answer.options)
