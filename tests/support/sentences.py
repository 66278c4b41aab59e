"""Every sentence that the harness says to people, read from where it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.paths import ROOT

RAISED = {
    *("BadInput", "Unavailable", "Stopped", "HarnessError", "Interrupted", "LaterFormat"),
    *("CannotAsk", "NotHere", "NotAllowed", "LostAnswers", "Unwritable", "NoPlainFile", "TooLarge"),
    *("ValueError", "error"),  # what checks of a definition raise, and `document.error`
}
SAID = {"say", "warn", "fail", "emit", "phase", "tell", "report", "note", "Few"}
_HOLE = "\0"


def sentences() -> dict[str, str]:
    """Return the sentences of two words or more, their values numbered, each with where it is said first."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "harness").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (said := _said(node)) is not None:
                for text in map(_numbered, _texts(said)):
                    if len(re.findall("[A-Za-z]{2,}", re.sub(r"\{\d+\}", "", text))) > 1:
                        found.setdefault(text, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def helps() -> Iterator[str]:
    """Yield the paragraphs that help says of commands."""
    import inspect

    from harness.cli.app import COMMANDS, app

    yield from (app.info.help, app.info.epilog)
    for command in COMMANDS:
        for paragraph in inspect.cleandoc(command.function.__doc__).split("\n\n"):
            yield " ".join(paragraph.split())


def _said(node: ast.AST) -> ast.expr | None:
    """Return what a call says to people, or what a check yields with the place of a problem."""
    if isinstance(node, ast.Call) and node.args and _name(node) in RAISED | SAID:
        return node.args[0]
    if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        text, place = node.value.elts
        if isinstance(place, ast.Tuple) or (isinstance(place, ast.Name) and place.id == "loc"):
            return text
    return None


def _name(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _texts(node: ast.expr) -> list[str]:
    """Return what an expression may say, a hole for each value that it holds."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(v.value) if isinstance(v, ast.Constant) else _HOLE for v in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a in _texts(node.left) for b in _texts(node.right)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return [_HOLE]


def _numbered(text: str) -> str:
    """Return a text with its holes numbered; those that touch are one."""
    first, *rest = re.split(f"{_HOLE}+", text)
    return first + "".join(f"{{{number}}}{piece}" for number, piece in enumerate(rest))
