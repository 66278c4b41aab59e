"""Keys of services: found in the environment or in `.env`, and kept out of all that is shown or written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

DOTENV = ".env"
HIDDEN = "***"
# So much of a key tells it from any other word: what begins like one is cut out to its end.
TELLING = 8
LONG = 16  # characters from which a key of one kind of sign alone is no word
LONGEST_NAME = 64

_handed_out: set[str] = set()


def key_name(settings: Mapping[str, Any], usual: str | None) -> str | None:
    """Return the environment variable that holds a backend's key, None where none is sent.

    The adapter's `usual` key is for the service that it asks when no `base_url` is named, and for no other.
    """
    named = settings.get("api_key_env")
    return str(named) if named else None if settings.get("base_url") else usual


def is_name(text: str) -> bool:
    """Return whether `text` can name an environment variable; a key that stands there by mistake cannot."""
    return bool(re.fullmatch(r"[A-Z_][A-Z0-9_]*", text)) and len(text) <= LONGEST_NAME


def key(name: str) -> str | None:
    """Return the key that is called `name`: from the environment, else from `.env` of the working directory.

    Nothing is exported: a child process sees the environment as it was. A key once handed out is known to
    `redacted`, if it can be a secret.
    """
    found = (os.environ.get(name) or _dotenv().get(name) or "").strip()
    if is_secret(found):
        _handed_out.add(found)
    return found or None


def is_secret(key: str) -> bool:
    """Return whether a key can be one that nobody may see.

    What local servers are given, as they want some key (`1`, `x`, `none`, `EMPTY`), is a word like any other,
    and stands in answers.
    """
    kinds = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    mixed = sum(any(map(kind, key)) for kind in kinds) > 1
    return len(key) >= TELLING and (mixed or len(key) >= LONG)


def redacted(text: str) -> str:
    """Return `text` without any secret that was handed out, whole or cut short, plain or quoted for a URL.

    For what is written or shown. An answer is judged as it came.
    """
    for begins in _beginnings():
        if begins in text:
            text = re.sub(re.escape(begins) + r"[^\s\"'<>,;]*", HIDDEN, text)
    return text


def may_hold_key(written: bytes) -> bool:
    """Return whether a JSON document may hold a secret that was handed out; it costs next to nothing."""
    return any(json.dumps(begins, ensure_ascii=False)[1:-1].encode() in written for begins in _beginnings())


def _beginnings() -> set[str]:
    return {written[:TELLING] for key in _handed_out for written in (key, quote(key, safe=""))}


def _dotenv() -> Mapping[str, str | None]:
    path = Path(DOTENV)
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return dotenv_values(path, interpolate=False, encoding="utf-8-sig")
