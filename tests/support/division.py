"""How the suite is divided: into shards by file, long tests first, what is dear made once for all workers.

    pytest --shard 2/3        # every third file, from the second on; the others are not even imported

Neighbouring files cost alike, so that taking turns makes shards of a size without a list of durations.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest


def option(parser: pytest.Parser) -> None:
    """Add `--shard`."""
    parser.addoption("--shard", type=shard, metavar="I/N", help="run the I-th of N parts of the test files")


def shard(text: str) -> tuple[int, int]:
    """Return a shard's number, from 1, and how many there are."""
    number, _, count = text.partition("/")
    found = int(number), int(count)
    if not 1 <= found[0] <= found[1]:
        raise ValueError(text)
    return found


@cache
def files_of(shard: tuple[int, int], folder: Path) -> frozenset[Path]:
    """Return the test files of a shard: each file is in one."""
    number, count = shard
    return frozenset(sorted(folder.rglob("test_*.py"))[number - 1 :: count])


def long_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests, those of files with a test marked `slow` first: none of them is begun last."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    return sorted(items, key=lambda item: item.path not in slow)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` filled, once for all workers of the session; nobody may write into it."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") and sys.platform != "win32" else base
    folder, half = shared / name, shared / f"{name}.half"
    with _alone(shared / f"{name}.lock"):
        if not folder.exists():
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(folder)
    return folder


def shared_model(factory: pytest.TempPathFactory, write: Callable[..., object], **how: object) -> Path:
    """Return the folder of a model that `write(folder, **how)` makes or trains, once for all workers."""
    name = "-".join([write.__name__, *(f"{key}-{value}" for key, value in sorted(how.items()))])
    return made_once(factory, name, lambda folder: write(folder, **how))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock among processes; on Windows, where each worker makes its own, there is none to hold."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
