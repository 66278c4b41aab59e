"""Which example of a task is which of another harness' samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.errors import BadInput
from harness.interchange.foreign import ForeignRun, ForeignSample
from harness.schema import Example
from harness.tasks.task import Task


def matched(run: ForeignRun, examples: Iterable[Example], task: Task) -> list[tuple[ForeignSample, Example]]:
    """Return each sample with the task's example that it is of.

    An example is known by the text of its longest field, which must stand in the sample's row or prompt; the
    id or the place in the split only says where to look first. Nothing is guessed.

    Raises:
        BadInput: a sample is of no example here: another split, another version, or another task.
    """
    ours = list(examples)
    by_id = {example.id: example for example in ours}
    by_text: dict[str, list[Example]] = {}
    for example in ours:
        by_text.setdefault(_longest(example), []).append(example)
    found = []
    for sample in run.samples:
        looked: list[Example | None] = [by_id.get(sample.id), _at(ours, sample.number)]
        looked += [one for text in sample.texts for one in by_text.get(_plain(text), ())]
        fits = next((one for one in looked if one is not None and _is(sample, one)), None)
        if fits is None:
            raise BadInput(
                f"sample {sample.id!r} is no example of {task.name} {task.split}: its text stands in none; "
                "is it another split (--split), version or task?"
            )
        found.append((sample, fits))
    return found


def right_options(pairs: Sequence[tuple[ForeignSample, Example]], task: Task) -> int:
    """Return how many samples name another right answer than the data here does, where that can be told."""
    return sum(_disagrees(sample, example, task) for sample, example in pairs)


def same_columns(pairs: Sequence[tuple[ForeignSample, Example]]) -> dict[str, str]:
    """Return column of theirs → field here that says the same in every sample, blanks aside."""
    if not pairs:
        return {}
    found = {}
    for column in pairs[0][0].row:
        for field in pairs[0][1].fields:
            if all(_plain(a.row.get(column)) == _plain(b.fields.get(field)) for a, b in pairs):
                found[column] = field
                break
    return found


def _disagrees(sample: ForeignSample, example: Example, task: Task) -> bool:
    theirs, ours = sample.target, example.target
    if theirs is None or not isinstance(ours, str) or not task.labels:
        return False
    place = task.labels.index(ours) if ours in task.labels else -1
    known = {ours, str(place), chr(ord("A") + place), *(o.text for o in task.options if o.label == ours)}
    return theirs.strip() not in known


def _at(examples: Sequence[Example], number: int | None) -> Example | None:
    return examples[number] if number is not None and 0 <= number < len(examples) else None


def _plain(text: Any) -> str:
    return " ".join(str(text).split())


def _longest(example: Example) -> str:
    return max((_plain(value) for value in example.fields.values()), key=len, default="")


def _is(sample: ForeignSample, example: Example) -> bool:
    """Return whether the example's longest text stands in what the sample is of."""
    text = _longest(example)
    prompt = sample.prompt
    if isinstance(prompt, list):
        prompt = "\n".join(message["content"] for message in prompt)
    return bool(text) and (any(text in _plain(one) for one in sample.texts) or text in _plain(prompt or ""))
