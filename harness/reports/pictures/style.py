"""The colours of a picture that stands alone; a page has the same ones in its style sheet."""

from __future__ import annotations

import re
from functools import cache

from harness.paths import shipped

_BEGIN, _END = "/* pictures: also of those that stand alone */", "/* end of pictures */"


@cache
def palette() -> str:
    """Return the colours of pages and pictures by day and by night, as rules of a style sheet."""
    return re.sub(r"\s+", " ", _rules().partition(".drawn")[0]).strip()


def _rules() -> str:
    sheet = (shipped("reports") / "templates/site/assets/site.css").read_text(encoding="utf-8")
    return "".join(re.findall(f"{re.escape(_BEGIN)}(.*?){re.escape(_END)}", sheet, re.DOTALL))


@cache
def alone() -> str:
    """Return the style of an SVG file: the page's own rules for pictures, with a ground of its own."""
    ground = (
        ".drawn { background: var(--card); font-family: system-ui, -apple-system, 'Segoe UI', "
        "'Apple SD Gothic Neo', 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', 'NanumGothic', "
        "'UnDotum', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif; "
        "font-variant-numeric: tabular-nums; }"
    )
    return re.sub(r"\s+", " ", _rules() + ground).strip()
