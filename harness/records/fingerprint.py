"""What a run's answers depend on, as one hash; and what they were made with, for the record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from harness import plugins
from harness.backends.backend import Backend
from harness.config.renamed import TASK, first_names
from harness.records.import_closure import import_closure
from harness.schema import CHOOSING, Decoding
from harness.tasks.task import Task

# Raise it when the same task would be rendered into another prompt than before.
RENDERING = 1


def digest(values: Any) -> str:
    """Return the sha256 of plain values; the order of a mapping's keys does not matter."""
    packed = orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(packed).hexdigest()


def task_hash(task: Task) -> str:
    """Return the sha256 of a task as resolved, by the names that its keys had first."""
    return digest(first_names(task.resolved(), TASK))


def fingerprint(
    task: Task,
    backend: Backend,
    decoding: Decoding,
    *,
    data: Mapping[str, str],
    identity: Mapping[str, Any],
    limit: int | float | None,
    repeat: int,
    taught: Mapping[str, Any] = {},
) -> str:
    """Return the hash of everything that can change a response, and of nothing else.

    `data` maps each split that is read to the hash of its content; `identity` names the weights; `taught`
    says what of the train split is learnt from, nothing for all.
    """
    file, settings = task.file, backend.file
    compares = task.ask in CHOOSING and settings.choose_by == "logprobs"
    # Stop strings of a chat count from its answer on; servers used to be sent them.
    stops = {"stops": "answer"} if settings.chat and decoding.stop and not compares else {}
    return digest(
        {
            "rendering": RENDERING,
            "data": dict(data),
            "read_as": file.data.reading,
            "task": {**file.labelling, **rendering(task), "ask": task.ask, "split": task.split},
            "backend": {
                "adapter": settings.adapter,
                "model": settings.model,
                "revision": settings.revision,
                "identity": dict(identity),
                "settings": backend.hashed_settings,
                "chat": settings.chat,
                "shots_as": settings.shots_as,
                "normalise": settings.normalise,
                "choose_by": settings.choose_by,
            },
            "decoding": {**decoding.asked(), **stops},
            "seed": task.seed,
            "limit": limit,
            "repeat": repeat,
            **({"taught": taught} if taught else {}),
        }
    )


def rendering(task: Task) -> dict[str, Any]:
    """Return what decides how an example of the task is rendered."""
    file = task.file
    return {
        "meta": file.meta,
        "template": task.template.model_dump(),
        "clean": file.clean,
        "options": list(file.options.items()),
        "say": file.option_marks,
        "window": file.window.model_dump() if file.window else None,
        "shots": {**file.shots.model_dump(), "k": task.shots} if task.shots else None,
        **({"json_schema": file.json_schema} if file.json_schema else {}),
        **({"tools": file.tools, "messages": file.messages} if file.tools is not None else {}),
        **(
            {"world": source(plugins.known(plugins.worlds(), file.world.name, "world").target)}
            if file.world
            else {}
        ),
    }


def source(target: str) -> str:
    """Return the sha256 of the code behind `module:name` and of all it imports within its project.

    A checkout changes without a new version. Empty where there is no source file.
    """
    closure = import_closure(target.partition(":")[0])
    hashes = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in closure.items()}
    return digest(hashes) if hashes else ""
