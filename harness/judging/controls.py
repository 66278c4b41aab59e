"""A reply with its words swapped: a judge that cannot tell it from the reply itself judges nothing."""

from __future__ import annotations

import random

from harness import seeding

SWAPPED = " (words swapped)"  # after a system's name
LEAST = 4  # words, below which a swap may leave a reply as good as it was


def swapped(reply: str, name: str) -> str | None:
    """Return the reply with its words in another order, always the same of a name; None of a short one."""
    words = reply.split()
    if len(words) < LEAST or len(set(words)) < 2:
        return None
    draw = random.Random(seeding.number("words swapped", name))
    mixed = list(words)
    while mixed == words:
        draw.shuffle(mixed)
    return " ".join(mixed)


def original(system: str) -> str:
    """Return the name of the system whose reply it was before its words were swapped."""
    return system.removesuffix(SWAPPED)


def is_swapped(system: str) -> bool:
    """Return whether the replies of a system are those of another with their words swapped."""
    return system.endswith(SWAPPED)
