"""Addresses that keys may go to because the user said so: in this command, or before and remembered."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path

from harness.backends.addresses import origin, problem
from harness.errors import BadInput
from harness.files import NoPlainFile, open_own
from harness.terminal import say

FLAG = "--allow-endpoint"
REMEMBERED = "endpoints.txt"

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


def remembered_in() -> Path:
    """Return the file that holds what this user allowed: a line each, `VARIABLE ADDRESS`."""
    import platformdirs

    return Path(platformdirs.user_config_dir("harness")) / REMEMBERED


def remembered() -> Iterator[tuple[str, str]]:
    """Yield (variable, address) of all that this user allowed; nothing where the file is not his alone."""
    try:
        with open_own(remembered_in()) as stream:
            about = os.fstat(stream.fileno())
            if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
                return
            lines = stream.read(1_000_000).decode("utf-8", "replace").splitlines()
    except (FileNotFoundError, NotADirectoryError, NoPlainFile, PermissionError):
        return
    for line in lines:
        variable, blank, address = line.strip().partition(" ")
        if blank:
            yield variable, address.strip()


def is_remembered(variable: str, address: str) -> bool:
    """Return whether this user allowed the key of that name to go to that address."""
    return (variable, address) in list(remembered())


def remember(variable: str, address: str) -> None:
    """Add a line to the user's file; a home that cannot be written costs the next command a question."""
    known = list(remembered())
    if (variable, address) in known:
        return
    path = remembered_in()
    lines = [f"{name} {place}\n" for name, place in [*known, (variable, address)]]
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_own(beside, "xb") as stream:
            if hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), 0o600)
            stream.write("".join(lines).encode())
        beside.replace(path)
    except OSError as error:
        say(f"warning: {path} cannot be written ({error.strerror}); {FLAG} is needed again the next time")
    else:
        say(f"note: remembered in {path}: {variable} may go to {address}")
    finally:
        beside.unlink(missing_ok=True)
