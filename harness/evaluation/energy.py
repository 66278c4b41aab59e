"""The energy that answering took, by codecarbon, where the user asks for it.

Without the processor's own counters (RAPL) it is an estimate from load and rated power, and says so.
Nothing is sent and nothing is written by it.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness import DISTRIBUTION
from harness.errors import Unavailable
from harness.records.run_schema import EnergyInfo, SessionInfo

_JOULES = 3.6e6  # of a kilowatt-hour
COUNTRY = "KOR"  # whose electricity is meant by the grams


@dataclass
class Used:
    """What was measured, once the stretch is over: joules, grams of CO2, and how; None until then."""

    joules: float | None = None
    co2_g: float | None = None
    method: str | None = None


def require() -> None:
    """Check that energy can be measured.

    Raises:
        Unavailable: codecarbon is not installed.
    """
    if importlib.util.find_spec("codecarbon") is None:
        raise Unavailable(f"--energy needs codecarbon: pip install '{DISTRIBUTION}[energy]'")


@contextmanager
def metered(*, wanted: bool) -> Iterator[Used | None]:
    """Measure this process, if `wanted`, as long as the block lasts; yield where it is told, else None."""
    if not wanted:
        yield None
        return
    from codecarbon import OfflineEmissionsTracker

    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # it greets before it hears its own option
    used = Used()
    tracker = OfflineEmissionsTracker(
        country_iso_code=COUNTRY,
        tracking_mode="process",
        # All said: what is left unsaid it reads from a `.codecarbon.config` in the working directory.
        save_to_file=False,
        save_to_api=False,
        save_to_logger=False,
        save_to_prometheus=False,
        output_handlers=[],
        log_level="critical",
        allow_multiple_runs=True,
    )
    tracker.start()
    try:
        yield used
    finally:
        tracker.stop()
        found = tracker.final_emissions_data
        used.joules, used.co2_g = found.energy_consumed * _JOULES, found.emissions * 1000
        used.method = _method(tracker, found.codecarbon_version)


def _method(tracker: Any, version: str) -> str:
    """Return how the processor's part was found: by its counters, or guessed from load or rated power."""
    modes = [str(getattr(part, "_mode", "")) for part in tracker._hardware if type(part).__name__ == "CPU"]
    how = modes[0] if modes else "nothing"
    measured = "measured" if "rapl" in how.lower() else "an estimate, not measured"
    return f"codecarbon {version}, processor by {how}: {measured}; CO2 of electricity in {COUNTRY}"


def total(sessions: Sequence[SessionInfo]) -> EnergyInfo | None:
    """Return the energy of the sessions that measured theirs, and the examples answered in them.

    None where none did.
    """
    known = ((one.energy, one.answered) for one in sessions)
    measured = [(used, answered) for used, answered in known if used and used.joules is not None]
    if not measured:
        return None
    return EnergyInfo(
        joules=sum(used.joules or 0.0 for used, _ in measured),
        co2_g=sum(used.co2_g or 0.0 for used, _ in measured),
        examples=sum(answered for _, answered in measured),
        method=measured[-1][0].method,
    )
