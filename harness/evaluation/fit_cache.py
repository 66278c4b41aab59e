"""What a learner learnt, kept in the user's cache so that the same data is never fitted twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from harness import __version__
from harness.adapters.base import Adapter, Capability
from harness.backends.backend import Backend
from harness.files import open_own
from harness.paths import cache_dir
from harness.records.environment import versions
from harness.records.fingerprint import RENDERING, digest, rendering, source
from harness.records.lock import try_lock
from harness.schema import Example, Fit, FitTask, TrainingContext
from harness.tasks.task import Task

ABOUT = "fit.json"
STALE_AFTER = 3600.0  # seconds; a save takes a few, and its process may run in another container
FORGOTTEN_AFTER = 30 * 86400.0  # seconds until a checkpoint is one that nobody comes back for

WAIT_S = 0.2  # between two looks whether another process has made the fit

Watch = Callable[[str, int, int, float], None]


def key(task: Task, backend: Backend, train: str, taught: Mapping[str, Any] = {}) -> str:
    """Return the hash of all that a fit depends on.

    `train` is the hash of the split's content; `taught` says what of it is learnt from, nothing for all.
    """
    return digest(
        {
            "train": train,
            **({"taught": taught} if taught else {}),
            "reading": task.file.data.reading,
            "split": task.file.shots.from_,
            **task.file.labelling,
            "labels": task.labels,
            "ask": task.ask,
            "adapter": backend.file.adapter,
            "model": backend.file.model,
            "revision": backend.file.revision,
            "settings": backend.result_settings,
            "seed": task.seed,
            **({"prompts": prompts(task, backend)} if backend.entry.reads_prompts else {}),
            "versions": {"harness": __version__, **versions(backend.entry.libraries)},
            "source": source(backend.entry.target),
        }
    )


def prompts(task: Task, backend: Backend) -> dict[str, Any]:
    """Return what decides how the train split is rendered, for learners that read it so: without shots."""
    answered = {"shots": task.file.shots.answer}
    return {"rendering": RENDERING, **rendering(task), **answered, "choose_by": backend.file.choose_by}


def fitted(
    adapter: Adapter,
    task: FitTask,
    train: Callable[[], Iterable[Example]],
    name: str,
    watch: Watch,
    *,
    fresh: bool = False,
) -> Fit:
    """Return what the fit took, having fitted `adapter` or loaded the fit called `name`.

    `train` is called only if there is something to learn; `watch` is shown how far a long fit is, as
    `TrainingContext` says. A cache that cannot be read or written costs a fit, not a run. A fit that was
    killed goes on from its checkpoint, and `fresh` begins it anew. Of several processes one fits, the others
    wait and load what it kept.
    """
    with _alone(cache_dir() / "fit_locks", name):
        return _fitted(adapter, task, train, name, watch, fresh=fresh)


@contextlib.contextmanager
def _alone(locks: Path, name: str) -> Iterator[None]:
    """Wait for another process of this machine that makes the same fit: then there is one to load."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            locks.mkdir(parents=True, exist_ok=True)
            stream = stack.enter_context(open_own(locks / name, "ab"))
            while not try_lock(stream):
                time.sleep(WAIT_S)
        yield


def _fitted(
    adapter: Adapter,
    task: FitTask,
    train: Callable[[], Iterable[Example]],
    name: str,
    watch: Watch,
    *,
    fresh: bool,
) -> Fit:
    folder = cache_dir() / "fits" / name
    checkpoints = folder.with_name(f"{name}.checkpoint")
    if fresh:
        shutil.rmtree(checkpoints, ignore_errors=True)
    else:
        known = _loaded(adapter, folder)
        if known is not None:
            return known
    count = 0

    def counted() -> Iterable[Example]:
        nonlocal count
        for example in train():
            count += 1
            yield example

    _sweep(folder.parent)
    if adapter.can(Capability.TRAIN_IN_STEPS):
        mine = _made(checkpoints) and _ours(checkpoints)
        adapter.equip(TrainingContext(checkpoints if mine else None, watch))
    start, cpu_start = time.perf_counter(), time.process_time()
    adapter.fit(counted(), task)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    if took := adapter.took():
        whole = None if took.earlier else cpu  # nobody wrote down what the stopped process took
        fit = Fit(seconds + took.earlier, count, took.steps, took.device, cpu_seconds=whole)
    else:
        fit = Fit(seconds, count, cpu_seconds=cpu)
    if _save(adapter, folder, fit):
        shutil.rmtree(checkpoints, ignore_errors=True)
    return fit


def _loaded(adapter: Adapter, folder: Path) -> Fit | None:
    """Return the fit in `folder` after loading it, None if there is none that is ours and whole."""
    try:
        if not _ours(folder):
            return None
        said = orjson.loads((folder / ABOUT).read_bytes())
        seconds, examples = float(said["seconds"]), int(said["examples"])
        cpu = said.get("cpu_seconds")  # older fits do not tell
        fit = Fit(seconds, examples, said["steps"], said["device"], reused=True, cpu_seconds=cpu)
        adapter.load(folder)
    except Exception:  # whatever a stranger's loader makes of a damaged file
        return None
    return fit


def _made(folder: Path) -> bool:
    """Return whether the folder is there, for this user alone: a fit may hold what it learnt from."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    return True


def _sweep(fits: Path) -> None:
    """Remove what killed processes left: saves that never ended, checkpoints that nobody came back for."""
    for pattern, age in ((".*.*", STALE_AFTER), ("*.checkpoint", FORGOTTEN_AFTER)):
        for folder in fits.glob(pattern):
            with contextlib.suppress(OSError):  # another process may sweep too
                latest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
                if time.time() - latest > age and _ours(folder):
                    shutil.rmtree(folder)


def _ours(folder: Path) -> bool:
    """Return whether this user wrote all that is in `folder`: a cache can lie in a shared place."""
    if not hasattr(os, "getuid"):
        return True
    return all(path.lstat().st_uid == os.getuid() for path in (folder, *folder.rglob("*")))


def _save(adapter: Adapter, folder: Path, fit: Fit) -> bool:
    """Keep what was learnt, whole or not at all, and return whether it is kept."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir(mode=0o700)
        adapter.save(beside)
        about = {
            **{"seconds": fit.seconds, "examples": fit.examples},
            **{"steps": fit.steps, "device": fit.device, "harness": __version__},
            "cpu_seconds": fit.cpu_seconds,
        }
        (beside / ABOUT).write_bytes(orjson.dumps(about))
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    except Exception:  # a full disk, a rival process, a stranger's bug; the fit itself is in memory
        shutil.rmtree(beside, ignore_errors=True)
        return False
    return True
