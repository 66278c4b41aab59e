"""Where the shipped tasks, backends and report templates lie, and what is kept for the user."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import HarnessError

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Return the shipped `folder`: the wheel's copy, else the checkout's.

    Packaged first, because `site-packages/tasks` may be a stranger's.

    Raises:
        HarnessError: neither place has it; the installation is broken.
    """
    places = [PACKAGE / "_data" / folder, PACKAGE.parent / folder]
    for place in places:
        if place.is_dir():
            return place
    raise HarnessError(f"no shipped {folder!r}: neither {places[0]} nor {places[1]} is there; install again")


def cache_dir() -> Path:
    """Return the folder of what is downloaded and learnt: HARNESS_CACHE, else the user's cache."""
    named = os.environ.get("HARNESS_CACHE")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("harness"))
