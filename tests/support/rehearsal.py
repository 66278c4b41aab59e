"""A plugin with adapters that break the rules in one way each, and a metric that has nothing to say.

Told apart by the knob `how`, which no fingerprint holds: a run that went wrong in one way is gone on
with in another. `log` names a file that gets a line for every request that was pulled.
"""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.adapters.dummy import Dummy, share_of
from harness.builtin.adapters import ANY_DECODING
from harness.hookspecs import AdapterEntry, MetricEntry, hookimpl
from harness.metrics.aggregates import weighted_mean
from harness.schema import Failure, Metric, Profile, Request, Response, Timing, Usage

KNOBS = {"how": "str", "log": "str", "count": "int", "latency_ms": "float"}
SETTINGS = {"unanswered_rate": "float"}
ASKS = ("choose", "generate")
END: Any = object()


@hookimpl
def register_adapters(register: Callable[[AdapterEntry], None]) -> None:
    register(AdapterEntry("rehearsal", f"{__name__}:Rehearsal", ASKS, settings=SETTINGS, knobs=KNOBS))
    register(AdapterEntry("prepared", f"{__name__}:Prepared", ASKS, settings=SETTINGS, knobs=KNOBS))
    register(AdapterEntry("learner", f"{__name__}:LearnsBadly", ASKS, knobs=KNOBS, learns=True))
    register(AdapterEntry("absent", f"{__name__}:Absent", ASKS))
    register(
        AdapterEntry(
            "metered",
            f"{__name__}:Metered",
            ASKS,
            decoding=ANY_DECODING,
            settings={"base_url": "str", **SETTINGS},
            knobs={**KNOBS, "window": "int", "silent": "bool"},
            remote=True,
        )
    )
    register(AdapterEntry("bare", f"{__name__}:Rehearsal", ASKS, extra="none", modules=("no_such_module",)))


@hookimpl
def register_metrics(register: Callable[[MetricEntry], None]) -> None:
    register(MetricEntry("mute", f"{__name__}:mute", ASKS))


def mute(labels: object) -> Metric:
    """Return a metric that is not a number for whatever says 긍정."""
    return Metric("mute", _mute, weighted_mean, "mute|v:1", interval="none")


def _mute(prediction: str | None, _target: object) -> tuple[float]:
    return (math.nan if prediction == "1" else 0.5,)


