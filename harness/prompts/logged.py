"""Prompts as a log has them, byte for byte: what another harness sent is asked again here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

from harness import seeding as keyed
from harness.errors import BadInput
from harness.prompts.renderer import Prompts
from harness.records.fingerprint import digest
from harness.schema import Example, Exchange, Parts, Request
from harness.tasks.task import Task


class Sent(NamedTuple):
    """One logged prompt; `continuations` are what was scored after it, in the order of our options."""

    prompt: str
    continuations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Log:
    """What was sent for each example, by its id."""

    sent: Mapping[str, Sent]

    @cached_property
    def sha256(self) -> str:
        """Return the hash of all that was sent."""
        return digest({name: list(one) for name, one in self.sent.items()})


class LoggedPrompts(Prompts):
    """The prompts of a log in place of rendered ones; options keep their labels."""

    def __init__(self, task: Task, *, log: Log, **rest: Any) -> None:
        """Take the log beside what renders the task."""
        super().__init__(task, **rest)
        self._log = log

    def request(self, example: Example, repeat: int = 0, history: tuple[Exchange, ...] = ()) -> Request:
        """Return what was sent for the example, whatever was said before it: the log has whole prompts.

        Raises:
            BadInput: the log does not hold it.
        """
        sent = self._log.sent.get(example.id)
        if sent is None:
            raise BadInput(f"{self.name}: the log has no prompt of example {example.id}")
        options, delimiter = self.options(example), self.task.template.delimiter
        if sent.continuations:
            delimiter = _common_start(sent.continuations)
            texts = (text.removeprefix(delimiter) for text in sent.continuations)
            options = tuple(option._replace(text=text) for option, text in zip(options, texts, strict=True))
        seed = self.task.seed if self.decoding.seed is None else self.decoding.seed
        return Request(
            example,
            partial(Parts, query=sent.prompt, delimiter=delimiter),
            ask=self.task.ask,
            options=options,
            bounds=self._bounds,
            decoding=self.decoding,
            repeat=repeat,
            seed=keyed.number(seed, "request", example.id, repeat),
        )


def _common_start(texts: tuple[str, ...]) -> str:
    """Return the blanks that all texts begin with: what stands between a prompt and an option."""
    starts = [text[: len(text) - len(text.lstrip())] for text in texts]
    return min(starts, key=len) if len(set(starts)) == 1 else ""
