"""The language in which a command speaks: `--lang`, wherever it stands on the line, else `$HARNESS_LANG`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.terminal import speaking


@contextmanager
def speech(arguments: Sequence[str]) -> Iterator[None]:
    """Speak the language that these arguments, or the environment, name: in help, errors, progress, reports.

    What threads and processes of a command say, they say in it too.

    Raises:
        BadInput: there are no words in it.
    """
    named = _named(arguments)
    if named is None and not os.environ.get("HARNESS_LANG"):
        yield
        return
    from harness.text.language import VARIABLE, current, language

    with language(named):
        chosen = current()
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = chosen
    try:
        with speaking(_korean if chosen == "ko" else None):
            yield
    finally:
        os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})


def _named(arguments: Sequence[str]) -> str | None:
    """Return what `--lang` says, None where nothing does."""
    found = None
    for place, word in enumerate(arguments):
        if word == "--":
            break
        if word == "--lang" and place + 1 < len(arguments):
            found = arguments[place + 1]
        elif word.startswith("--lang="):
            found = word.removeprefix("--lang=")
    return found


def _korean(message: str) -> str:
    from harness.text.sentences import in_korean

    return in_korean(message)
