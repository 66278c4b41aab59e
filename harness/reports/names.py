"""What a system is called on boards and pages: the model's last name, and what else was set.

A run keeps its whole label, `openai [model=acme/small-2b, base_url=http://10.0.0.7:8000/v1]`, by which a gate
knows it; people read `small-2b`. No folder of a machine and no host stands in a name that was not the
user's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# Settings that say where a model is, and not which it is.
PLACES = ("base_url", "url", "endpoint", "host", "port", "api_base", "device", "api_key_env")
_GIVEN = re.compile(r"( \[.*\])?", re.DOTALL)  # what a label says behind the backend
_URL = re.compile(r"\b(\w{1,20}://)\S+")
_FOLDERS = re.compile(r"(?<![\w.…])(?:~|\w:)?(?:[/\\][^/\\\s,\]]+)*[/\\](?=[^/\\\s,\]])")


class Labelled(NamedTuple):
    """What a run says of its system: its whole label, its backend, and what was given beside the profile."""

    label: str
    backend: str
    given: Mapping[str, Any]


def names(runs: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
    """Return what each run's system, (label, backend, given), is called; two labels never share a name.

    Of two models with one last name the owners are named, of one model behind two backends the backends; what
    is left is numbered in the order of the labels.
    """
    systems = [Labelled(*run) for run in runs]
    short = {one.label: _short(one) for one in systems}
    for longer in (_owned, lambda one: f"{_owned(one)} ({one.backend})"):
        counts = Counter(short.values())
        for one in systems:
            if counts[short[one.label]] > 1 and "model" in one.given:
                short[one.label] = longer(one)
    numbered = _numbered(short)
    return [numbered[one.label] for one in systems]


def _numbered(short: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for label in sorted(short):
        name, number = short[label], 2
        while name in found.values():
            name, number = f"{short[label]} ({number})", number + 1
        found[label] = name
    return found


def _short(run: Labelled) -> str:
    return _called(run, last_name(str(run.given.get("model") or "")))


def _owned(run: Labelled) -> str:
    """Return the name with its owner, `acme/small-2b`; of a folder the last name alone."""
    model = str(run.given["model"])
    owned = re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", model)
    return _called(run, model if owned else last_name(model))


def _called(run: Labelled, model: str) -> str:
    own = not run.label.startswith(run.backend) or not _GIVEN.fullmatch(run.label, len(run.backend))
    if own or (run.label == run.backend and not model):
        return run.label  # the user's, by --name, or the profile's, which is no place
    if not model:
        return _harmless(run.label)
    given = {k: v for k, v in run.given.items() if k != "model" and k not in PLACES}
    extra = ", ".join(f"{key}={_harmless(str(value))}" for key, value in given.items())
    return f"{model} [{extra}]" if extra else model


def last_name(model: str) -> str:
    """Return `small-2b` of `acme/small-2b`, of a folder and of an address."""
    return re.split(r"[/\\]", model.rstrip("/\\"))[-1]


def _harmless(text: str) -> str:
    """Return a text without hosts and folders."""
    return _FOLDERS.sub("", _URL.sub("…", text))


def private(value: Any) -> Any:
    """Return plain values with no host and no folder of a machine in their texts."""
    if isinstance(value, str):
        return _HOST.sub(r"\1…", _ABSOLUTE.sub("…/", value))
    if isinstance(value, Mapping):
        return {key: private(one) for key, one in value.items()}
    if isinstance(value, list):
        return [private(one) for one in value]
    return value


# Bounded, as a name may be a megabyte of letters.
_HOST = re.compile(r"\b(\w{1,20}://)[^/\s'\"]+")
_ABSOLUTE = re.compile(r"(?<![\w.…:/])(?:~|\w:)?(?:[/\\][^/\\\s'\"]+)*[/\\](?=[^/\\\s'\"])")
