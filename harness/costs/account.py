"""What was sent and what came of it, in tokens: `account.jsonl` of a run directory, only appended to.

Before a request goes out, a line says the most that it may read and write; when it comes back, another says
what the server counted. So a kill, a second Ctrl-C or a full disk loses no money: what was sent and never
came back stays in the account at its most. A run that was begun by an older version brings its journal along.

    ["sent", id, repeat, most tokens read, most tokens written or null]
    ["told", id, repeat, prompt, cached, completion, reasoning]      as the server counted
    ["guessed", id, repeat, prompt, cached, completion, reasoning]   counted here: the server did not
    ["free", id, repeat]                                             the server did nothing
    ["brought", amount]                                              of a journal whose lines are gone
    ["folded", worker]                                               what follows is that worker's account
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from harness.costs.prices import TokenPrice
from harness.files import open_own
from harness.records.atomic import plain_file, replace
from harness.records.journal import Appending, Key
from harness.records.sample_schema import Record, RecordedUsage
from harness.records.serialization import to_json
from harness.schema import Response, Usage

ACCOUNT = "account.jsonl"
ZERO = Decimal(0)


@dataclass
class Totals:
    """What an account comes to.

    `told` is what the servers said and what was counted here where they said nothing. `unaccounted` is the
    most that may have been billed beside it, for `requests` of which nobody knows; None where nothing bounds
    one of them.
    """

    told: Decimal = ZERO
    unaccounted: Decimal | None = ZERO
    requests: int = 0
    _open: dict[Key, list[Decimal | None]] = field(default_factory=dict)

    def send(self, key: Key, most: Decimal | None) -> None:
        """Count a request that goes out."""
        self._open.setdefault(key, []).append(most)

    def settle(self, key: Key, cost: Decimal | None, *, guessed: bool = False) -> None:
        """Count what came of the one that went out last; a cost of None is one that nobody told."""
        if cost is None:
            return
        sent = self._open.get(key)
        most = sent.pop() if sent else ZERO
        if not sent:
            self._open.pop(key, None)
        self.told += cost
        if guessed:
            self._doubt(None if most is None else max(ZERO, most - cost))

    def closed(self) -> Totals:
        """Count what never came back, and return these totals."""
        for sent in self._open.values():
            for most in sent:
                self._doubt(most)
        self._open = {}
        return self

    def _doubt(self, most: Decimal | None) -> None:
        self.requests += 1
        self.unaccounted = None if most is None or self.unaccounted is None else self.unaccounted + most


class Account:
    """The account of a run, open for appending once there is something to say."""

    def __init__(self, directory: Path) -> None:
        """Open nothing yet."""
        self._path = directory / ACCOUNT
        self._lines: Appending | None = None

    @property
    def exists(self) -> bool:
        """Return whether anything was ever said."""
        return self._path.exists()

    def sent(self, key: Key, max_prompt_tokens: int, max_completion_tokens: int | None) -> None:
        """Say that a request goes out.

        Raises:
            Stopped: the disk is full; it must not go out.
        """
        self._write(["sent", *key, max_prompt_tokens, max_completion_tokens])

    def settle(self, response: Response, *, billed: bool) -> None:
        """Say what came of a request; of one that failed and may be `billed` nobody knows."""
        if response.usage is not None:
            self._write([_tag(response.usage), *response.key, *_tokens(response.usage)])
        elif response.error is not None and not billed:
            self._write(["free", *response.key])

    def bring(self, records: Iterable[Record], gone: Decimal) -> None:
        """Begin with what a journal says, and with what lines cost that are no longer in it. Atomic.

        Raises:
            Stopped: the disk is full.
        """
        usages = (
            (record.key, usage_of(record.response.usage))
            for record in records
            if record.response.usage and not record.response.cached
        )
        said: Iterator[list[Any]] = (["told", *key, *_tokens(usage)] for key, usage in usages)
        first: list[Any] = ["brought", str(gone)]
        replace(self._path, map(_line, itertools.chain([first], said)))

    def absorb(self, others: Iterable[tuple[str, Path]]) -> None:
        """Add the accounts of workers, by name; one that was added before is not added again. Atomic.

        Raises:
            Stopped: the disk is full.
        """
        known = {line[1] for line in self._said() if line[:1] == ["folded"] and len(line) == 2}
        new = [(owner, path) for owner, path in others if owner not in known]
        if not new:
            return
        self.close()

        def pieces() -> Iterator[bytes]:
            for owner, path in [("", self._path), *new]:
                if owner:
                    yield _line(["folded", owner])
                if path.exists():
                    with open_own(path) as lines:
                        yield from (line for line in lines if line.endswith(b"\n"))

        replace(self._path, pieces())

    def _said(self) -> Iterator[list[Any]]:
        """Yield what the lines say; one that is damaged says nothing."""
        if self.exists:
            with plain_file(self._path), open_own(self._path) as lines:
                for line in lines:
                    with contextlib.suppress(ValueError):
                        said = orjson.loads(line)
                        if isinstance(said, list):
                            yield said

    def totals(self, price: TokenPrice) -> Totals:
        """Return what it comes to at `price`; a line that is damaged says nothing."""
        found = Totals()
        for said in self._said():
            with contextlib.suppress(ArithmeticError):
                _count(said, found, price)
        return found.closed()

    def close(self) -> None:
        """Close the file."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def _write(self, line: list[Any]) -> None:
        if self._lines is None:
            self._lines = Appending(self._path)
        self._lines.write(_line(line))


def usage_of(recorded: RecordedUsage) -> Usage:
    """Return the tokens that a line of the journal tells."""
    return Usage(
        recorded.prompt_tokens,
        recorded.cached_tokens,
        recorded.completion_tokens,
        recorded.reasoning_tokens,
        recorded.estimated,
    )


def _count(line: Any, found: Totals, price: TokenPrice) -> None:
    """Add what a line says to what was found so far."""
    match line:
        case ["sent", str(name), int(repeat), int(read), int() | None as written]:
            found.send((name, repeat), None if written is None else price.most(read, written))
        case ["told" | "guessed" as tag, str(name), int(repeat), *tokens] if _are_tokens(tokens):
            found.settle((name, repeat), price.of(Usage(*tokens)), guessed=tag == "guessed")
        case ["free", str(name), int(repeat)]:
            found.settle((name, repeat), ZERO)
        case ["brought", str(amount)]:
            found.told += Decimal(amount)


def _are_tokens(found: list[Any]) -> bool:
    return len(found) == 4 and all(one is None or (isinstance(one, int) and one >= 0) for one in found)


def _line(said: list[Any]) -> bytes:
    return to_json(said, orjson.OPT_APPEND_NEWLINE)


def _tag(usage: Usage) -> str:
    return "guessed" if usage.estimated else "told"


def _tokens(usage: Usage) -> list[int | None]:
    return [usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.reasoning_tokens]
