"""What the commands write: lines on stderr that hurt no terminal, one JSON document on stdout."""

from __future__ import annotations

import sys
from typing import Any

from harness.errors import printable


def fail(message: str) -> None:
    """Print what went wrong, as one line on stderr."""
    _print_line(f"harness: {message}")


def warn(message: str) -> None:
    """Print what was passed over, as one line on stderr."""
    _print_line(f"warning: {message}")


def _print_line(message: str) -> None:
    """Print one line to stderr, never wrapped and without anything that a terminal would obey."""
    print(printable(message), file=sys.stderr, flush=True)


def print_json(values: Any) -> None:
    """Print one JSON document to stdout."""
    import orjson

    print(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode())
