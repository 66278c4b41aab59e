"""Answers that were given before, handed out again instead of asking: an adapter around an adapter.

Two requests share an answer only if all that could change it is equal: the adapter, its model, weights and
endpoint, its settings, and all that is asked. Failures are never kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import orjson

from harness.adapters.base import Adapter, Wrapper
from harness.adapters.images import PictureError, content
from harness.api_keys import may_hold_key
from harness.errors import HarnessError
from harness.evaluation.wrappers.answer_store import Answer, Store
from harness.schema import CHOOSING, IMAGE, WRITTEN, Profile, Request, Response, Usage, flat
from harness.tasks.validation import WITHOUT_PROMPT

VERSION = 1  # raise it when answers that are kept would be read otherwise than they were given
BATCH, PERIOD_S = 64, 0.02  # answers that are written together, and how long after the last ones
AHEAD = 256  # known answers that may wait until one that is asked for comes back

# Asks of which a system reads the bare fields, instead of a prompt or beside it: where does a span begin?
FIELDS_READ = ("score", "embed", "tag", "retrieve")

# All of an answer but which request it was to, how long it took and how often it was tried.
_KEPT = [
    part.name
    for part in fields(Response)
    if part.name not in ("key", "usage", "timing", "attempts", "cached", "error")
]


class Keys:
    """What makes two requests the same to one system."""

    def __init__(
        self,
        profile: Profile,
        settings: Mapping[str, Any],
        identity: Mapping[str, Any],
        sent: Mapping[str, Any] | None = None,
    ) -> None:
        """`settings` are those that can change an answer; `identity` names the weights and the endpoint.

        `sent` is the decoding as the engine is sent it, where that is not as it was asked.
        """
        self._sent = sent
        self._chooses_by_text, self._chats = profile.choose_by != "logprobs", profile.chat
        system = {
            "version": VERSION,
            "adapter": profile.adapter,
            "model": profile.model,
            "revision": profile.revision,
            "identity": dict(identity),
            "settings": dict(settings),
            "chat": profile.chat,
            "shots_as": profile.shots_as,
            "normalise": profile.normalise,
            "choose_by": profile.choose_by,
        }
        self._system = hashlib.sha256(_packed(system))

    def of(self, request: Request) -> bytes:
        """Return the key of a request, 32 bytes; its prompt is rendered for it."""
        asked: dict[str, Any] = {
            "ask": request.ask,
            "decoding": request.decoding.asked(),
            "options": [(option.text, option.meaning) for option in request.options],
            "bounds": request.bounds,
            "repeat": request.repeat,
            "drawn": request.seed if self._is_drawn(request) else None,
        }
        if self._chats and request.decoding.stop:
            asked["stops"] = "answer"  # servers used to be sent them, and cut off what came before an answer
        if request.json_schema is not None:
            asked["json_schema"] = dict(request.json_schema)
        known = dict(request.example.fields)
        if IMAGE in known:
            asked |= {"picture": _picture(known.pop(IMAGE)), "captions": request.captions}
        if request.ask in FIELDS_READ:
            asked["fields"] = known
        if request.ask not in WITHOUT_PROMPT:
            asked["parts"] = request.parts
        key = self._system.copy()
        key.update(_packed(asked))
        return key.digest()

    def _is_drawn(self, request: Request) -> bool:
        """Return whether the answer is drawn, so that the seed is a part of what is asked.

        A greedy answer is the same whatever the seed. Where no temperature is sent, the provider's own holds,
        and that draws.
        """
        written = request.ask in WRITTEN or (request.ask in CHOOSING and self._chooses_by_text)
        sent = request.decoding.asked() if self._sent is None else self._sent
        return written and sent.get("temperature") != 0


def _packed(values: Any) -> bytes:
    return orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _picture(image: Any) -> str:
    """Return the hash of a picture's bytes, or that of a path that cannot be read: the engine will say so."""
    try:
        found = str(image).encode() if str(image).startswith("data:") else content(image)[0]
    except PictureError:
        found = str(image).encode()
    return hashlib.sha256(found).hexdigest()


