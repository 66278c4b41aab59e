"""Ranks by paired comparison: below another stands only what is proven worse on the same examples.

The level is shared among all pairs of a column, and no rank contradicts the figures.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import BadInput, HarnessError, Place
from harness.files import open_own
from harness.records import run_file
from harness.reports.run import Run, Warn
from harness.schema import Metric
from harness.tables.torn import TORN_ZIP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


UNPACKED = 2**30  # bytes that any run's statistics may have; numpy stores them as they are


class Statistics(NamedTuple):
    """Per-example statistics of one metric: ids and repeats as bytes, (N, K) rows, clusters or None."""

    keys: tuple[bytes, bytes]
    rows: NDArray[np.float64]
    clusters: NDArray[np.int64] | None


def ranks(entries: Sequence[Run], warn: Warn) -> list[int | None]:
    """Return each entry's rank: one more than the number of systems that are proven better, or less.

    A system with a higher figure has no worse rank. All stand in one column. An entry whose statistics cannot
    be read has no rank and changes no other's; `warn` is told why.
    """
    from harness.stats import ranking

    places: list[int | None] = [None] * len(entries)
    metric = metric_of(entries, warn) if entries else None
    if metric is None:
        return places
    if metric.corpus is not None:
        warn(f"not ranked: {metric.name} says nothing of single examples")
        return places
    kept = kept_statistics(entries, warn)
    if kept:
        heights = [entries[index].height for index in kept]
        found = ranking.ranks(heights, better_of(metric, list(kept.values())))
        for index, place in zip(kept, found, strict=True):
            places[index] = place
    return places


def kept_statistics(entries: Sequence[Run], warn: Warn) -> dict[int, Statistics]:
    """Return the statistics of the metric that is shown, by the entry's place; `warn` is told of others.

    A figure that is undefined is neither better nor worse, and left out.
    """
    kept: dict[int, Statistics] = {}
    for index, entry in enumerate(entries):
        if entry.main.value is None:
            continue
        try:
            kept[index] = statistics(entry.directory / run_file.STATISTICS, str(entry.metric))
        except BadInput as error:
            warn(f"not ranked: {error}")
    return kept


def statistics(path: Path, metric: str, prefix: str = "") -> Statistics:
    """Return what a run kept of each example, its ids without `prefix`: two judgings share the questions.

    Raises:
        BadInput: the file is not there, is torn, or lacks the metric.
    """
    import numpy as np

    again = "; `harness rescore` writes it again"
    try:
        # Opened here: numpy leaves the file open if it is torn.
        with open_own(path) as stream, np.load(stream, allow_pickle=False) as kept:
            _require_unpackable(kept, os.fstat(stream.fileno()).st_size)
            rows, repeats = kept[f"metric:{metric}"], kept["repeats"]
            ids, clusters = kept["ids"].tobytes(), kept.get("clusters")
    except FileNotFoundError:
        raise BadInput(f"not there{again}", place=Place(path)) from None
    except (OSError, KeyError, ValueError, MemoryError, *TORN_ZIP) as error:
        raise BadInput(f"not a run's statistics ({error}){again}", place=Place(path)) from None
    if not len(rows) == len(repeats) == ids.count(b"\n") + 1:
        raise BadInput(f"its columns differ in length{again}", place=Place(path))
    if prefix:
        ids = b"\n".join(name.removeprefix(prefix.encode()) for name in ids.split(b"\n"))
    return Statistics((ids, repeats.tobytes()), rows, clusters)


def _require_unpackable(kept: Any, size: int) -> None:
    """Raise ValueError if a file of `size` bytes unpacks to far more: the harness packs nothing."""
    archive = getattr(kept, "zip", None)
    if archive is None:
        raise ValueError("one array, and not a file of several")
    if sum(part.file_size for part in archive.infolist()) > max(size, UNPACKED):
        raise ValueError(f"unpacks to more than {UNPACKED / 2**20:.0f} MiB")


def metric_of(entries: Sequence[Run], warn: Warn) -> Metric | None:
    """Return the metric of a column; the first run whose task can be read here has it."""
    problem = None
    for entry in entries:
        try:
            return next(metric for metric in entry.definition().metrics if metric.name == entry.metric)
        except (HarnessError, StopIteration) as error:
            problem = error if isinstance(error, HarnessError) else problem
    warn(f"nothing is ranked: {problem or 'no run kept a task with the metric'}")
    return None


def better_of(metric: Metric, systems: Sequence[Statistics], level: float = 0.95) -> NDArray[np.bool_]:
    """Return (R, R): whether the row's system is proven better than the column's in the paired comparison.

    Where some answered other examples than the rest, each pair is compared over the examples that both
    answered.
    """
    import numpy as np

    from harness.stats.partial_overlap import overlapping_above
    from harness.stats.ranking import proven_above

    rows = [system.rows for system in systems]
    if len({system.keys for system in systems}) == 1:
        above = proven_above(metric, rows, systems[0].clusters, level=level)
    else:
        places = places_of([system.keys for system in systems])
        above = overlapping_above(
            metric, rows, np.stack(places), common_clusters(systems, places), level=level
        )
    return above if metric.higher_is_better else above.T


def common_clusters(
    systems: Sequence[Statistics], places: Sequence[NDArray[np.int32]]
) -> NDArray[np.int64] | None:
    """Return the cluster of each of all examples (U,): every run numbers those that it saw for itself."""
    import numpy as np

    if all(system.clusters is None for system in systems):
        return None
    found = np.full(len(places[0]), -1, np.int64)
    last = 0
    for system, place in zip(systems, places, strict=True):
        seen = np.flatnonzero(place >= 0)
        if system.clusters is None or (found[seen] >= 0).all():
            continue
        own = system.clusters[place[seen]]
        names = {int(name): last + number for number, name in enumerate(np.unique(own))}
        known = found[seen] >= 0
        names |= dict(zip(own[known].tolist(), found[seen][known].tolist(), strict=True))
        found[seen] = [names[name] for name in own.tolist()]
        last = int(found.max()) + 1
    alone = found < 0
    found[alone] = np.arange(last, last + alone.sum())
    return found


def places_of(groups: Sequence[tuple[bytes, bytes]]) -> list[NDArray[np.int32]]:
    """Return for each group of (ids, repeats) where it has each of all examples, -1 where it has it not."""
    import numpy as np

    numbers: dict[tuple[bytes, int], int] = {}
    numbered_of: dict[tuple[bytes, bytes], list[int]] = {}
    for ids, repeats in dict.fromkeys(groups):
        keys = zip(ids.split(b"\n"), np.frombuffer(repeats, dtype=np.int64).tolist(), strict=True)
        numbered_of[ids, repeats] = [numbers.setdefault(key, len(numbers)) for key in keys]
    codes = [numbered_of[one] for one in groups]
    places = []
    for numbered in codes:
        place = np.full(len(numbers), -1, np.int32)
        place[numbered] = np.arange(len(numbered), dtype=np.int32)
        places.append(place)
    return places
