"""Files of measured figures: a section a part, each written anew by the command that it names."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path


def write_parts(module: str, parts: Mapping[str, Callable[[], Iterable[str]]], out: Path, about: str) -> None:
    """Run the parts that the command line asks for, all unless it says `--only`, and write their sections."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--only", default=",".join(parts))
    parser.add_argument("--out", type=Path, default=out)
    asked = parser.parse_args()
    for name in asked.only.split(","):
        text = "\n".join(parts[name]())
        write_section(asked.out, name, f"`python -m benchmarks.{module} --only {name}`\n\n{text}", about)


def write_section(path: Path, name: str, text: str, about: str) -> None:
    """Put a section into a file of measured figures, in place of the one of that name."""
    head = f"# {about.splitlines()[0]}\n"
    before = path.read_text(encoding="utf-8") if path.exists() else head
    section = f"\n## {name}\n\n{text.rstrip()}\n"
    found = re.compile(rf"\n## {re.escape(name)}\n.*?(?=\n## |\Z)", re.DOTALL)
    after = found.sub(lambda _: section, before) if found.search(before) else before + section
    path.write_text(after, encoding="utf-8")
