"""`harness compare`."""

from __future__ import annotations

from pathlib import Path

import orjson

from harness.cli.output import format_named, hand_over
from harness.reports.comparison import render as compare_render
from harness.reports.comparison.compare import Comparison, compare
from harness.reports.comparison.pairs import only_run
from harness.reports.writers.translations import language

FORMATS = ("md", "html", "json")


def compare_command(
    a: Path,
    b: Path,
    *,
    metrics: list[str],
    examples: int,
    format: str | None,
    out: Path | None,
    lang: str | None = None,
) -> int:
    """Print or write how run `b` differs from run `a`."""
    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        text = _rendered(compare(only_run(a), only_run(b), metrics=metrics, examples=examples), kind)
    hand_over(text, out)
    return 0


def _rendered(found: Comparison, kind: str) -> str:
    if kind == "json":
        return orjson.dumps(compare_render.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
    return compare_render.html(found) if kind == "html" else compare_render.markdown(found) + "\n"
