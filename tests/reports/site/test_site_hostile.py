"""What a model, a file or a stranger wrote is text on every page: nothing of it runs, loads or leads away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.reports.run import load
from harness.reports.site.pages import MOST
from harness.reports.site.writing import write_site
from harness.text.width import plain
from tests.support.browsing import no_site, why_not
from tests.support.fake_runs import fake_run
from tests.support.hostile import HOSTILE

NAMES = list(HOSTILE)
LONG = 4000  # characters of a reply that stand there until a button shows the others
# What `examples.js` writes out, as it says.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))
needs_browser = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def journal(row: int) -> dict:
    """Return a record that holds a hostile string wherever a record holds text."""
    text = HOSTILE[NAMES[row]]
    failed = {"kind": text[:200], "message": text} if row % 4 == 3 else None
    usage = {"prompt_tokens": row, "completion_tokens": 2 * row}
    response = {"text": text, "error": failed, "finish": text[:100], "usage": usage}
    return {"request": {"prompt": text, "options": [text[:300], "b"]}, "response": response}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A run whose replies, prompts, ids and errors are hostile, and one a string that is all of its names."""
    folder = tmp_path_factory.mktemp("hostile")
    answers = "".join("x" if row % 4 == 3 else "10-"[row % 3] for row in range(len(NAMES)))
    fake_run(
        folder / "runs", "replies", answers, ids=[text[:500] for text in HOSTILE.values()], journal=journal
    )
    for text in HOSTILE.values():
        short = text[:300]
        fake_run(
            folder / "runs",
            text,
            "1100",
            task=f"t{len(text)}",
            changes={"options": {"0": _word(short), "1": "b"}, "tags": [short], "description": short},
            run={
                **{"task": {"name": text, "template": short}, "command": text, "given": {short[:50]: short}},
                "backend": {"name": short, "model": f"{text[:40]}/x", "licence": short, "kind": short},
            },
            journal=lambda row: {"request": {"fields": {"input": "x"}}, "response": {"text": None}},
        )
    write_site(load([folder / "runs"], print), folder / "out", print)
    return folder / "out"


def _word(text: str) -> str:
    """Return the text as an option's word; what is no sound template is no sound option either."""
    return "a" if "{{" in text else text


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Any]:
    """Return every page, parsed, by its address."""
    from bs4 import BeautifulSoup

    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


def shown(text: str) -> str:
    """Return a name as a page shows it."""
    return plain(text if len(text) <= MOST else text[: MOST - 1] + "…")


def test_there_are_forty():
    assert len(HOSTILE) == 40


def test_no_page_has_an_element_attribute_or_address_of_a_strangers(pages):
    for address, page in pages.items():
        for element in page.find_all(True):
            assert element.name not in ("iframe", "img", "base", "b", "style", "object"), address
            if element.name == "svg":
                assert set(element["class"]) <= {"drawn", "bar-cell", "verdicts"}, address
            assert not [name for name in element.attrs if name.startswith("on")], address
        for script in page.find_all("script"):
            assert script.get("src", "").endswith(".js") or script["type"] == "application/json", address
        links = [link["href"] for link in page.find_all(("a", "link"), href=True)]
        assert all(re.match(r"(\.\./)?[\w./#=&-]*$|data:,$", link) for link in links), address
        assert len(page.find_all("meta", attrs={"http-equiv": True})) == 1, address
        assert not page.find_all("form", action=True), address


def test_every_name_stands_on_its_pages_as_text(pages):
    index = pages["index.html"].get_text()
    headings = {page.h1.get_text() for page in pages.values()}
    for text in HOSTILE.values():
        assert shown(text) in index
        assert shown(text) in headings


def test_no_file_is_named_by_a_stranger(site):
    for path in site.rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name), path


def test_data_hold_no_text_that_a_page_could_read_as_markup(site):
    for path in (site / "data").iterdir():
        assert re.fullmatch(rb'harnessData\("[0-9a-f]{20}","[A-Za-z0-9+/=]*"\);\n', path.read_bytes())


def written(sign: str) -> str:
    """Return a sign that cannot be seen as `examples.js` writes it out."""
    code = ord(sign)
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@needs_browser
def test_every_reply_is_shown_as_text(reader):
    (address,) = [path for path in (reader.site / "runs").iterdir() if "-replies-" in path.name]
    page = reader.open(f"runs/{address.name}")
    page.wait_for_selector('#list[aria-busy="false"]')
    page.evaluate("document.querySelectorAll('.example').forEach(example => { example.open = true; })")
    page.wait_for_selector('[data-row="39"] .body')
    texts = page.evaluate(
        "[...document.querySelectorAll('.example')].map(example => example.querySelector('pre').textContent)"
    )
    assert texts == [HIDDEN.sub(lambda sign: written(sign[0]), text[:LONG]) for text in HOSTILE.values()]
    assert page.locator(".body button", has_text="Show all 1,000,000 characters").count()
    assert page.locator(".part h4", has_text="failed").count() == 10
    assert page.evaluate("window.ran") is None


@needs_browser
def test_nothing_on_any_page_runs_or_leads_away(reader):
    page = reader.open()
    for path in sorted(reader.site.rglob("*.html")):
        page.goto(path.as_uri())
        assert page.url.startswith(path.as_uri())
        assert page.evaluate("window.ran") is None
