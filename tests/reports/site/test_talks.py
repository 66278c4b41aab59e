"""MT-Bench in the site, killed, resumed and judged: conversations, verdicts beside them, the board."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("openai")

from harness.reports.run import load
from harness.reports.site.examples import Shown
from harness.reports.site.writing import write_site
from harness.text.language import language
from tests.support import judged_runs
from tests.support.browsing import CONTRASTS, PHONE, keep_picture, says, why_not
from tests.support.running import records_of

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
PAGE = "talks/mt-bench.html"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A project where two systems answered and two judges judged, each killed on the way."""
    folder = tmp_path_factory.mktemp("judged")
    kept = {
        name: os.environ.pop(name) for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL") if name in os.environ
    }
    judged_runs.make(folder)
    os.environ.update(kept)
    return folder


@pytest.fixture(scope="module")
def site(home) -> Path:
    write_site(load([home / "runs"], print), home / "out", print)
    return home / "out"


def opened(reader, more: str = "", **how):
    page = reader.open(PAGE + more, **how)
    page.wait_for_selector('#list[aria-busy="false"]')
    return page


def listed(page) -> list[str]:
    page.wait_for_selector('#list[aria-busy="false"]')
    return [one.get_attribute("data-talk") for one in page.query_selector_all(".talk")]


def choose(page, name: str, starts: str) -> None:
    """Choose the option whose words begin so."""
    select = page.locator(f"select[name={name}]")
    words = next(one for one in select.locator("option").all_inner_texts() if one.startswith(starts))
    select.select_option(label=words)


def test_a_killed_run_and_a_killed_judging_have_everything_once(home):
    counts = {}
    for path in home.glob("runs/*/*/*/samples.jsonl"):
        keys = [one["id"] for one in records_of(path.parent)]
        assert len(set(keys)) == len(keys)
        counts.setdefault(path.parts[-4], []).append(len(keys))
    assert counts == {"mt_bench": [48, 48], "judge_single": [96, 96], "judge_pair": [96, 96]}


def test_a_conversation_is_read_turn_by_turn_with_the_judges_words_beside(reader):
    page = opened(reader)
    first = page.locator(".talk").first
    asked = first.locator(".asked-bubble pre").all_inner_texts()
    assert asked == ["Question 0: say it.", "Question 0: shorter."]
    assert first.locator(".reply-bubble pre").first.inner_text().startswith("This is a hasty reply of turn 1")
    verdict = first.locator(".reply-bubble .said-by").first
    assert verdict.locator("strong").inner_text() == "5"
    verdict.locator("summary").click()
    assert "It is hasty." in verdict.locator("pre").inner_text()
    assert first.locator(".between .said-by strong").all_inner_texts() == ["B better"] * 8
    keep_picture(page, "talks")


def test_verdicts_filter_conversations(reader):
    page = opened(reader)
    says(page.locator("#found"), "24 of 24 conversations")
    choose(page, "verdict", "B better")
    says(page.locator("#found"), "5 of 24 conversations")
    assert listed(page) == ["0", "5", "10", "15", "20"]
    choose(page, "judge", "judge-b [template=en] · judge_pair")
    choose(page, "verdict", "depends on the order")
    says(page.locator("#found"), "3 of 24 conversations")
    assert listed(page) == ["3", "13", "23"]
    choose(page, "b", "–")
    choose(page, "verdict", "5 (5)")
    says(page.locator("#found"), "5 of 24 conversations")


def test_blind_nobody_is_named_until_somebody_asks(reader):
    page = opened(reader)
    page.locator("input[name=blind]").check()
    page.wait_for_selector(".talk button")
    assert "strong" not in page.locator("#list").inner_text()
    assert page.locator(".said-by").count() == 0
    starts = [one.locator(".reply-bubble pre").first.inner_text()[:14] for one in page.locator(".talk").all()]
    assert len(set(starts)) == 2  # either stands at the left
    page.locator(".talk button").first.click()
    page.wait_for_selector(".talk .said-by")
    assert {"strong", "weak"} == set(page.locator(".talk .who a").all_inner_texts())


def test_the_board_its_matrix_and_its_picture_are_there(reader):
    page = opened(reader)
    board = page.locator("#board-1")
    assert board.locator("tbody").first.locator("tr").first.inner_text().split()[:2] == ["1", "strong"]
    assert "192 verdicts on 24 questions, 2 systems" in board.inner_text()
    assert board.locator("figure").count() == 2


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_read_on_a_phone_by_day_and_by_night(reader, dark):
    page = opened(reader, width=PHONE, dark=dark)
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE


def test_runs_and_judgings_lead_there(site):
    for path in sorted((site / "runs").glob("*.html")):
        assert "../talks/mt-bench.html" in path.read_text(encoding="utf-8"), path


def test_where_texts_are_left_out_the_board_stays(home):
    with language("ko"):
        write_site(load([home / "runs"], print), home / "short", print, shown=Shown(texts=False))
    text = (home / "short" / PAGE).read_text(encoding="utf-8")
    assert "judge_pair 순위표" in text
    assert "talk-data" not in text
    assert "talks.js" not in text
