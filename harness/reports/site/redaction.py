"""Examples without the texts of their data set, for a site that is read where the data may not be copied.

Ids, verdicts, scores, tokens and times stay, and so do labels: those are the task's own words. An option of
an example's own is known by its label or its place. What an input, a right text, a prompt or a reply says is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.reports.names import private
from harness.reports.writers.translations import translated

_FOLDERS = re.compile(
    r"(?<![\w.…])(~|\w:)?([/\\][^\s/\\'\"]+)*[/\\](?=[^\s/\\'\"])"
)  # all but a path's last name


def question(request: Mapping[str, Any], target: Any, labels: Mapping[str, str]) -> list[Any]:
    """Return what was asked as far as it is no text: the options, and the right one of them."""
    own = request.get("choices") or request.get("options") or []
    words, names = set(labels.values()), list(labels)
    known = names if len(names) == len(own) else list(map(str, range(len(own))))
    options = [option if option in words else name for option, name in zip(own, known, strict=True)]
    return [{"options": options} if options else {}, choice(target, labels, len(own))]


def answer(told: Mapping[str, Any], request: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return an answer, as `examples.py` tells it, without the reply; of a failure its kind stays."""
    own = request.get("choices") or request.get("options") or []
    kept = {name: value for name, value in told.items() if name != "text"}
    kept["prediction"] = choice(told["prediction"], labels, len(own))
    if ran := kept.get("execution"):
        kept["execution"] = {"outcome": ran["outcome"], "error": "", "output": ""}
    if error := kept.get("error"):
        kept["error"] = {"kind": error["kind"], "message": _left_out()}
    return kept


def document(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run says of itself but for folders of the machine it was started on.

    Why it was stopped may quote what was asked, and is left out too.
    """
    kept = dict(run)
    if kept.get("stopped_because"):
        kept["stopped_because"] = _left_out()
    if kept.get("command"):
        kept["command"] = _FOLDERS.sub("…/", str(kept["command"]))
    return kept


_OWN = ("command", "backend", "given", "environment", "data", "served", "stopped_because")


def hostless(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run says of itself but for hosts and folders of the machines that it ran on."""
    return {key: private(value) if key in _OWN else value for key, value in run.items()}


def choice(value: Any, labels: Mapping[str, str], options: int) -> Any:
    """Return a label, the place of an option, a number or None; of a text, that it is left out."""
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and (value in labels or (value.isdecimal() and int(value) < options)):
        return value
    return _left_out()


def _left_out() -> str:
    return translated("(left out)")
