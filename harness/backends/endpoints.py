"""Where a key goes: which variable to which address, in whose words, and whether the user allowed that.

A profile is a page of YAML in a folder that may be anybody's, and a run directory holds one too. What they
name is not the user's word: a key goes where a shipped profile sends it, or where the user typed or allowed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import api_keys
from harness.backends.addresses import is_loopback, is_public, named, origin
from harness.backends.allowed_endpoints import ALLOWED, FLAG, is_remembered, remember
from harness.config import documents
from harness.config.documents import shown
from harness.errors import BadInput, Place
from harness.paths import shipped
from harness.terminal import say

if TYPE_CHECKING:
    from harness.backends.backend import Backend

# What keys of services are called: UPSTAGE_API_KEY, OPENAI_API_KEY_2; no AWS_SECRET_ACCESS_KEY, no DB_PASS.
_KEY_LIKE = re.compile(r"(\w*_)?API_?(KEY|TOKEN)(_\w+)?")

_told: set[str] = set()


@dataclass(frozen=True)
class Sending:
    """What a backend sends where: the variable of its key (None: no key), the address, and who names it."""

    variable: str | None
    origin: str
    place: Place

    def __str__(self) -> str:
        """Return `MY_API_KEY goes to https://host (backends/mine.yaml:6)`."""
        what = f"{self.variable} goes" if self.variable else "prompts go"
        return f"{what} to {self.origin} ({self.place})"


def require(backend: Backend) -> None:
    """Check that the backend may send what it sends, and say so where no shipped profile does.

    A key needs leave for an address that only a file names, and for one without encryption that is not this
    machine. It is asked for once, on a terminal; elsewhere `--allow-endpoint` gives it.

    Raises:
        BadInput: it may not; the message names the variable, the address, the file and the flag.
    """
    if backend.entry.remote:
        _require_key_like(backend)
    for sending in _sendings(backend):
        _require(backend, sending)


def _require(backend: Backend, sending: Sending) -> None:
    """Check that the backend may send what it sends to one of its servers.

    Raises:
        BadInput: it may not.
    """
    typed, loopback = "base_url" in backend.typed, is_loopback(sending.origin)
    if sending.variable is not None:
        allowed = sending.origin in ALLOWED.get() or is_remembered(sending.variable, sending.origin)
        if sending.origin.startswith("http:") and not loopback:
            _require_private(sending, allowed=allowed)
        if not typed and not allowed and sending.origin not in shipped_pairs().values():
            _ask(sending)
        elif sending.origin in ALLOWED.get():
            remember(sending.variable, sending.origin)
    named = typed or "api_key_env" in backend.typed or shipped_pairs().get(sending.variable) == sending.origin
    if not named and (sending.variable is not None or not loopback):
        _say_once(f"note: {sending}")


def confirmed(backend: Backend, found_here: Backend | None, repeated: Mapping[str, Any]) -> Backend:
    """Return the backend of a run directory, its address, key and files as the user knows them.

    They are, where the profile of that name here has the same, or where `repeated` says them again.

    Raises:
        BadInput: neither; the message says what to repeat. Or something else is repeated.
    """
    names = confirmable(backend)
    for key in repeated:
        if key not in names:
            raise BadInput(
                f"-m {key}: a run goes on as it began; {' and '.join(names) or 'nothing'} is repeated"
            )
    chosen = backend.choose(repeated) if repeated else backend
    theirs = {name: chosen.settings[name] for name in names if chosen.settings.get(name)}
    ours = {} if found_here is None else {name: found_here.settings.get(name) for name in names}
    known = theirs == {name: value for name, value in ours.items() if value}
    if not known and not theirs.keys() <= repeated.keys():
        said = " and ".join(_typed(value) for value in theirs.values())
        again = " ".join(f"-m {name}={_typed(value)}" for name, value in theirs.items())
        raise BadInput(
            f"uses {said}, which no profile {shown(backend.name)} here does; "
            f"if that is meant, repeat it: {again}",
            place=backend.document.place(("settings", next(iter(theirs)))),
        )
    return chosen


def confirmable(backend: Backend) -> tuple[str, ...]:
    """Return the settings that reach out of a run directory: to a server, or to files."""
    return (*(("base_url", "api_key_env") if backend.entry.remote else ()), *backend.entry.files)


def _typed(value: Any) -> str:
    """Return a setting as `-m` takes it; a list in brackets is one value."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _require_private(sending: Sending, *, allowed: bool) -> None:
    """Check that a key goes without encryption only where the user's own network is meant.

    Raises:
        BadInput: nobody allowed it, or the address is one of the whole internet.
    """
    if is_public(sending.origin):
        raise BadInput(f"{sending}, without encryption and over the internet: use https")
    if not allowed:
        raise BadInput(
            f"{sending}, without encryption: use https, or for a server in your own network "
            f"{FLAG} {sending.origin}"
        )


def _sendings(backend: Backend) -> Iterator[Sending]:
    """Yield what the backend sends to each address of its own; nothing where a shipped profile says it."""
    addresses = named(backend.settings.get("base_url"))
    if not backend.entry.remote or not addresses:
        return  # the adapter's own service, which no file names
    place = backend.document.place(("settings", "base_url"))
    if _is_shipped(place.path) and not {"base_url", "api_key_env"} & backend.typed:
        return
    for address in dict.fromkeys(map(origin, addresses)):
        yield Sending(backend.key_name, address, place)


def _require_key_like(backend: Backend) -> None:
    """Check that a variable which a file names is called as keys are: it may name any secret of the user.

    Raises:
        BadInput: it is not; what is no name at all has a message of its own.
    """
    name = backend.key_name or ""
    if "api_key_env" in backend.typed or _KEY_LIKE.fullmatch(name) or not api_keys.is_name(name):
        return
    place = backend.document.place(("settings", "api_key_env"))
    if name != backend.entry.key and name not in shipped_pairs():
        raise BadInput(
            f"{name} is not called as keys of services are, such as MY_API_KEY; "
            f"if it is one, say -m api_key_env={name}",
            place=place,
        )


def _is_shipped(path: Path) -> bool:
    return path.resolve().is_relative_to(shipped("backends").resolve())


@cache
def shipped_pairs() -> dict[str | None, str]:
    """Return the variables that shipped profiles name, each with its address; None for no key."""
    settings = (
        documents.read(path).values.get("settings", {})
        for path in sorted(shipped("backends").rglob("*.yaml"))
        if b"base_url" in path.read_bytes()
    )
    return {
        said.get("api_key_env"): origin(address)
        for said in settings
        for address in named(said.get("base_url"))
    }


def _say_once(line: str) -> None:
    if line not in _told:
        _told.add(line)
        say(line)


def _ask(sending: Sending) -> None:
    """Ask for leave, which is remembered.

    Raises:
        BadInput: it is refused, or nobody is there to ask.
    """
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        say(f"{sending}; no shipped profile names that address. Allow it from now on? [y/N]")
        if sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네"):
            return remember(str(sending.variable), sending.origin)
        raise BadInput(f"{sending}: not allowed")
    raise BadInput(f"{sending}, which no shipped profile names; to allow it: {FLAG} {sending.origin}")
