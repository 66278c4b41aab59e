"""Under which licence data comes: said before it is downloaded, asked about where it forbids something."""

from __future__ import annotations

import sys
from collections.abc import Callable

from harness.config.remembered import remember, remembered
from harness.errors import BadInput
from harness.tasks.task import Task
from harness.terminal import say

FILE = "licences.txt"
YES = ("y", "yes", "예", "네")


def tell_licence(task: Task, size: str, report: Callable[[str], None], *, agreed: bool = False) -> None:
    """Say the licence and size of what is about to be downloaded, and its terms; ask once about the latter.

    A person at a terminal is asked, and the answer is remembered; `agreed` is that answer given beforehand.
    Where nobody is there to ask, the terms are said and the download goes on.

    Raises:
        BadInput: the person does not agree.
    """
    source = task.file.source
    report(f"{task.name}: licence {source.licence or 'unstated'}{f', {size}' if size else ''}")
    if not source.terms or task.name in remembered(FILE):
        return
    report(f"{task.name}: {source.terms}")
    if agreed or (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty() and _asked(task)):
        remember(FILE, task.name, f"the terms of {task.name} are agreed to")


def _asked(task: Task) -> bool:
    say(f"{task.name}: do you agree to these terms? They are asked about once. [y/N]")
    if sys.stdin.readline().strip().lower() in YES:
        return True
    raise BadInput(f"{task.name}: its terms were not agreed to, so nothing was downloaded")
