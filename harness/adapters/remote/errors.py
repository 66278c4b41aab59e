"""What can go wrong with one call to a server, and what is to be done about it."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.adapters.remote.refused_prompts import unanswerable
from harness.api_keys import redacted
from harness.schema import DROPPED

SHOWN = 300  # characters of what a server said
# How often a call is tried in all, by the kind of its fault; what is not here is not tried again.
TRIES = {
    "rate_limited": 12,
    "overloaded": 8,
    "server_error": 5,
    "connection": 5,
    "unreachable": 1000,  # until the server is given up: nobody else is answered either
    "timeout": 3,
    "malformed": 3,
}
# Kinds of which a server says that it did nothing, or could not: nothing is billed. Any other may be.
UNBILLED = frozenset(
    [
        *("bad_request", "denied", "forbidden", "absent", "no_credit", "untrusted", "unreachable"),
        *("redirected", "rate_limited", "overloaded", "server_error", DROPPED),
    ]
)


@dataclass
class Fault(Exception):
    """A call that brought no answer.

    `kind` says how often it is tried again, and names the Failure in the end. `hold` is how long the server
    asks everybody to wait, in seconds. With a `finish` (`too_long`, `filtered`, `refused`) the server
    works, and has said that it will not answer this: nothing failed.
    """

    kind: str
    message: str
    hold: float | None = None
    finish: str | None = None

    def __post_init__(self) -> None:
        """Keep the message short, on one line, and without keys."""
        words = redacted(" ".join(self.message.split()))
        self.message = words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
        super().__init__(self.message)

    @property
    def tries(self) -> int:
        """Return how often a call may be tried in all before it has failed."""
        return TRIES.get(self.kind, 1)

    @property
    def another_time(self) -> bool:
        """Return whether the same request may do well another time: what is wrong is not in it."""
        return self.tries > 1 or self.kind in ("denied", "forbidden", "absent", "no_credit", "untrusted")

    @property
    def crowded(self) -> bool:
        """Return whether fewer calls at once would do better."""
        return self.kind in ("rate_limited", "overloaded")


_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|enabled|allowed)"
    r"|(?:developer|system) instruction is not enabled|conversation roles must alternate",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"API_KEY_INVALID|API key (?:not valid|expired|not found)", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient_quota|billing|insufficient (?:credit|balance|funds)", re.IGNORECASE)

# Statuses under which a service may say that it will not answer this one prompt. llama.cpp said it with 500.
_REFUSED = (400, 403, 413, 422, 451, 500)
_KINDS = {
    **dict.fromkeys((401, 407), "denied"),
    **dict.fromkeys((404, 405, 410), "absent"),
    **dict.fromkeys((408, 409, 425), "server_error"),
    **{402: "no_credit", 403: "forbidden", 429: "rate_limited", 503: "overloaded", 529: "overloaded"},
}


def of_status(status: int, headers: Mapping[str, str], said: str) -> Fault:
    """Return the fault that an HTTP status stands for; `said` is the error's code and message.

    The kinds `denied` and `no_credit` are the whole run's: no other call will do better. `forbidden` and
    `absent` may be one request's.
    """
    message = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if status == 400 and _BAD_KEY.search(said):
        return Fault("denied", message)
    if status == 400 and _NO_SYSTEM.search(said):
        message += "; -m system_as=user puts the system text before the first user turn"
    finish = unanswerable(said) if status in _REFUSED else None
    if finish is not None or status in (400, 413, 422):
        return Fault("bad_request", message, finish=finish)
    if status == 429 and _NO_CREDIT.search(said):
        return Fault("no_credit", message)
    if 300 <= status < 400:
        place = headers.get("location", "nowhere")
        return Fault("redirected", f"HTTP {status}: sent on to {place}, which the backend does not name")
    kind = _KINDS.get(status) or ("server_error" if status >= 500 else "bad_request")
    return Fault(kind, message, retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `retry-after-ms` or `Retry-After` (seconds or a date) asks for."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    if said is None:
        return None
    seconds = _number(said)
    if seconds is not None:
        return seconds
    try:
        moment = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def quotas(headers: Mapping[str, str]) -> Iterator[tuple[str, float, float]]:
    """Yield (`requests` or `tokens`, what is left, seconds until it is whole again), as headers have it."""
    for what in ("requests", "tokens"):
        left = _number(headers.get(f"x-ratelimit-remaining-{what}"))
        reset = duration(headers.get(f"x-ratelimit-reset-{what}"))
        if left is not None and reset is not None:
            yield what, left, reset


def _number(said: str | None) -> float | None:
    """Return a number from 0 that somebody might mean, None for anything else."""
    try:
        number = float(said or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e8 else None


_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s|d)")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def duration(said: str | None) -> float | None:
    """Return the seconds of `6m0s`, `120ms`, `1.5`; None for anything else."""
    parts = _PART.findall(said or "")
    if parts and "".join(map("".join, parts)) == said:
        return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    return _number(said)
