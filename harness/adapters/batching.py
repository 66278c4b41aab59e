"""Requests in windows, for the engines that answer many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harness.schema import Request

WINDOWS = (1, 32, 1024)  # requests answered at a time
STRETCH = 48  # requests that a window may have more, where they belong together


def windows(
    source: Iterable[Request | None],
    *sizes: int,
    together: Callable[[Request, Request], bool] = lambda last, following: False,
) -> Iterator[list[Request]]:
    """Yield the requests in lists of `sizes`, the last of them for ever: small ones first answer soon.

    None in the source hands over what is in hand, as nothing more may come before that is answered. One
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
        if window and (request is None or (len(window) >= size and not together(window[-1], window[-1]))):
            yield window
            window, size = [], next(rest, size)
    if window:
        yield window
