"""Addresses that keys may go to because the user said so: in this command, or before and remembered."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from harness.backends.addresses import origin, problem
from harness.config import remembered as memory
from harness.errors import BadInput

FLAG = "--allow-endpoint"
REMEMBERED = "endpoints.txt"  # a line each: VARIABLE ADDRESS

# The addresses that the user's own command allows, each as `origin` writes it.
ALLOWED: ContextVar[frozenset[str]] = ContextVar("allowed_endpoints", default=frozenset())


def allow(addresses: Iterable[str]) -> None:
    """Let keys go to `addresses`, which the user's own command names, and to no other.

    Raises:
        BadInput: one is no http(s) address.
    """
    found = []
    for address in addresses:
        if wrong := problem(address):
            raise BadInput(f"{FLAG}: {wrong.removeprefix('base_url: ')}")
        found.append(origin(address))
    ALLOWED.set(frozenset(found))


def is_remembered(variable: str, address: str) -> bool:
    """Return whether this user allowed the key of that name to go to that address."""
    return f"{variable} {address}" in memory.remembered(REMEMBERED)


def remember(variable: str, address: str) -> None:
    """Keep that the user allowed the key of that name to go to that address."""
    memory.remember(REMEMBERED, f"{variable} {address}", f"{variable} may go to {address}")
