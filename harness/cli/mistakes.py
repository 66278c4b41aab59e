"""What somebody meant who typed a command line that is none: the next line to type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_EXTRA = re.compile(r"unexpected extra argument(?:s|\(s\))? \((.*)\)")
_ASKING = ("run", "estimate", "tokenizers")  # commands that take tasks and backends as options alone


def meant(message: str, arguments: Sequence[str]) -> str:
    """Return ` Type …` after a usage error whose words are tasks and backends without their options."""
    found = _EXTRA.search(message)
    if found is None or not arguments or arguments[0] not in _ASKING:
        return ""
    from harness.backends import backend as backends
    from harness.tasks import task as tasks

    tasks_known, backends_known = tasks.catalogue(), backends.catalogue()
    extra = [word for word in arguments[1:] if word in found[1].split() or word.strip("'") in found[1]]
    typed = [word for word in arguments[1:] if word not in extra]
    named = {
        "-t": [word for word in extra if all(one in tasks_known for one in word.split(","))],
        "-b": [word for word in extra if all(one in backends_known for one in word.split(","))],
    }
    if sum(map(len, named.values())) < len(extra):
        return " Tasks are named by -t, backends by -b: harness run -t TASK -b BACKEND"
    options = [part for option, words in named.items() if words for part in (option, ",".join(words))]
    return f" Type harness {shlex.join([arguments[0], *options, *typed])}"
