"""Whether a server is still there: when to stop trying, for the run's sake and not for one request's."""

from __future__ import annotations

from dataclasses import dataclass

from harness.adapters.remote.errors import Fault

PATIENCE = 50.0  # seconds without any answer, after which a server is given up
AT_THE_START = 3.0  # the same for one that cannot be reached and never could be
LOST_CAUSES = 3  # requests in a row that were given up, where never one was answered

IN_A_ROW = 3  # refusals of what may be one request's fault, after which it is everybody's

# Faults that are no single request's, and what to say of them.
FATAL = {
    "denied": "refuses us",
    "forbidden": "refuses us",
    "absent": "has no such model or address",
    "no_credit": "wants to be paid first",
    "untrusted": "cannot be trusted",
}
# Those of them that are one request's where others were answered: a text that nobody may send.
ONE_S_OWN = ("forbidden", "absent")


@dataclass(slots=True)
class Liveness:
    """What a server's answers and silences say of it. `now` is a `Clock`'s, for which a pause is no silence.

    Any answer that is not a fault is a sign of life, and so is a refusal for too many requests.
    """

    patience: float = PATIENCE
    answered: bool = False
    worked: bool = False
    refusals: int = 0
    troubled: bool = False
    since: float = 0.0  # of the silence
    lost: int = 0

    def asked(self, now: float) -> None:
        """Begin to listen, as something is sent while nothing else is in flight."""
        if not self.troubled:  # a silence that began with faults goes on
            self.since = now

    def heard(self, now: float) -> None:
        """Take a sign of life."""
        self.answered, self.troubled, self.since, self.lost = True, False, max(self.since, now), 0

    def answers(self, now: float) -> None:
        """Take an answer."""
        self.worked, self.refusals = True, 0
        self.heard(now)

    def given_up(self) -> None:
        """Count a request that failed for good."""
        self.lost += 1

    def silent(self, now: float) -> bool:
        """Return whether nothing was heard for longer than anybody should wait."""
        return now - self.since > self.patience

    def verdict(self, fault: Fault, now: float) -> str | None:
        """Return why the server is given up after `fault`, None while there is hope."""
        if fault.kind in FATAL:
            self.refusals += 1
            if fault.kind in ONE_S_OWN and self.worked and self.refusals < IN_A_ROW:
                return None
            return f"{FATAL[fault.kind]}: {fault.message}"
        self.troubled, silence = True, now - self.since
        unreachable = fault.kind == "unreachable" and not self.answered
        if silence > (AT_THE_START if unreachable else self.patience):
            return f"has not answered for {silence:.0f} s: {fault.message}"
        if self.lost >= LOST_CAUSES and not self.answered:
            return f"has answered nothing at all: {fault.message}"
        return None
