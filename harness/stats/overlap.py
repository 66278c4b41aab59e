"""How much of a text stands word for word in others: by hashed n-grams of its signs, spaces aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.text.normalize import nfc

N = 8  # signs of an n-gram: some three words of Korean, two of English
_BASE = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


def ngram_hashes(text: str, n: int = N) -> Hashes:
    """Return the hashes of the distinct n-grams of a text in NFC and lower case; a short one is one."""
    signs = "".join(nfc(text).lower().split())
    if not signs:
        return np.empty(0, np.uint64)
    codes = np.frombuffer(signs.encode("utf-32-le", "surrogatepass"), np.uint32).astype(
        np.uint64
    ) + np.uint64(1)
    size = min(n, len(codes))
    powers = np.array([pow(int(_BASE), power, 2**64) for power in range(size)], np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    return np.unique((windows * powers).sum(axis=1, dtype=np.uint64))


def overlaps(texts: Sequence[str], others: Iterable[str], n: int = N) -> NDArray[np.float64]:
    """Return for each text the share (N,) of its n-grams that stand in any of the others, 0 if empty."""
    own = [ngram_hashes(text, n) for text in texts]
    there = [ngram_hashes(text, n) for text in others]
    known = np.unique(np.concatenate([np.empty(0, np.uint64), *there]))
    return np.array([float(np.isin(hashes, known).mean()) if len(hashes) else 0.0 for hashes in own])


def overlaps_within(texts: Sequence[str], n: int = N) -> NDArray[np.float64]:
    """Return for each text the share (N,) of its n-grams that stand in another of them; 0 of an empty one."""
    own = [ngram_hashes(text, n) for text in texts]
    found, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *own]), return_counts=True)
    shared = found[counts > 1]
    return np.array([float(np.isin(hashes, shared).mean()) if len(hashes) else 0.0 for hashes in own])
