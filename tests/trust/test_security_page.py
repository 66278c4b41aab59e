"""SECURITY.md says what each command may read, write, run and send; its options say the same."""

from __future__ import annotations

import ast
import re

import pytest

from harness.cli.app import command
from tests.support.paths import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): dict(zip(("reads", "writes", "runs", "sends"), cells[1:], strict=True))
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split(" | ")]) == 5
}


def leaves(group, before=""):
    """Yield each command by its name, with its options."""
    for name, inner in group.commands.items():
        if hasattr(inner, "commands"):
            yield name, {option for one in inner.commands.values() for option in options(one)}
        else:
            yield name, set(options(inner))


def options(one):
    return [option for parameter in one.params for option in parameter.opts]


COMMANDS = dict(leaves(command()))


def test_every_command_has_a_row_and_every_row_a_command():
    assert sorted(ROWS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_that_can_run_code_of_others_says_so(name):
    assert ("--trust-remote-code" in COMMANDS[name]) == ("--trust-remote-code" in ROWS[name]["runs"])
    if "--trust-remote-code" not in COMMANDS[name]:
        assert ROWS[name]["runs"] == "nothing"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_that_can_send_a_key_says_so_and_can_be_given_leave(name):
    sends = ROWS[name]["sends"]
    assert ("--allow-endpoint" in COMMANDS[name]) == (
        "key to the profile's server" in sends or "as `run`" in sends
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_that_makes_requests_can_be_kept_from_it(name):
    sends = ROWS[name]["sends"]
    asks = "requests for" in sends or "as `run`" in sends
    assert ("--offline" in COMMANDS[name]) == asks or name == "data"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_that_sends_nothing_has_no_option_to(name):
    if ROWS[name]["sends"] == "nothing":
        assert not COMMANDS[name] & {"--allow-endpoint", "--offline", "--trust-remote-code"}


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", PAGE))))
def test_an_option_that_the_page_names_is_one(option):
    assert any(option in known for known in COMMANDS.values())


def test_whatever_a_command_prints_goes_one_way():
    """`emit` and `say` spell out what a terminal, or a CI's log, would obey."""
    allowed = {"output.py", "app.py", "gate.py"}  # gate's annotations are its own words, spelt by themselves
    bare = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "harness/cli").glob("*.py"))
        if path.name not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert bare == []
