"""The site's page of a task's items: difficulty, keys in doubt, what everybody or nobody solves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.reports.run import load
from harness.reports.site import item_page
from harness.reports.site.examples import Shown
from harness.reports.site.writing import write_site
from harness.text.language import language
from tests.support.browsing import CONTRASTS, PHONE, keep_picture, no_site, why_not
from tests.support.fake_runs import fake_run

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))

# Eight systems, the strongest first; the third item is marked wrongly, and the last two tell nothing.
ANSWERS = ("11011101", "11011101", "11011001", "11010001", "11000001", "10000001", "10100001", "00100001")
PAGE = "items/reviews.html"
SECRET = "비밀정답"
HEADING = "Keys that may be wrong: what systems agree on instead"


def plain(_row: int) -> dict:
    return {}


def written(runs: Path, out: Path, **how) -> Path:
    write_site(load([runs], print), out, print, **how)
    return out


def cells(site: Path, title: str = HEADING) -> list[list[str]]:
    """Return the rows of the table under a heading."""
    section = (site / PAGE).read_text(encoding="utf-8").split(f"<h2>{title}</h2>")[1].split("</section>")[0]
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", section)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """Eight runs of a task, three of another one, and a perturbed run."""
    folder = tmp_path_factory.mktemp("items") / "runs"
    for number, answers in enumerate(ANSWERS):
        fake_run(folder, f"s{number}", answers, journal=plain)
    for number in range(3):
        fake_run(folder, f"s{number}", "1100", task="few", journal=plain)
    fake_run(folder, "s0 [perturb=typo]", "00000000", run={"task": {"perturb": "typo"}}, journal=plain)
    return folder


@pytest.fixture(scope="module")
def site(runs) -> Path:
    return written(runs, runs.parent / "site")


def test_the_key_that_the_strong_agree_against_comes_with_its_evidence(site):
    suspects = cells(site)
    assert [row[:5] for row in suspects if row[0] == "e2"] == [["e2", "0", "1", "6/8", "2/8"]]


def test_what_everybody_and_nobody_solves_is_named(site):
    text = (site / PAGE).read_text(encoding="utf-8")
    assert re.search(r"nobody has right</h2>\s*<p class=\"ids\"><a [^>]*#id=e6\">e6</a></p>", text)
    assert re.search(r"everybody has right</h2>\s*<p class=\"ids\"><a [^>]*#id=e7\">e7</a></p>", text)


def test_runs_of_perturbed_inputs_are_no_systems_here(site):
    assert "8 items, 8 systems" in (site / PAGE).read_text(encoding="utf-8")


def test_a_task_leads_to_its_items_where_four_systems_ran_it(site):
    assert '"../items/reviews.html"' in (site / "tasks/reviews.html").read_text(encoding="utf-8")
    assert "items/few.html" not in (site / "tasks/few.html").read_text(encoding="utf-8")
    assert [path.name for path in (site / "items").iterdir()] == ["reviews.html"]


def test_too_many_answers_are_left_to_the_command(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(item_page, "MOST", 63)
    site = written(runs, tmp_path / "site")
    assert "<code>harness items reviews</code>" in (site / "tasks/reviews.html").read_text(encoding="utf-8")
    assert not (site / "items").exists()


def test_where_texts_are_left_out_a_key_in_words_is_too(tmp_path):
    words = {"options": {}, "ask": "generate", "metrics": ["exact_match"]}
    for number, answers in enumerate(ANSWERS):
        right = [answer == "1" for answer in answers]
        fake_run(
            tmp_path / "runs",
            f"s{number}",
            answers,
            changes=words,
            journal=lambda row, right=right: {
                "target": f"{SECRET} {row}",
                "prediction": f"{SECRET} {row if right[row] else -row}",
            },
        )
    site = written(tmp_path / "runs", tmp_path / "site")
    assert SECRET in (site / PAGE).read_text(encoding="utf-8")
    site = written(tmp_path / "runs", tmp_path / "site", shown=Shown(texts=False))
    assert SECRET not in (site / PAGE).read_text(encoding="utf-8")
    assert ["e2", "(left out)", "(left out)"] in [row[:3] for row in cells(site)]


def test_it_is_there_in_korean(runs, tmp_path):
    with language("ko"):
        site = written(runs, tmp_path / "site")
    text = (site / PAGE).read_text(encoding="utf-8")
    assert "아무도 맞히지 못한 문항" in text
    assert "시스템 8개" in text
    assert "난이도" in text


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_an_item_opens_in_the_ablest_run_and_the_page_fits_a_phone(reader):
    page = reader.open(PAGE, width=PHONE, dark=True)
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE
    keep_picture(page, "items-phone")
    desk = reader.open(PAGE)
    keep_picture(desk, "items")
    desk.get_by_role("link", name="e2").first.click()
    desk.locator("details[open]").wait_for()
    assert "#id=e2" in desk.url
