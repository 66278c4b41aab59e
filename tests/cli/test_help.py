"""The front door: what a new user sees before anything is run."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from harness import __version__

COMMANDS = (
    "run",
    "work",
    "status",
    "pause",
    "resume",
    "race",
    "try",
    "estimate",
    "export",
    "import",
    "list",
    "show",
    "data",
    "audit",
    "tokenizers",
    "check",
    "doctor",
    "cache",
    "init",
    "convert",
    "leaderboard",
    "report",
    "compare",
    "explain",
    "judge",
    "vote",
    "agree",
    "arena",
    "items",
    "gate",
    "push",
    "rescore",
    "score",
)
HEAVY = ("torch", "pandas", "transformers", "sklearn", "datasets", "scipy", "numpy", "rich", "jinja2")


def imported(*arguments: str) -> set[str]:
    """Return the packages that a command imports, in a process of its own."""
    code = (
        "import sys; from harness import cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=True
    )
    return set(done.stderr.split())


def test_the_bare_command_prints_help(shell):
    said = shell()
    assert (said.code, said.err) == (0, "")
    assert said.out == shell("--help").out


def test_help_names_every_command(shell):
    listed = re.findall(r"^  (\w+) {2,}\S", shell("-h").out.partition("Commands:")[2], re.MULTILINE)
    assert tuple(listed) == COMMANDS


def test_no_summary_of_a_command_is_cut_off(shell):
    assert "..." not in shell("-h").out.partition("Commands:")[2]


def test_help_explains_the_exit_codes(shell):
    words = " ".join(shell("-h").out.split())
    assert "Exit codes: 0 done; 1 regression; 2 wrong input; 3 a backend" in words
    assert "130 interrupted, resumable" in words


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(shell, command):
    said = shell(command, "-h")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: harness {command} ")
    assert "[[" not in said.out
    assert "Traceback" not in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(shell, command):
    lines = shell(command, "-h").out.partition("Options:")[2].splitlines()
    for line, following in pairwise([*lines, ""]):
        if re.match(r"  -", line):  # of a long option the words stand below
            assert re.search(r"\S {2,}\S", line.strip()) or following.startswith(" " * 10), line


def test_the_version_is_one_line(shell):
    assert shell("--version").out == f"harness {__version__}\n"


def test_help_imports_no_engine():
    assert not imported("--help") & {*HEAVY, "yaml", "pydantic"}


@pytest.mark.parametrize("kind", ["tasks", "backends", "metrics"])
def test_a_list_imports_no_engine(kind):
    assert not imported("list", kind) & set(HEAVY)
