"""The language in which people are spoken to: the one that was chosen, else `$HARNESS_LANG`, else English."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from harness.errors import BadInput

LANGUAGES = ("en", "ko")
VARIABLE = "HARNESS_LANG"
_CHOSEN: ContextVar[str | None] = ContextVar("language", default=None)


def current() -> str:
    """Return the language in use: the one chosen, else `HARNESS_LANG`, else English.

    Raises:
        BadInput: `HARNESS_LANG` is neither.
    """
    return _CHOSEN.get() or _known(os.environ.get(VARIABLE) or "en", VARIABLE)


@contextmanager
def language(name: str | None) -> Iterator[None]:
    """Let reports speak the language; None leaves it as it is.

    Raises:
        BadInput: there are no words in it.
    """
    token = _CHOSEN.set(_known(name, "--lang") if name is not None else _CHOSEN.get())
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def _known(name: str, option: str) -> str:
    if name not in LANGUAGES:
        raise BadInput(f"{option} {name}: reports speak {' and '.join(LANGUAGES)}")
    return name
