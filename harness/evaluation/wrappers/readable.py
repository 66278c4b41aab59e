"""Replies in which nothing can be read, turned into failures: an adapter around an adapter.

It stands inside the cache, so that such a reply is not kept and handed out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.adapters.base import Adapter, Wrapper
from harness.schema import Failure, Prediction, Request, Response

UNREAD = "unread"  # the kind of failure of a reply in which no answer was found


class Readable(Wrapper):
    """Lets replies through that `read` finds an answer in; any other failed, and is asked again on resume."""

    def __init__(self, inner: Adapter, read: Callable[[Response], Prediction]) -> None:
        """Keep the adapter within."""
        super().__init__(inner)
        self.read = read

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield what the adapter within answers."""
        for response in self.inner.answer(requests):
            if response.error is None and self.read(response) is None:
                said = " ".join((response.text or response.finish or "nothing").split())[-80:]
                yield replace(response, text=None, error=Failure(UNREAD, f"no answer in the reply: … {said}"))
            else:
                yield response
