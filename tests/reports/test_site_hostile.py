"""What a model, a file or a stranger wrote is text on every page: nothing of it runs, loads or leads away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from harness.reports.entries import load
from harness.reports.site.pages import MOST
from harness.reports.site.writing import write_site
from harness.reports.width import plain
from tests.browsing import why_not
from tests.fake_runs import fake_run
from tests.hostile import HOSTILE

NAMES = list(HOSTILE)
# What `examples.js` writes out, as it says.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
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
        fake_run(
            folder / "runs",
            text,
            "1100",
            task=f"t{len(text)}",
            changes={"options": {"0": text[:1000], "1": "b"}, "tags": [text[:300]], "description": text},
            run={
                **{"task": {"name": text, "template": text}, "command": text, "given": {text[:50]: text}},
                "backend": {"name": text, "model": f"{text[:40]}/x", "licence": text, "kind": text},
            },
            journal=lambda row: {"request": {"fields": {"input": "x"}}, "response": {"text": None}},
        )
    write_site(load([folder / "runs"], print), folder / "out", print)
    return folder / "out"


def pages(site: Path) -> dict[str, BeautifulSoup]:
    found = sorted(site.rglob("*.html"))
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in found
    }


def shown(text: str) -> str:
    """Return a name as a page shows it."""
    return plain(text if len(text) <= MOST else text[: MOST - 1] + "…")


def test_there_are_forty():
    assert len(HOSTILE) == 40


def test_no_page_has_an_element_attribute_or_address_of_a_strangers(site):
    for address, page in pages(site).items():
        for element in page.find_all(True):
            assert element.name not in ("iframe", "img", "svg", "base", "b", "style", "object"), address
            assert not [name for name in element.attrs if name.startswith("on")], address
        for script in page.find_all("script"):
            assert script.get("src", "").endswith(".js") or script["type"] == "application/json", address
        links = [link["href"] for link in page.find_all(("a", "link"), href=True)]
        assert all(re.match(r"(\.\./)?[\w./#=&-]*$|data:,$", link) for link in links), address
        assert len(page.find_all("meta", attrs={"http-equiv": True})) == 1, address
        assert not page.find_all("form", action=True), address


def test_every_name_stands_on_its_pages_as_text(site):
    found = pages(site)
    index = found["index.html"].get_text()
    headings = [page.h1.get_text() for page in found.values()]
    for text in HOSTILE.values():
        assert shown(text) in index
        assert shown(text) in headings


def test_no_file_is_named_by_a_stranger(site):
    for path in site.rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name), path


def test_data_hold_no_text_that_a_page_could_read_as_markup(site):
    for path in (site / "data").iterdir():
        assert re.fullmatch(rb'harnessData\("[0-9a-f]{20}","[A-Za-z0-9+/=]*"\);\n', path.read_bytes())


@needs_browser
def test_every_reply_is_shown_as_text(reader):
    (address,) = [path for path in (reader.site / "runs").iterdir() if "-replies-" in path.name]
    page = reader.open(f"runs/{address.name}")
    page.wait_for_selector('#list[aria-busy="false"]')
    for row, text in enumerate(HOSTILE.values()):
        example = page.locator(f'[data-row="{row}"]')
        example.locator("summary").click()
        if len(text) > 4000:
            example.locator("button").first.click()
        wanted = HIDDEN.sub(lambda sign: written(sign[0]), text)
        assert example.locator("pre").first.evaluate("pre => pre.textContent") == wanted
        if row % 4 == 3:
            assert example.locator(".part", has_text="failed").count()
        example.locator("summary").click()
    assert page.evaluate("window.ran") is None


def written(sign: str) -> str:
    code = ord(sign)
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@needs_browser
@pytest.mark.parametrize("kind", ["runs", "tasks", "."])
def test_nothing_on_any_page_runs_or_leads_away(reader, kind):
    for path in sorted((reader.site / kind).glob("*.html")):
        page = reader.open(path.relative_to(reader.site).as_posix())
        page.wait_for_load_state()
        assert page.url.startswith(reader.site.as_uri())
        assert page.evaluate("window.ran") is None
        page.context.close()


@needs_browser
def test_a_picture_shows_names_as_they_are(reader):
    (address,) = [
        path for path in (reader.site / "tasks").iterdir() if path.name == "script-alert-1-script.html"
    ]
    page = reader.open(f"tasks/{address.name}")
    assert page.locator("h1").inner_text() == HOSTILE["script"]
