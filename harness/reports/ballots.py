"""Two replies side by side to vote on: a page that needs nothing but itself, and the words of a terminal."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape

from harness.api_keys import redacted
from harness.judging.blind import COLUMNS, Pair, Side, csv_line, vote_row
from harness.paths import shipped
from harness.reports.writers.translations import current, translated

VERDICTS = {"a": "A>B", "b": "B>A", "t": "A=B"}
SKIP, QUIT = "s", "q"
HANGUL = dict(zip("ㅁㅠㅅㄴㅂ", "abtsq", strict=True))  # what the same keys type in Korean


def question(pair: Pair, number: int, count: int) -> str:
    """Return a pair as a terminal shows it: the question, A and B, and whose they are nowhere."""
    head = translated("Question {number:,} of {count:,}", number=number, count=count)
    return redacted(
        "\n\n".join(
            [
                f"━━ {head} ━━",
                *([pair.asked] if pair.asked else []),
                *(_side(name, side) for name, side in (("A", pair.first), ("B", pair.second))),
            ]
        )
    )


def _side(name: str, side: Side) -> str:
    before = f"({translated('what was said before')})\n{side.before}\n\n" if side.before else ""
    return f"── {name} ──\n{before}{side.reply}"


def keys() -> str:
    """Return which keys there are."""
    return translated("a or b is better, t tie, s skip, q quit")


def page(pairs: Sequence[Pair], voter: str, name: str) -> str:
    """Return the page of these pairs, which saves votes in a file of that name.

    Who is who is in it as base64 alone, for the file: no text of the page names a system.
    """
    texts = [
        [redacted(text) for text in (p.asked, p.first.before, p.first.reply, p.second.before, p.second.reply)]
        for p in pairs
    ]
    sealed = json.dumps([_cut(pair) for pair in pairs], ensure_ascii=False).encode()
    ballot = {
        **{"texts": texts, "sealed": base64.b64encode(sealed).decode()},
        **{"head": csv_line(COLUMNS), "file": name, "words": _words()},
    }
    ballot["digest"] = hashlib.sha256(json.dumps([ballot, voter]).encode()).hexdigest()[:16]
    data = json.dumps(ballot, ensure_ascii=False).replace("<", "\\u003c")
    folder = shipped("reports") / "templates"
    script = (folder / "vote/vote.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = escape(translated("Which reply is better?"))
    return f"""\
<!doctype html>
<html lang="{current()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{(folder / "site/assets/site.css").read_text(encoding="utf-8")}
{(folder / "vote/vote.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{_body(voter)}</main>
<script type="application/json" id="ballot">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def _cut(pair: Pair) -> list[str]:
    """Return a vote's line before the verdict and after the voter's name."""
    cells = vote_row(pair, "", "")
    at = COLUMNS.index("verdict")
    return [csv_line(cells[:at]).rstrip("\n"), csv_line(cells[at + 2 :]).rstrip("\n")]


def _body(voter: str) -> str:
    def button(say: str, words: str, key: str) -> str:
        return f'<button type="button" data-say="{escape(say)}">{escape(words)} <kbd>{key}</kbd></button>'

    def side(name: str) -> str:
        return (
            f'<article data-side="{name}"><h2>{name}</h2><details open><summary>'
            f"{escape(translated('what was said before'))}</summary><pre></pre></details>"
            f'<pre class="reply" tabindex="0" aria-label="{name}"></pre></article>'
        )

    buttons = [
        *(button("A>B", translated("A is better"), "a"), button("A=B", translated("Tie"), "t")),
        *(button("B>A", translated("B is better"), "b"), button("skip", translated("Skip"), "s")),
        button("back", translated("Back"), "z"),
    ]
    unable = escape(translated("Votes need JavaScript, which this page may run."))
    return f"""\
<p class="meta" id="count" role="status"></p>
<noscript><p class="advice">{unable}</p></noscript>
<pre id="asked"></pre>
<div class="sides">{side("A")}{side("B")}</div>
<div class="tools" id="say">{"".join(buttons)}</div>
<div class="tools">
<label>{escape(translated("Your name"))} <input id="voter" value="{escape(voter)}"></label>
<button type="button" id="save">{escape(translated("Save the votes"))}</button>
<span id="kept" role="status"></span>
</div>
"""


def _words() -> dict[str, str]:
    return {
        "count": translated("Question $1 of $2; votes: $3"),
        "done": translated("That was the last question; votes: $1 of $2. Save them."),
        "kept": translated("Votes stay in this browser until they are saved."),
        "lost": translated("This browser keeps nothing: save the votes before you leave."),
    }
