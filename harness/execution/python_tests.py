"""A model's code and the tests of its problem as one program, as HumanEval has it.

Chen et al. (2021), "Evaluating Large Language Models Trained on Code", arXiv:2107.03374. A target is JSON:
`prompt` (what a completion continues), `entry_point` (the name of the function), `test` (which defines
`check(candidate)`, or asserts by itself).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from harness.extraction.code_blocks import defines

_FUTURE = re.compile(r"^from __future__ import .*\n?", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:async\s+def|def|class|@)\b", re.MULTILINE)
_CHECK = re.compile(r"^def\s+check\s*\(", re.MULTILINE)


def program(code: str, target: Mapping[str, Any]) -> str:
    """Return the program whose last line is reached only where the code passes every test."""
    name, test = target.get("entry_point", ""), target["test"]
    called = f"\n\ncheck({name})\n" if name and _CHECK.search(test) else "\n"
    return f"{assembled(code, target.get('prompt', ''), name)}\n\n{test}{called}"


def assembled(code: str, prompt: str, name: str) -> str:
    """Return the whole module: code that defines `name` behind the prompt's imports, a body behind it all."""
    if not defines(code, name):
        return prompt + _indented(code, prompt)
    head = _DEFINITION.split(prompt, maxsplit=1)[0]
    future = "".join(line if line.endswith("\n") else f"{line}\n" for line in _FUTURE.findall(head + code))
    return future + _FUTURE.sub("", head) + _FUTURE.sub("", code)


def _indented(body: str, prompt: str) -> str:
    """Return a function's body as far in as the prompt needs it, where a chat has taken its blanks away."""
    lines = [line for line in body.split("\n") if line.strip()]
    if not lines or lines[0][0].isspace() or not prompt.rstrip().endswith(('"""', "'''", ":")):
        return body
    if all(line[0].isspace() for line in lines[1:]):  # the first line alone has lost them
        return f"    {body}"
    return textwrap.indent(body, "    ")
