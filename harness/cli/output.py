"""What the commands write: lines on stderr that hurt no terminal, one JSON document on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import BadInput, did_you_mean
from harness.records.user_files import replace_text
from harness.terminal import (
    AMBER,
    RED,
    columns,
    in_colour,
    is_console,
    printable,
    printable_lines,
    say,
    spelt,
    spoken,
    styled,
)

if TYPE_CHECKING:
    from harness.reports.writers.blocks import Block


def fail(message: str) -> None:
    """Print what went wrong, as one line on stderr."""
    _print_line("harness:", message, RED)


def warn(message: str) -> None:
    """Print what was passed over, as one line on stderr."""
    _print_line("warning:", message, AMBER)


def _print_line(head: str, message: str, colour: str) -> None:
    """Print one line to stderr, never wrapped and without anything in it that a terminal would obey."""
    head = styled(spoken(head), colour, colour=in_colour(sys.stderr))
    print(head, printable(spoken(message)), file=sys.stderr, flush=True)


def clear() -> None:
    """Let the terminal begin anew at its top."""
    print("\x1b[H\x1b[2J", end="")


def emit(text: str, *, end: str = "\n") -> None:
    """Print lines of a result to stdout: a name in them may be a stranger's, and no terminal obeys it."""
    print(printable_lines(text), end=end, flush=True)


def tell(text: str, *, end: str = "\n") -> None:
    """Print lines of a result that are sentences to stdout, in the language in which people are spoken to."""
    emit("\n".join(map(spoken, text.split("\n"))), end=end)


def print_json(values: Any) -> None:
    """Print one JSON document to stdout; a terminal would obey nothing of it, should it be one."""
    import orjson

    from harness.records.serialization import to_json

    text = to_json(values, orjson.OPT_INDENT_2).decode()
    print(re.sub("[^\x00-\x7e]+", lambda found: spelt(found[0], _code), text))


def _code(sign: str) -> str:
    """Return how a string of JSON writes a sign."""
    return json.dumps(sign)[1:-1]


_ENDINGS = {"tex": "latex", "htm": "html", "markdown": "md"}  # of files, where they are not the format's name


def format_named(named: str | None, out: Path | None, known: Collection[str]) -> str:
    """Return the format that is named, else the one that the file's name ends in, else Markdown.

    Raises:
        BadInput: it is none of those that are known.
    """
    ending = out.suffix.removeprefix(".").lower() if out else ""
    kind = named or _ENDINGS.get(ending, ending) or "md"
    if kind not in known:
        option = f"--format {named}" if named else f"--out {out}"
        raise BadInput(f"{option}: no such format.{did_you_mean(kind, known)}")
    return kind


def hand_over(made: str | Sequence[Block], out: Path | None) -> None:
    """Print a report, or write it to the file `out` and say so; tables and notes as Markdown there.

    Raises:
        BadInput: the file cannot be written.
    """
    if out is None:
        show(made) if not isinstance(made, str) else _print_report(made)
        return
    write(made if isinstance(made, str) else _markdown(made), out, "--out")
    say(f"written: {out}")


def show(blocks: Sequence[Block]) -> None:
    """Print tables and notes: fitted to a terminal, in Markdown to a file or another program."""
    if not is_console(sys.stdout):
        _print_report(_markdown(blocks))
        return
    from harness.reports.writers import console

    text = console.document(blocks, columns(sys.stdout), colour=in_colour(sys.stdout))
    print(text, flush=True)


def show_columns(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool] = (), *, names: int = 0
) -> None:
    """Print rows in columns: fitted to a terminal, as wide as they are to a file or another program."""
    from harness.text.width import padded

    lines = [list(header), *map(list, rows)]
    if is_console(sys.stdout):
        from harness.reports.writers.blocks import TableBlock

        show([TableBlock(headed(lines[0]), lines[1:], names=names)])
    else:
        emit("\n".join("  ".join(line).rstrip() for line in padded(lines, right)))


def headed(header: Sequence[str]) -> list[str]:
    """Return the headers of a table that people read, in the language in which they are spoken to."""
    from harness.text.korean.headers import HEADERS
    from harness.text.language import current

    return [HEADERS.get(word, word) for word in header] if current() == "ko" else list(header)


def _markdown(blocks: Sequence[Block]) -> str:
    from harness.reports.writers import markdown

    return markdown.document(blocks) + "\n"


def _print_report(text: str) -> None:
    """Print a report as it is to a file or another program; what people or a CI's log read is spelt out."""
    if sys.stdout.isatty() or os.environ.get("GITHUB_ACTIONS"):
        emit(text, end="")
    else:
        print(text, end="")


def write(text: str, path: Path, option: str) -> None:
    """Write a report to the file that `option` named, whole or not at all.

    Raises:
        BadInput: the file cannot be written; it is left as it was.
    """
    try:
        replace_text(path, text)
    except OSError as error:
        raise BadInput(f"{option} {path}: {error.strerror}") from None
