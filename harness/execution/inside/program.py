"""A program in its own process: bounded, as nobody, its verdict written only after its last line."""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import sys
import traceback
import types
from typing import Any

NOBODY = 65534
FILE = "<program>"
LONGEST = 4000  # characters of a traceback that are kept, the last ones
KINDS = (
    (SyntaxError, "syntax"),
    (AssertionError, "failed"),
    (MemoryError, "memory"),
    (RecursionError, "raised"),
)


def bound(limits: dict[str, Any], *, alone: bool = False) -> None:
    """Set the limits that the kernel keeps of one process; XCPU comes first, then KILL for who ignores it.

    That of processes is the user's, and is left as it is for a program that runs `alone` as that user.
    """
    import resource

    cpu = int(limits["cpu"])
    bounds = {
        **{"AS": limits["memory"], "NPROC": limits["allowance"], "FSIZE": limits["file"]},
        **{"NOFILE": 64, "CORE": 0, "MSGQUEUE": 0, "MEMLOCK": 0},
    }
    for name, value in bounds.items():
        if alone and name in ("NPROC", "NOFILE"):
            continue
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))


def become_nobody() -> None:
    """Leave the machine's uid 0, for which the kernel keeps no limit of processes."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def judged(source: str) -> dict[str, str]:
    """Return what came of running `source` as `__main__`: its outcome, and the traceback of what it raised.

    `SystemExit` is leaving early: what follows in the program was not run.
    """
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    try:
        exec(compile(source, FILE, "exec"), module.__dict__)
        sys.stdout.flush()
        return {"outcome": "passed", "error": ""}
    except SystemExit as error:
        return {"outcome": "raised", "error": f"left before its tests: SystemExit: {error.code}"}
    except BaseException as error:
        outcome = next((name for kind, name in KINDS if isinstance(error, kind)), "raised")
        if isinstance(error, SyntaxError) and error.filename != FILE:
            outcome = "raised"  # of what the program compiles, not of the program
        return {"outcome": outcome, "error": told(error)}


def told(error: BaseException) -> str:
    """Return the traceback from the program's first line on."""
    try:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != FILE:
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(error), error, trace, limit=-12))[-LONGEST:]
    except BaseException:  # its __str__ may do anything
        return type(error).__name__


def run(source: str, answer: int, token: bytes) -> None:
    """Run a program and write its verdict to `answer`, closed by the token; never return."""
    try:
        verdict = judged(source)
        os.write(answer, json.dumps(verdict).encode()[:60000] + token)
    finally:
        os._exit(0)


def alone() -> None:
    """Run the one job on standard input without a sandbox, within what limits this system keeps."""
    job = json.loads(sys.stdin.buffer.read())
    answer = os.open(job["answer"], os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(ImportError):  # without rlimits the wall clock alone ends what does not end
        bound({**job["limits"], "file": job["limits"]["output"] * 2}, alone=True)
    run(job["source"], answer, job["token"].encode())
