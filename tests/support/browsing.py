"""A site in Debian's Chromium, as a reader sees it; what must never happen on a page is watched for.

    def test_something(reader):
        page = reader.open("index.html")
        assert page.locator("h1").inner_text() == "Leaderboard"

The fixture `reader` fails a test whose pages wrote to the console, broke, opened a dialog or asked for
anything that does not lie in the site. `HARNESS_SCREENSHOTS` names a folder for pictures of the pages.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Nothing is to start, update, report or talk but the page.
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PHONE, DESK = 390, 1280  # pixels across
PATIENCE = 60_000  # ms that a page may take on a busy machine


def chromium() -> str | None:
    """Return the program, None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def no_site() -> str | None:
    """Return why no site can be made here, None if one can."""
    absent = [name for name in ("itables", "bs4") if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else None


def why_not() -> str | None:
    """Return why no browser can be driven here, None if one can."""
    if find_spec("playwright") is None:
        return "playwright is not installed"
    return no_site() if chromium() else "chromium is not installed"


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium with a profile that nobody has used; skip the test where there is none."""
    if reason := why_not():
        import pytest  # which benchmarks do without

        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


class Reader:
    """Opens pages of one site and keeps what they did."""

    def __init__(self, browser: Any, site: Path) -> None:
        self.browser, self.site = browser, site
        self.said: list[str] = []
        self.requests: list[str] = []
        self._contexts: list[Any] = []

    def open(self, address: str = "index.html", *, width: int = DESK, dark: bool = False) -> Any:
        """Return the page at an address of the site, its scripts done."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", self._failed)
        page.goto(f"{self.site.as_uri()}/{address}")
        return page

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the reader went on to another page
            self.said.append(f"failed: {request.url} {request.failure}")

    def close(self) -> None:
        """Close what was opened."""
        for context in self._contexts:
            context.close()

    def strangers(self) -> list[str]:
        """Return the addresses that were asked for and do not lie in the site."""
        ours = (f"{self.site.as_uri()}/", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]


def says(locator: Any, text: str | re.Pattern[str]) -> None:
    """Wait until an element says just that; the pages' policy lets no test evaluate a condition there."""
    from playwright.sync_api import expect

    expect(locator).to_have_text(text, timeout=PATIENCE)


def keep_picture(page: Any, name: str) -> None:
    """Keep a picture of the page where somebody wants them."""
    if folder := os.environ.get("HARNESS_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


# WCAG 2.2, 1.4.3: the contrast of every text that can be seen with what is painted behind it.
CONTRASTS = r"""() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parsed = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(parsed(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("svg, :disabled, label:has(:disabled), option")) continue;
    if (!element.checkVisibility()) continue;
    const own = [...element.childNodes].filter((node) => node.nodeType === 3);
    if (!own.some((node) => node.data.trim())) continue;
    const ground = behind(element);
    const [a, b] = [light(over(parsed(getComputedStyle(element).color), ground)), light(ground)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) poor.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""
