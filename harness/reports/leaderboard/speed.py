"""How long an example takes, and how many times less than with a baseline.

The time of an example is a run's seconds of answering over the examples answered in them, so that those of
one batch, or asked side by side, share it: an example's own end-to-end time is its whole batch's. It is wall
time. Prompts and scores are in it, a tenth of a millisecond or so; loading and fitting are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import geometric_mean
from typing import NamedTuple

from harness.errors import BadInput, did_you_mean
from harness.records.run_schema import RunDocument
from harness.reports.columns import Column
from harness.reports.run import Run, Warn
from harness.reports.writers.translations import translated
from harness.text.normalize import nfc

NAMED = 3  # tasks of which a warning gives the names


class Speed(NamedTuple):
    """Milliseconds an example, how many times faster than the baseline's, and whether on other hardware.

    The factor is None where the baseline has no run on the same examples, `elsewhere` where a run does
    not say what it ran on.
    """

    ms: float
    factor: float | None = None
    elsewhere: bool | None = None


@dataclass(frozen=True)
class Speeds:
    """The speed of each system on each column where it was measured; `baseline` is one of the systems."""

    baseline: str
    measured: dict[str, dict[Column, Speed]]

    def overall(self, system: str) -> Speed | None:
        """Return the geometric means over a system's columns, None where nothing was measured.

        The quotient of two systems' means over the same columns is the mean of their quotients.
        """
        found = list(self.measured[system].values())
        if not found:
            return None
        factors = [speed.factor for speed in found if speed.factor is not None]
        return Speed(
            geometric_mean(speed.ms for speed in found),
            geometric_mean(factors) if factors else None,
            any(speed.elsewhere for speed in found),
        )

    def marks(self, system: str) -> list[str]:
        """Return what must be known before a system's overall speed-up is believed."""
        factors = sum(speed.factor is not None for speed in self.measured[system].values())
        whole = len(self.measured[self.baseline])
        some = translated("{n} of {whole} tasks", n=factors, whole=whole)
        found = [some] if 0 < factors < whole else []
        found += (
            [translated("other hardware")] if any(s.elsewhere for s in self.measured[system].values()) else []
        )
        return found


def speeds(systems: Mapping[str, Mapping[Column, Run]], baseline: str, warn: Warn) -> Speeds:
    """Return the speeds of the systems beside those of `baseline`, one of them or the name of its backend.

    `warn` is told on which tasks there is nothing to compare with.

    Raises:
        BadInput: no system is called so, or several are of that backend.
    """
    chosen = _chosen(systems, nfc(baseline))
    runs = {_examples(column): entry for column, entry in systems[chosen].items() if ms(entry.document)}
    found = {
        system: {
            column: _speed(entry, time, runs.get(_examples(column)))
            for column, entry in entries.items()
            if (time := ms(entry.document)) is not None
        }
        for system, entries in systems.items()
    }
    columns = {column for measured in found.values() for column in measured}
    _tell_of_missing(chosen, (column for column in columns if _examples(column) not in runs), warn)
    return Speeds(chosen, found)


def ms(run: RunDocument) -> float | None:
    """Return the milliseconds that an example took, None where that was not measured."""
    rate = run.throughput.examples_per_s
    return 1000 / rate if rate else None


def _chosen(systems: Mapping[str, Mapping[Column, Run]], name: str) -> str:
    if name in systems:
        return name
    backends = {
        system: next(iter(entries.values())).document.backend.name for system, entries in systems.items()
    }
    found = sorted(system for system, backend in backends.items() if backend == name)
    if len(found) > 1:
        raise BadInput(f"--baseline {name}: {len(found)} systems are of this backend: {'; '.join(found)}")
    if not found:
        hint = did_you_mean(name, sorted({*systems, *backends.values()}))
        raise BadInput(f"--baseline {name}: no system here is called so.{hint}")
    return found[0]


def _examples(column: Column) -> Column:
    """Return what must be equal for two times to be comparable: all but how the answers are judged."""
    return column._replace(metric="", signature="", higher_is_better=True)


def _speed(entry: Run, time: float, other: Run | None) -> Speed:
    wanted = ms(other.document) if other else None
    if other is None or wanted is None:
        return Speed(time)
    here, there = hardware(entry.document), hardware(other.document)
    return Speed(time, wanted / time, here != there if here and there else None)


def hardware(run: RunDocument) -> tuple[str | None, int | None] | None:
    """Return processor and cores, None where the run does not say; memory makes no other machine."""
    known = run.environment.hardware
    return (known.cpu, known.cores) if known else None


def _tell_of_missing(baseline: str, columns: Iterable[Column], warn: Warn) -> None:
    names = sorted({column.task for column in columns})
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        tasks = ", ".join(names[:NAMED]) + more
        warn(f"no speed-up on {tasks}: no run of {baseline} over the same examples tells its time")
