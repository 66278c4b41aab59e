"""Addresses of servers: whether one is an address at all, which host it names, and where that is."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def named(value: Any) -> tuple[str, ...]:
    """Return the addresses that a `base_url` names, without slashes at their ends; none where it names none.

    Those of a list come each once and by name: the order in which servers are listed changes no answer.
    """
    if not value:
        return ()
    if isinstance(value, str):
        return (value.rstrip("/"),)
    return tuple(sorted({str(one).rstrip("/") for one in value}))


def canonical(value: Any) -> Any:
    """Return a `base_url` as settings keep it: a list of one is that one, another is as `named` has it."""
    if not isinstance(value, list):
        return value
    found = named(value)
    return found[0] if len(found) == 1 else list(found)


def endpoint(addresses: Sequence[str]) -> str | list[str]:
    """Return the address of one server, or those of all that are one backend, as records have it."""
    return addresses[0] if len(addresses) == 1 else list(addresses)


def problems(value: Any) -> Iterator[tuple[int | None, str]]:
    """Yield the place in the list, None without one, of each address that is none, and why."""
    if isinstance(value, list):
        if not value:
            yield None, "base_url: names no server"
        for place, one in enumerate(value):
            if wrong := problem(one if isinstance(one, str) else ""):
                yield place, wrong
    elif isinstance(value, str) and value and (wrong := problem(value)):
        yield None, wrong


def problem(address: str) -> str | None:
    """Return why nothing can be asked at an address, None if it can; what it holds is not repeated."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine:
        return "base_url: should be an address such as http://127.0.0.1:8000/v1"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "base_url: holds a password or a query; a key belongs into the variable api_key_env"
    return None


def origin(address: str) -> str:
    """Return scheme, host and port of an address, as two spellings of one are the same."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port if parts.port not in (None, _PORTS.get(parts.scheme)) else None
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_loopback(address: str) -> bool:
    """Return whether an address is this machine's own."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_public(address: str) -> bool:
    """Return whether an address is a number of the whole internet; of a name only its owner knows."""
    try:
        return ipaddress.ip_address(urlsplit(address).hostname or "").is_global
    except ValueError:
        return False
