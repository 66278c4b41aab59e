"""Draws that depend on a key alone: never on order, batch, process or machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator


def _digest(parts: tuple[object, ...], size: int) -> bytes:
    # The lengths keep ("ab", "c") and ("a", "bc") apart, whatever the parts hold.
    joined = "".join([f"{len(text)}:{text}" for text in map(str, parts)])
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def number(*parts: object) -> int:
    """Return a number in [0, 2**63) that only `parts` decide."""
    return int.from_bytes(_digest(parts, 8), "little") >> 1


def indices(size: int, *parts: object) -> Iterator[int]:
    """Yield numbers in [0, size) without end, with repeats, decided by `parts` alone.

    Eight 64-bit numbers come from one digest; the bias of the remainder is below size / 2**64.
    """
    block = 0
    while True:
        digest = _digest((*parts, block), 64)
        for start in range(0, 64, 8):
            yield int.from_bytes(digest[start : start + 8], "little") % size
        block += 1