class Rehearsal(Dummy):
    """Answers as Dummy does, after `count` answers in the way that `how` says."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        settings = profile.settings
        self.how, self.log = settings.get("how") or "well", settings.get("log")
        self.count = settings.get("count", 5)
        if self.how == "born_dead":
            raise RuntimeError("no engine")

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        return getattr(self, f"_{self.how}")(self._logged(requests))

    def close(self) -> None:
        if self.how == "unclosable":
            raise OSError("the engine is stuck")

    def one(self, request: Request) -> Response:
        return next(super().answer([request]))

    def _logged(self, requests: Iterable[Request | None]) -> Iterator[Request]:
        for request in requests:
            assert request is not None
            if self.log:
                with Path(self.log).open("a", encoding="utf-8") as lines:
                    lines.write(f"{request.example.id}\n")
            yield request

    def _well(self, requests: Iterable[Request]) -> Iterator[Response]:
        return super().answer(requests)

    _unclosable = _well

    def _first(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Yield the first `count` answers."""
        for _, request in zip(range(self.count), requests, strict=False):
            yield self.one(request)

    # Allowed, if unusual.

    def _backwards(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Pull everything before the first answer, and answer from the end."""
        return super().answer(list(requests)[::-1])

    def _patient(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Meet a source that has nothing now and then, as a budget around an adapter makes one."""
        return super().answer(either for request in requests for either in (None, request, None))

    def _listed(self, requests: Iterable[Request]) -> Any:
        return [self.one(request) for request in requests]

    # Wrong.

    def _twice(self, requests: Iterable[Request]) -> Iterator[Response]:
        for answer in self._first(requests):
            yield answer
        yield answer

    def _stranger(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from self._first(requests)
        yield Response(("nobody", 0), text="긍정")

    def _forgetful(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Never answer the first `count`."""
        for number, request in enumerate(requests):
            if number >= self.count:
                yield self.one(request)

    def _deserter(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from self._first(requests)

    def _raises(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from self._first(requests)
        raise RuntimeError("out of memory")

    def _fragile(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Break after the last answer, as an engine whose workers heard the same Ctrl-C."""
        yield from super().answer(requests)
        raise RuntimeError("the workers are gone")

    def _exits(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from self._first(requests)
        sys.exit(0)

    def _none(self, requests: Iterable[Request]) -> Iterator[Any]:
        yield from self._first(requests)
        yield None

    def _killer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """End the process at the example whose number is `count`."""
        for request in requests:
            if request.example.id == f"r{self.count:04}":
                os.kill(os.getpid(), signal.SIGKILL)
            yield self.one(request)

    def _nothing(self, requests: Iterable[Request]) -> Any:
        return None

    def _raw(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from self._first(requests)
        for request in requests:
            yield Response(request.key, text=b"\xff")  # type: ignore[arg-type]

    def _fails(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Fail every `count`-th request."""
        for number, request in enumerate(requests, 1):
            answer = self.one(request)
            if number % self.count == 0:
                answer = Response(request.key, error=Failure("timeout", "no answer in time"), attempts=3)
            yield answer

    # Answers that are hard to write down.

    def _nan(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            yield Response(request.key, option_scores=[math.nan, -1.0])

    def _infinite(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            yield Response(request.key, option_scores=[-math.inf, -1.0])

    def _surrogate(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            yield Response(request.key, text="긍정 \ud83d")


class Prepared(Rehearsal):
    """Has something to load, and notes when."""

    def prepare(self) -> None:
        with open(str(self.log), "a", encoding="utf-8") as log:
            log.write("prepared\n")


class Metered(Rehearsal):
    """Keeps `window` requests under way at a server that is not there, which bills words; no order is kept.

    As an engine that waits must, it asks a source that has nothing again only after a completion.
    `silent` tells no tokens. Every `count`-th request fails where `how` is `fails`.
    """

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.endpoint, self.chat = profile.settings.get("base_url", ""), True
        self.window, self.silent = profile.settings.get("window", 1), profile.settings.get("silent", False)

    def identity(self) -> dict[str, str]:
        return {"endpoint": self.endpoint}

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        source, flying, number = iter(requests), [], 0
        while True:
            while len(flying) < self.window and (request := next(source, END)) is not END:
                if request is None:
                    assert flying, "nothing is under way that could come back"
                    break
                flying.append(request)
            if not flying:
                return
            number += 1
            yield self._served(flying.pop(share_of(number) < 0.5 and len(flying) > 1), number)

    def _served(self, request: Request, number: int) -> Response:
        """Return the answer: what the server says, and what it bills."""
        if self.log:
            with Path(self.log).open("a", encoding="utf-8") as lines:
                lines.write(f"{self.endpoint} {request.example.id}\n")
        answer = next(Dummy.answer(self, [request]))
        most = request.decoding.max_tokens or 100
        read = len(" ".join(message["content"] for message in request.messages()).split())
        said = round(share_of(request.seed) * most)
        answer.usage = None if self.silent else Usage(read, read // 4, said, said // 2)
        answer.timing = Timing(queue=0.0, ttft=0.1 * (1 + number % 2), e2e=0.3)
        if self.how == "fails" and number % self.count == 0:
            answer.text, answer.option_scores = None, None
            answer.error = Failure("truncated", "the reply broke off")
        return answer


class LearnsBadly(Rehearsal):
    """Learns nothing and keeps it badly."""

    def fit(self, train: Iterable[Any], task: object) -> None:
        if self.how == "unteachable":
            raise RuntimeError("singular matrix")
        list(train)

    def save(self, folder: Path) -> None:
        (folder / "half").write_text("written")
        if self.how == "unsaveable":
            raise RuntimeError("cannot be pickled")

    def load(self, folder: Path) -> None:
        if self.how == "unloadable":
            raise EOFError("ran out of input")

    _unteachable = _unsaveable = _unloadable = Rehearsal._well
