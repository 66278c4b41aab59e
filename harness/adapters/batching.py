"""Requests in windows, for the engines that answer many at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from harness.schema import Request

T = TypeVar("T")

WINDOWS = (1, 32, 1024)  # requests answered at a time
STRETCH = 48  # requests that a window may have more, where they belong together


def windows(
    source: Iterable[Request | None],
    *sizes: int,
    together: Callable[[Request, Request], bool] = lambda last, following: False,
    idle: bool = False,
) -> Iterator[list[Request]]:
    """Yield the requests in lists of `sizes`, the last of them for ever: small ones first answer soon.

    None in the source hands over what is in hand, as nothing more may come before that is answered; where
    nothing is in hand, an `idle` reader gets an empty list, to go on with what it has under way. One
    that belongs `together` with the last one of a full window joins it, up to STRETCH of them; where one does
    not even with itself, a full window is handed over without waiting for the next.
    """
    window: list[Request] = []
    rest = iter(sizes)
    size = next(rest)
    for request in source:
        full = len(window) >= size
        if full and not (
            request is not None and len(window) < size + STRETCH and together(window[-1], request)
        ):
            yield window
            window, size = [], next(rest, size)
        if request is not None:
            window.append(request)
        if request is None and not window and idle:
            yield []
        if window and (request is None or (len(window) >= size and not together(window[-1], window[-1]))):
            yield window
            window, size = [], next(rest, size)
    if window:
        yield window


class Lookahead(Generic[T]):
    """An iterator whose next item can be looked at before it is taken."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._next: list[T] = []

    def __iter__(self) -> Iterator[T]:
        """Return itself."""
        return self

    def __next__(self) -> T:
        """Return the next item."""
        return self._next.pop() if self._next else next(self._items)

    def next_if(self, wanted: Callable[[T], bool]) -> T | None:
        """Return the next item if it is as wanted, else leave it; None without one."""
        if not self._next:
            self._next = list(itertools.islice(self._items, 1))
        return self._next.pop() if self._next and wanted(self._next[0]) else None
