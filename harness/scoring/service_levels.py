"""How many requests were served well enough: within every bound that somebody set on their time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import BadInput, did_you_mean
from harness.records.run_schema import GoodputSummary, SessionInfo

# What a bound may be on, in seconds; as in `latency_s` of run.json.
TIMES = ("ttft", "e2e", "tpot", "queue", "wait")


def bounds(given: Mapping[str, Any]) -> dict[str, float]:
    """Return time → most seconds, as numbers.

    Raises:
        BadInput: no such time, or no number of seconds above 0.
    """
    found = {}
    for name, value in given.items():
        if name not in TIMES:
            raise BadInput(f"--slo {name}: no such time.{did_you_mean(name, TIMES)}")
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            found[name] = 0.0
        if not 0 < found[name] < math.inf:
            raise BadInput(f"--slo {name}={value}: should be seconds above 0, such as {name}=0.5")
    return found


@dataclass
class Goodput:
    """Counts the requests whose times all keep to `slo`, time → most seconds.

    One that failed did not. One that has no such time (nobody streamed, one token was written) cannot be
    judged, and is counted apart. What a cache gave was not served.
    """

    slo: Mapping[str, float]
    met: int = 0
    judged: int = 0
    unmeasured: int = 0

    def count(self, times: Mapping[str, float | None]) -> None:
        """Count an answer by its times."""
        known = {name: times.get(name) for name in self.slo}
        late = any(value is not None and value > self.slo[name] for name, value in known.items())
        if not late and None in known.values():
            self.unmeasured += 1
            return
        self.judged += 1
        self.met += not late

    def count_failure(self) -> None:
        """Count a request that got no answer."""
        self.judged += 1

    def document(self, sessions: Sequence[SessionInfo]) -> GoodputSummary:
        """Return `goodput` for `run.json`: the share of the judged, and as many requests a second.

        Seconds are those of the sessions that told them; a killed one told none.
        """
        seconds = sum(session.seconds for session in sessions)
        ended = sum(session.answered + session.failed for session in sessions)
        share = self.met / self.judged if self.judged else None
        return GoodputSummary(
            slo=dict(self.slo),
            share=share,
            requests_per_s=share * ended / seconds if share is not None and seconds else None,
            n=self.judged,
            unmeasured=self.unmeasured,
        )
