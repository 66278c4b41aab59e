"""Requests in windows, for the engines that answer many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.schema import Request

WINDOWS = (1, 32, 1024)  # requests answered at a time


def windows(source: Iterable[Request | None], *sizes: int) -> Iterator[list[Request]]:
    """Yield the requests in lists of `sizes`, the last of them for ever: small ones first answer soon.

    None in the source hands over what is in hand, as nothing more may come before that is answered.
    """
    window: list[Request] = []
    rest = iter(sizes)
    size = next(rest)
    for request in source:
        if request is not None:
            window.append(request)
        if window and (request is None or len(window) >= size):
            yield window
            window, size = [], next(rest, size)
    if window:
        yield window
