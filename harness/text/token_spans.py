"""What of a text each token stands for, where a sign may be cut into several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def parts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield the part of a text that each token stands for, by its span in characters.

    Tokens of bytes may share a sign, which then stands in both: `친…` and `…친구`.
    """
    for place, (start, end) in enumerate(spans):
        before = "…" if place and spans[place - 1][1] > start else ""
        after = "…" if place + 1 < len(spans) and spans[place + 1][0] < end else ""
        yield f"{before}{text[start:end]}{after}"
