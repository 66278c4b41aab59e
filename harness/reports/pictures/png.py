"""A picture as PNG, for slides and documents that take no SVG: by resvg, whose wheel carries all it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from harness import DISTRIBUTION
from harness.errors import Unavailable
from harness.reports.pictures.style import alone

ZOOM = 2.0  # pixels of the file for one of the picture: letters stay sharp on a projector
_LETTER = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="drawn" width="40" height="40"><style>{}</style>'
    '<text x="5" y="30">{}</text></svg>'
)


def png(svg: str) -> bytes:
    """Return an SVG file of ours as PNG, by day.

    Raises:
        Unavailable: resvg is not installed.
    """
    flat = svg.replace(alone(), _flat())
    return _resvg()(svg_string=flat, zoom=ZOOM, background=_by_day(alone())["--card"])


def drawable(one: str, other: str) -> bool:
    """Return whether fonts of this machine have two letters: what is missing looks the same, whatever it is.

    Raises:
        Unavailable: resvg is not installed.
    """
    first, second = (_resvg()(svg_string=_LETTER.format(_flat(), letter)) for letter in (one, other))
    return first != second


def _resvg() -> Callable[..., bytes]:
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise Unavailable(f"pictures as PNG need resvg: pip install '{DISTRIBUTION}[report]'") from None
    return lambda **given: bytes(svg_to_bytes(**given))


# What resvg does not know: variables, and rules for the night.

_NIGHT = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SET = re.compile(r"(--[\w-]+): *([^;]+);")
_TAKEN = re.compile(r"var\((--[\w-]+)(?:, *(var\(--[\w-]+\)))?\)")


@cache
def _flat() -> str:
    return without_variables(alone())


def without_variables(style: str) -> str:
    """Return a style sheet with the day's colours in place of variables.

    A rule that takes a kind's colour, `var(--k, …)`, is followed by one for each class that sets `--k`.
    """
    day = _by_day(style)
    rules = [(name.strip(), body) for name, body in _RULE.findall(_NIGHT.sub("", style))]
    kinds = {
        one.strip(): _filled(dict(_SET.findall(body))["--k"], day)
        for names, body in rules
        for one in names.split(",")
        if "--k:" in body
    }
    written = []
    for name, body in rules:
        if _SET.search(body):
            continue
        written.append(f"{name} {{{_filled(body, day)}}}")
        if "var(--k" in body:
            written += [
                f"{name}{kind} {{{_filled(body, {**day, '--k': colour})}}}" for kind, colour in kinds.items()
            ]
    return " ".join(written)


def _by_day(style: str) -> dict[str, str]:
    return dict(_SET.findall(next(body for name, body in _RULE.findall(style) if name.strip() == ":root")))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _TAKEN.sub(lambda found: values.get(found[1]) or _filled(found[2] or "", values), text)
