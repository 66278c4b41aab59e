"""Sweeps: whether the values of a grid can change what a system answers, and why not where they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.backends.backend import Backend, CannotAsk
from harness.costs.token_bounds import generates_text
from harness.schema import CHOOSING, Decoding
from harness.tasks.task import Task
from harness.tasks.validation import WITHOUT_PROMPT

DRAWN = ("top_p", "top_k", "min_p", "seed")  # what shapes or seeds a draw, and greedy decoding makes none


def shots_for(values: Sequence[int | None], task: Task, system: Backend) -> Sequence[int | None]:
    """Return the numbers of shots to ask a system with: the task's own alone where it reads none.

    A learner has seen the whole train split: it stands beside the others' curve as one point.
    """
    return values if len(values) == 1 or reads_shots(task, system) else (None,)


def reads_shots(task: Task, system: Backend) -> bool:
    """Return whether worked examples in the prompt can change what the system answers."""
    return not system.entry.learns and task.ask not in WITHOUT_PROMPT


def require_shots_matter(values: Sequence[int | None], task: Task, systems: Iterable[Backend]) -> None:
    """Raise CannotAsk if several numbers of shots are the same run for every system.

    Raises:
        CannotAsk: none of them reads shots.
    """
    known = list(systems)
    if len(values) == 1 or any(reads_shots(task, system) for system in known):
        return
    learners = ", ".join(dict.fromkeys(system.name for system in known))
    why = (
        f"{task.name} asks for {task.ask!r}, and no prompt is made for that"
        if task.ask in WITHOUT_PROMPT
        else f"{learners} learns from the whole train split and reads no shots"
    )
    given = ",".join(map(str, values))
    raise CannotAsk(f"--shots {given} changes nothing: {why}; leave it out (--train-limit is for learners)")


def require_decoding_matters(
    swept: Sequence[Mapping[str, Any]], task: Task, system: Backend, decoding: Decoding
) -> None:
    """Raise CannotAsk if a swept key of decoding cannot change what the system answers.

    `decoding` is one point of the grid: what backend and task say, and the grid over it.

    Raises:
        CannotAsk: no text is written, or it is written greedily and the key shapes a draw.
    """
    for key in swept[0] if len(swept) > 1 else ():
        values = {repr(point.get(key)) for point in swept}
        why = _without_effect(key, swept, task, system, decoding) if len(values) > 1 else None
        if why is not None:
            given = ",".join(map(str, dict.fromkeys(str(point.get(key)) for point in swept)))
            raise CannotAsk(f"-d {key}={given} changes nothing of {system.name} on {task.name}: {why}")


def _without_effect(
    key: str, swept: Sequence[Mapping[str, Any]], task: Task, system: Backend, decoding: Decoding
) -> str | None:
    """Return why a key has no effect, None where it may have one."""
    if not generates_text(task.ask, system.file.choose_by):
        if task.ask not in CHOOSING:
            return f"{task.ask!r} has no text drawn from a model"
        if not system.entry.decoding:
            return "it chooses an option and writes no text"
        return (
            "options are compared by log-probability and no text is drawn; "
            "-m choose_by=extract, or --ask generate where the task allows it, has one"
        )
    greedy = all(point.get("temperature", decoding.temperature) == 0 for point in swept)
    if key in DRAWN and greedy:
        return "temperature 0 takes the likeliest token and draws nothing; add -d temperature=0.7"
    return None
