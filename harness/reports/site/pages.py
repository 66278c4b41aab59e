"""The pages as HTML. Every name and every reply is text there: nothing from a run is ever markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jinja2
from markupsafe import Markup

from harness.paths import shipped
from harness.reports.writers.translations import KOREAN, current, named, translated
from harness.terminal import printable
from harness.text.width import plain

WORDS = "words.js"
MOST = 400  # characters of a name or a setting on a page
LINE = (
    5000  # characters of a line of a text that is shown in full; a browser would take a minute over a million
)

# Nothing is loaded but what lies beside the page, and no script runs that is not a file of its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)


class Pages:
    """Renders a page by the name of its template, in the language in use.

    On a page, `_` is `translated` and `named` is `named` of `reports.writers.translations`.
    """

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """Return a page. `values` hold text as runs wrote it."""
        return self._environment.get_template(template).render(policy=POLICY, **values)

    def words(self) -> str:
        """Return the script that has the other scripts' words in the language in use."""
        return self._environment.get_template(f"{WORDS}.j2").render(words=KOREAN if current() == "ko" else {})

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(shipped("reports") / "templates" / "site", encoding="utf-8"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters |= {"whole": _whole, "coded": _coded}
        environment.globals |= {"_": translated, "named": named, "language": current()}
        return environment


def _shown(value: Any) -> Any:
    """Return what a page inserts: text on one line, what cannot be seen written out, none of it endless."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    short = value if len(value) <= MOST else value[: MOST - 1] + "…"
    return plain(short)


def _whole(value: str) -> Markup:
    """Return a text with its lines, none of them endless: a command, JSON."""
    lines = (
        line if len(line) <= LINE else f"{line[:LINE]}… ({len(line):,} characters)"
        for line in value.split("\n")
    )
    return Markup("\n").join(Markup.escape(printable(line)) for line in lines)


def _coded(value: str) -> Markup:
    """Return a sentence of ours in which `this` is typed: code on the page."""
    pieces = map(Markup.escape, value.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )


def slug(*names: str) -> str:
    """Return a file's name made of what is harmless in every address and file system."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")[:80] or "run"
