"""What a run's answers depend on, as one hash; and what they were made with, for the record."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from typing import Any

import orjson

from harness import __version__
from harness.backends.backend import Backend
from harness.records.import_closure import import_closure
from harness.schema import Decoding
from harness.tasks.task import Task

# Raise it when the same task would be rendered into another prompt than before.
RENDERING = 1


def digest(values: Any) -> str:
    """Return the sha256 of plain values; the order of a mapping's keys does not matter."""
    packed = orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(packed).hexdigest()


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
    compares = task.ask == "choose" and settings.choose_by == "logprobs"
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
        "say": file.say,
        "window": file.window.model_dump() if file.window else None,
        "shots": {**file.shots.model_dump(), "k": task.shots} if task.shots else None,
    }


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Return the versions of those `distributions` that are installed."""
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def source(target: str) -> str:
    """Return the sha256 of the code behind `module:name` and of all it imports within its project.

    A checkout changes without a new version. Empty where there is no source file.
    """
    closure = import_closure(target.partition(":")[0])
    hashes = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in closure.items()}
    return digest(hashes) if hashes else ""


def environment(libraries: Iterable[str]) -> dict[str, Any]:
    """Return what the run was made with: versions, platform, hardware, the project's commit."""
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": versions(dict.fromkeys(["numpy", "jinja2", "orjson", *libraries])),
        "git": _commit(),
        "hardware": {"cpu": _cpu(), "cores": os.cpu_count(), "memory_gib": _memory_gib()},
    }


@cache
def _commit() -> str | None:
    """Return the commit of the folder the run was started in, None outside a repository."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


@cache
def _cpu() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or None


def _memory_gib() -> float | None:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return round(pages * size / 2**30, 1)
