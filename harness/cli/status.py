"""`harness status` and `harness pause`: look into runs while they are made, and stop them gently."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import clear, emit, print_json, show, warn
from harness.errors import BadInput
from harness.options.flags import Flag
from harness.options.shared import Json, Lang, Runs, RunsDir
from harness.terminal import is_console, say

if TYPE_CHECKING:
    from harness.reports.status.follow import Progress

EVERY_S = 2.0


def status(
    runs: Runs = None,
    watch: Annotated[
        bool,
        Flag(
            "--watch -w",
            help="look again every two seconds until all have ended",
            ko="모두 끝날 때까지 2초마다 다시 봄",
        ),
    ] = False,
    all: Annotated[bool, Flag("--all -a", help="those that are complete too", ko="끝난 실행도 보임")] = False,
    json: Json = False,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Say how far runs are while they are made.

    Progress, rate, failures, what was spent, and who makes them, read from their directories: it works on a
    process that hangs, and over storage that machines share. With --watch --json a line of JSON a look.
    """
    from harness.reports.status.follow import OVER, Follower
    from harness.reports.status.render import blocks
    from harness.reports.writers.translations import language

    follower = Follower(runs or [runs_dir])
    while True:
        found = follower.look()
        going = [one for one in found if one.state not in OVER]
        shown = found if all or runs else [one for one in found if one.state != "complete"]
        if json:
            _print_json(shown, line=watch)
        else:
            if watch and is_console(sys.stdout):
                clear()
            with language(lang):
                show(blocks(shown))
        if not (watch and going):
            return 0
        time.sleep(EVERY_S)


def _print_json(found: Sequence[Progress], *, line: bool) -> None:
    """Print one JSON document; as a `line` of its own where others follow."""
    import orjson

    values = {"runs": [one.document() for one in found]}
    if line:
        emit(orjson.dumps(values).decode())
    else:
        print_json(values)


def pause(runs: Runs = None, runs_dir: RunsDir = Path("runs")) -> int:
    """Let runs stop gently, to go on later.

    What is in flight is waited for; `harness resume` goes on. Without RUN all that are under way in
    the folder of runs. The word is left in their directories, where the processes that make them look for it:
    also on another machine that shares the storage.
    """
    from harness.records.pausing import ask_to_pause
    from harness.reports.status.follow import OVER, Follower

    found = Follower(runs or [runs_dir]).look()
    going = [one for one in found if one.state not in OVER]
    if not going:
        raise BadInput("nothing is under way here; `harness status --all` shows what there is")
    for one in going:
        ask_to_pause(one.directory)
        if one.state == "silent":
            warn(f"{one.directory}: it says nothing; what hangs hears nothing ({one.by})")
        else:
            say(f"{one.directory}: stops after what is in flight")
    return 0
