"""`harness cache`: what is kept of answers that were paid for, and getting rid of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import headed, print_json, show, tell
from harness.errors import BadInput, did_you_mean
from harness.options.flags import Flag, Positional
from harness.options.shared import Json

if TYPE_CHECKING:
    from harness.evaluation.wrappers.answer_store import Kept

_AGE = re.compile(r"(\d+)\s*([dhm])")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60}


def cache(
    what: Annotated[
        str, Positional("stats|clear", help="what to do: show, or remove", ko="할 일: 보기 또는 지우기")
    ],
    backend: Annotated[
        str | None,
        Flag("--backend -b", metavar="BACKEND", help="only the answers of this one", ko="이 시스템의 답만"),
    ] = None,
    older_than: Annotated[
        str | None,
        Flag(
            "--older-than",
            metavar="AGE",
            help="only these, such as 30d, 12h or 10m",
            ko="이보다 오래된 것만, 예: 30d, 12h, 10m",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Show or clear what is kept of answers that servers gave."""
    from harness.evaluation.wrappers.answer_store import Store, path

    if what not in ("stats", "clear"):
        raise BadInput(f"cache {what}: should be stats or clear.{did_you_mean(what, ('stats', 'clear'))}")
    if what == "stats" and older_than is not None:
        raise BadInput("--older-than is about clear; stats say how old the oldest is")
    seconds = _seconds(older_than) if older_than is not None else None
    if not path().exists():  # none is made only to say that it is empty
        _print(what, [], 0, 0, json=json)
        return 0
    with Store() as store:
        before, size = store.kept(), store.size()
        _check_known(backend, before)
        if what == "stats":
            _print(what, [row for row in before if backend in (None, row.backend)], 0, size, json=json)
        else:
            removed = store.clear(backend=backend, older_than=seconds)
            _print(what, store.kept(), removed, store.size(), json=json)
    return 0


def _seconds(text: str) -> int:
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise BadInput(f"--older-than {text}: should be an age such as 30d, 12h or 10m")
    return int(match[1]) * _SECONDS[match[2]]


def _check_known(backend: str | None, kept: list[Kept]) -> None:
    known = {row.backend for row in kept}
    if backend is not None and backend not in known:
        raise BadInput(f"--backend {backend}: no answer of it is kept.{did_you_mean(backend, known)}")


def _print(what: str, rows: list[Kept], removed: int, size: int, *, json: bool) -> None:
    from harness.evaluation.wrappers.answer_store import path
    from harness.reports.writers.blocks import TableBlock

    if json:
        found = {"path": str(path()), "bytes": size, "backends": [row._asdict() for row in rows]}
        print_json({**({"removed": removed} if what == "clear" else {}), **found})
        return
    if what == "clear":
        tell(f"removed {removed:,} answers")
    answers = sum(row.answers for row in rows)
    tell(f"{path()}: {answers:,} answers, {size / 2**20:.1f} MiB")
    if rows:
        header = ["backend", "model", "answers", "KiB", "oldest", "newest"]
        show([TableBlock(headed(header), [_cells(row) for row in rows], names=1)])


def _cells(row: Kept) -> list[str]:
    days = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") for at in (row.oldest, row.newest)]
    return [row.backend, row.model, f"{row.answers:,}", f"{row.bytes / 1024:,.1f}", *days]
