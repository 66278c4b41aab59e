"""What a user said once and need not say again: lines of a file of his own, in his configuration folder."""

from __future__ import annotations

import os
from pathlib import Path

from harness.files import NoPlainFile, open_own
from harness.terminal import say

LARGEST = 1_000_000  # bytes that are read


def remembered_in(name: str) -> Path:
    """Return the file called `name` in the user's configuration folder."""
    import platformdirs

    return Path(platformdirs.user_config_dir("harness")) / name


def remembered(name: str) -> list[str]:
    """Return the lines of a file; none where it is not the user's alone to write."""
    try:
        with open_own(remembered_in(name)) as stream:
            about = os.fstat(stream.fileno())
            if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
                return []
            text = stream.read(LARGEST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError, NoPlainFile, PermissionError):
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def remember(name: str, line: str, about: str) -> None:
    """Add a line, replacing the file whole; a home that cannot be written costs the next command a question.

    `about` says in a few words what is remembered.
    """
    known = remembered(name)
    if line in known:
        return
    path = remembered_in(name)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_own(beside, "xb") as stream:
            if hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), 0o600)
            stream.write("".join(f"{one}\n" for one in [*known, line]).encode())
        beside.replace(path)
    except OSError as error:
        say(f"warning: {path} cannot be written ({error.strerror}); you will be asked again")
    else:
        say(f"note: remembered in {path}: {about}")
    finally:
        beside.unlink(missing_ok=True)
