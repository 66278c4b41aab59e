"""What somebody meant who typed a command line that is none: the next line to type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_EXTRA = re.compile(r"unexpected extra argument(?:s|\(s\))? \((.*)\)")
_ASKING = ("estimate", "tokenizers")  # commands that take tasks and backends as options alone


def meant(message: str, arguments: Sequence[str]) -> str:
    """Return ` Type …` after a usage error whose words are tasks and backends without their options."""
    found = _EXTRA.search(message)
    if found is None or not arguments or arguments[0] not in _ASKING:
        return ""
    extra = [word for word in arguments[1:] if word in found[1].split() or word.strip("'") in found[1]]
    return named(arguments[0], extra, [word for word in arguments[1:] if word not in extra])


def missing(error: object) -> str:
    """Return ` Type …` after a usage error of a command that was given too little: all that it needs."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ != "MissingParameter" or context is None:
        return ""
    needed = [one for one in context.command.params if getattr(one, "required", False)]
    needed.sort(key=lambda one: one.param_type_name == "option")
    words = [str(one.metavar or one.human_readable_name) for one in needed]
    for at, one in enumerate(needed):
        if one.param_type_name == "option":
            words[at] = f"{max(one.opts, key=len)} {words[at]}"
    return f" Type {context.command_path} {' '.join(words)}"


def named(command: str, words: Sequence[str], others: Sequence[str]) -> str:
    """Return ` Type …` for tasks and backends that were typed without their options, before the `others`."""
    from harness.backends import backend as backends
    from harness.tasks import task as tasks

    tasks_known, backends_known = tasks.catalogue(), backends.catalogue()
    found = {
        "-t": [word for word in words if all(one in tasks_known for one in word.split(","))],
        "-b": [word for word in words if all(one in backends_known for one in word.split(","))],
    }
    if sum(map(len, found.values())) < len(words):
        return " Tasks are named by -t, backends by -b: harness run -t TASK -b BACKEND"
    options = [part for option, given in found.items() if given for part in (option, ",".join(given))]
    return f" Type harness {shlex.join([command, *options, *others])}"
