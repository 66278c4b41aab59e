"""Addresses of servers: whether one is an address at all, which host it names, and where that is."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


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