class Cached(Wrapper):
    """Hands out kept answers, asks the adapter within for the others, and keeps what that says."""

    def __init__(self, inner: Adapter, store: Store, keys: Keys, profile: Profile) -> None:
        """`profile` says under which names the answers are kept."""
        super().__init__(inner)
        self.store, self.keys, self.profile = store, keys, profile
        self._waiting: deque[Response] = deque()
        self._asked: dict[tuple[str, int], tuple[bytes, Request]] = {}
        self._unwritten: dict[bytes, Answer] = {}
        self._written = 0.0

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, those that are known as soon as they are met.

        The adapter within is not troubled before there is something to ask it.
        """
        source = iter(requests)
        try:
            while (first := (yield from self._known(source))) is not None:
                try:
                    for response in self.inner.answer(self._unknown(first, source)):
                        self._keep(response)
                        yield response
                        yield from self._met()
                except HarnessError:
                    yield from self._met()  # they were asked for, and cost nothing
                    raise
                yield from self._met()
        finally:
            self._write()

    def _known(self, source: Iterator[Request | None]) -> Generator[Response, None, Request | None]:
        """Yield answers as long as they are known; return the first request that is not, None at the end."""
        for request in source:
            if request is not None:
                answer = self._looked_up(request)
                if answer is None:
                    return request
                yield answer
        return None

    def _unknown(self, first: Request, source: Iterator[Request | None]) -> Iterator[Request | None]:
        """Yield the requests whose answers are not known; those that are wait for the next that comes back.

        Where nothing is under way none will come back: then the source ends here, and the loop in `answer`
        goes on with it.
        """
        yield first
        for request in source:
            if request is None and self._waiting and not self._asked:
                return  # the source waits for one of those that are waiting here
            answer = self._looked_up(request) if request is not None else None
            if answer is None:
                yield request
                continue
            self._waiting.append(answer)
            if len(self._waiting) >= AHEAD:
                if not self._asked:
                    return
                yield None

    def _met(self) -> Iterator[Response]:
        while self._waiting:
            yield self._waiting.popleft()

    def _looked_up(self, request: Request) -> Response | None:
        """Return the kept answer of a request; one without is from now on under way."""
        key = self.keys.of(request)
        unwritten = self._unwritten.get(key)
        if unwritten is not None:
            answer = _unpacked(unwritten.packed, request, self.profile.shots_as)
        else:
            answer = looked_up(self.store, key, request, self.profile.shots_as)
        if answer is None:
            self._asked[request.key] = key, request
        return answer

    def _keep(self, response: Response) -> None:
        key, request = self._asked.pop(response.key, (None, None))
        if key is not None and request is not None and response.error is None:
            packed = _packed_answer(response, request)
            if not may_hold_key(packed):  # cut out of it, another answer would be judged the next time
                self._unwritten[key] = Answer(key, self.profile.name, self.profile.model or "", packed)
        if len(self._unwritten) >= BATCH or time.monotonic() > self._written + PERIOD_S:
            self._write()

    def _write(self) -> None:
        """Write the answers that came since the last time, in one transaction.

        A burst shares one; where answers are rarer than PERIOD_S each is written before it is handed on.
        """
        if self._unwritten:
            self.store.put_all(self._unwritten.values())
            self._unwritten.clear()
        self._written = time.monotonic()


def looked_up(store: Store, key: bytes, request: Request, shots_as: str) -> Response | None:
    """Return the answer that is kept under `key`, as one to `request`; None where there is none."""
    kept = store.get(key)
    return None if kept is None else _unpacked(kept, request, shots_as)


def _packed_answer(response: Response, request: Request) -> bytes:
    """Return what is kept of an answer: all but how long it took."""
    values = {name: getattr(response, name) for name in _KEPT}
    usage = flat(response.usage) if response.usage else None
    # NaN and the infinities, which only the standard library's JSON can say and read back.
    return json.dumps(
        {
            **values,
            "usage": usage,
            "chat": request.was_chat,
            "system_as": request.system_as,
            **({"offered": True} if request.offers else {}),
        },
        default=float,
    ).encode()


def _unpacked(kept: bytes, request: Request, shots_as: str) -> Response | None:
    """Return a kept answer as one to `request`, which then tells the journal what was once sent."""
    try:
        values = json.loads(kept)
        was_chat, usage = values.pop("chat"), values.pop("usage")
        spans, system_as = values.pop("spans"), values.pop("system_as", "system")
        offered = values.pop("offered", False)
        answer = Response(request.key, **values, attempts=0, cached=True)
        answer.usage = Usage(**usage) if usage else None
        answer.spans = None if spans is None else [(start, end, kind) for start, end, kind in spans]
    except (ValueError, KeyError, TypeError):
        return None  # of another version's making
    if was_chat:
        (request.offered if offered else request.messages)(shots_as, system_as)
    return answer
