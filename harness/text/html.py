"""What a page of HTML says, without its tags."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLANKS = re.compile(r"\s+")
_UNSEEN = {"script", "style", "head", "template"}
_BLOCKS = {
    *("p", "div", "br", "hr", "pre", "blockquote", "section", "article", "header", "footer"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6"),
}
_CELLS = {"td", "th"}


class _Page(HTMLParser):
    """Gathers what a page shows, a line a block."""

    def __init__(self, unseen: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []  # with line ends where a block begins
        self.texts: list[str] = []  # as they are
        self._skipped = unseen
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in self._skipped
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in self._skipped))
        if tag in _CELLS:
            self.pieces.append(" | ")
        else:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(_BLANKS.sub(" ", data))
            self.texts.append(data)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")


def page_text(html: str) -> str:
    """Return what a page of HTML says: a line a block, the cells of a row parted by ` | `, no empty lines."""
    lines = "".join(_read(html, _UNSEEN).pieces).split("\n")
    return "\n".join(line for line in (_BLANKS.sub(" ", line).strip(" |") for line in lines) if line)


def without_tags(html: str) -> str:
    """Return the texts of a piece of HTML as they follow each other, entities read, without layout."""
    return "".join(_read(html, {"script", "style", "template"}).texts)


def _read(html: str, unseen: set[str]) -> _Page:
    page = _Page(unseen)
    page.feed(html)
    page.close()
    return page
