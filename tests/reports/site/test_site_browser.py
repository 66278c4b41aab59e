"""The site as its readers use it, in Chromium; `reader` holds that pages are quiet and keep to themselves."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from harness.reports.run import load
from harness.reports.site.writing import write_site
from tests.support.browsing import CONTRASTS, PHONE, keep_picture, says, why_not
from tests.support.looks import SEEN
from tests.support.site_runs import MANY, questions, reviews

SYSTEMS = "#board tbody tr .name"
ROWS = "#list .example"
ALL = 13  # systems
pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site of all runs of `site_runs`."""
    folder = tmp_path_factory.mktemp("site")
    reviews(folder / "runs")
    questions(folder / "runs")
    write_site(load([folder / "runs"], print), folder / "out", print)
    return folder / "out"


def run_page(site: Path, name: str) -> str:
    """Return the address of the first run page whose name holds `name`."""
    return f"runs/{next(path.name for path in sorted((site / 'runs').iterdir()) if name in path.name)}"


def systems(page) -> list[str]:
    return [name.strip() for name in page.locator(SYSTEMS).all_inner_texts()]


def listed(page) -> None:
    page.wait_for_selector('#list[aria-busy="false"]')


def examples(reader, name="reviews-nb", hash=""):
    page = reader.open(run_page(reader.site, name) + hash)
    listed(page)
    return page


# The leaderboard


def sorted_by(page, title, direction):
    page.locator("#board thead th", has_text=title).click()
    page.wait_for_selector(f"#board thead th[aria-sort={direction}]:has-text('{title}')")


def test_a_heading_sorts(reader):
    page = reader.open()
    sorted_by(page, "questions accuracy", "descending")
    assert systems(page)[0] == "small"
    assert set(systems(page)[-2:]) == {"한국어-tfidf", "nb"}
    sorted_by(page, "questions accuracy", "ascending")
    assert systems(page)[0] == "tfidf [train_limit=100]"
    assert set(systems(page)[-2:]) == {"한국어-tfidf", "nb"}
    keep_picture(page, "leaderboard")


def test_numbers_are_sorted_as_numbers(reader):
    page = reader.open()
    sorted_by(page, "size", "descending")
    heads = [text.split()[0] for text in page.locator("#board thead th").all_inner_texts()]
    cells = page.locator(f"#board tbody tr > :nth-child({heads.index('size') + 1})").all_inner_texts()
    sizes = [text for text in cells if text]
    assert sizes == sorted(sizes, key=lambda size: -float(size.removesuffix("B")))
    assert sizes[0] == "70B"


def test_a_search_leaves_what_it_finds(reader):
    page = reader.open()
    page.fill("#search", unicodedata.normalize("NFD", "한국어"))
    assert systems(page) == ["한국어-tfidf"]
    assert page.locator("#shown").inner_text() == f"1 of {ALL} systems"


FILTERS = [
    ("size", "≤ 3B", {"small", "small [template=other]"}),
    ("size", "3-7B", {"middle", "middle [temperature=0.5]", "middle [temperature=1.0]"}),
    ("size", "7-65B", {"large"}),
    ("size", "> 65B", {"huge", "huge [seed=2]"}),
    ("kind", "base", {"large", "huge", "huge [seed=2]"}),
    ("licence", "Apache-2.0", {"small", "small [template=other]"}),
    ("provider", "someone", {"large"}),
    ("language", "ko", {"한국어-tfidf", "nb"}),
    ("tag", "sentiment", {"한국어-tfidf", "nb"}),
]


def test_each_filter_leaves_what_is_so(reader):
    page = reader.open()
    for name, value, left in FILTERS:
        page.select_option(f"[data-filter={name}]", value)
        assert set(systems(page)) == left, value
        page.click("button[type=reset]")
        says(page.locator("#shown"), f"{ALL} of {ALL} systems")


def test_official_providers_are_those_whose_profile_says_so(reader):
    page = reader.open()
    page.check("[data-filter=official]")
    assert {name.split()[0] for name in systems(page)} == {"small", "middle"}


def test_a_tag_leaves_the_columns_of_its_tasks(reader):
    page = reader.open()
    page.select_option("[data-filter=tag]", "sentiment")
    headings = page.locator("#board thead th.score").all_inner_texts()
    assert [heading.split()[0] for heading in headings] == ["reviews"]
    page.click("button[type=reset]")
    says(page.locator("#shown"), f"{ALL} of {ALL} systems")
    assert page.locator("#board thead th.score").count() == 2


def test_columns_can_be_chosen(reader):
    page = reader.open()
    page.click("#columns summary")
    page.get_by_label("licence", exact=True).check()
    page.get_by_label("kind", exact=True).uncheck()
    headings = [text.strip() for text in page.locator("#board thead th").all_inner_texts()]
    assert "licence" in headings
    assert "kind" not in headings
    page.keyboard.press("Escape")
    assert page.locator("#columns fieldset").is_hidden()


def test_published_figures_stand_apart(reader):
    page = reader.open()
    assert page.locator("table.published tbody tr").count() == 2
    assert not any("Published" in name for name in systems(page))


def test_what_must_be_known_stands_beside_a_figure(reader):
    page = reader.open()
    row = page.locator("#board tbody tr", has_text="huge [seed=2]")
    assert row.locator(".mark").all_inner_texts() == ["partial", "10 failed", "10 unanswered"]
    assert "=" in page.locator("#board tbody tr", has_text="small").first.locator(".place").inner_text()


# A run


def test_a_figure_opens_its_run(reader):
    page = reader.open()
    page.locator("#board tbody tr", has_text="한국어-tfidf").locator(".score a").click()
    listed(page)
    assert page.locator("h1").inner_text() == "한국어-tfidf"
    assert page.locator(ROWS).count() == 50
    keep_picture(page, "run")


def test_fifty_thousand_examples_are_paged_through(reader):
    page = examples(reader)
    assert page.locator("#pages").first.inner_text() == "of 1,000"
    asked = sum("/data/" in url for url in reader.requests)
    assert asked == 4  # the index, the ids, and a thousand questions and answers
    page.locator("[data-go='1']").first.click()
    page.wait_for_selector('[data-row="50"]')
    page.fill("input[name=page]", "1000")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-row="{MANY - 1}"]')
    assert page.locator(ROWS).count() == 50
    assert page.locator("[data-go='1']").first.is_disabled()
    assert sum("/data/" in url for url in reader.requests) == asked + 2


def test_examples_are_filtered_by_what_became_of_them(reader):
    page = examples(reader)
    page.locator("label.state-wrong").click()
    says(page.locator("#found"), "3,334 of 50,000 examples")
    assert set(page.locator(f"{ROWS} .state").all_inner_texts()) == {"wrong"}


def test_unanswered_and_failed_examples_can_be_told_apart(reader):
    page = examples(reader, "huge-seed-2")
    for word, count in (("unanswered", 10), ("failed", 10)):
        page.locator(f"label.state-{word}").click()
        says(page.locator(f"{ROWS} .state").first, word)  # both counts read alike
        says(page.locator("#found"), f"{count} of 40 examples")
        assert set(page.locator(f"{ROWS} .state").all_inner_texts()) == {word}


def test_a_search_in_korean_reads_every_example(reader):
    page = examples(reader)
    page.fill("input[name=text]", unicodedata.normalize("NFD", "재미있다 49997번째"))
    says(page.locator("#found"), "1 of 50,000 examples")
    assert page.locator(ROWS).get_attribute("data-id") == "e49997"
    assert "정말 재미있다 49997번째" in page.locator(f"{ROWS} .input").inner_text()


def test_an_example_is_found_by_its_id(reader):
    page = examples(reader)
    page.fill("input[name=id]", "e31415")
    page.keyboard.press("Enter")
    opened = page.locator('details[data-id="e31415"][open]')
    opened.wait_for()
    assert opened.locator(".part h4").first.inner_text() == "input"
    assert page.url.endswith("#id=e31415")


def test_an_example_has_an_address(reader):
    page = examples(reader, hash="#id=e12345")
    opened = page.locator("details[open]")
    opened.wait_for()
    assert opened.get_attribute("data-id") == "e12345"
    assert "긍정" in opened.inner_text()


def test_an_unknown_id_is_said(reader):
    page = examples(reader, hash="#id=nobody")
    says(page.locator("#found"), "no example is called nobody")


def test_an_example_opens_with_the_keyboard(reader):
    page = examples(reader, "questions-small")
    page.locator(f"{ROWS} summary").first.focus()
    page.keyboard.press("Enter")
    says(page.locator(ROWS).first.locator(".reply pre").first, "The answer is 0.")
    assert "20 tokens in" in page.locator(ROWS).first.inner_text()


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(reader):
    page = reader.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_pictures_are_drawn_where_there_is_something_to_draw(reader):
    page = examples(reader, "questions-small-")
    titles = page.locator("figure.chart strong").all_inner_texts()
    assert titles == [
        *("Confusion", "Lengths: input", "Lengths: reply", "Tokens: prompt tokens"),
        *("Tokens: completion tokens", "Latency"),
    ]
    assert page.evaluate(SEEN) == []


def test_a_task_shows_its_systems_by_cost_template_decoding_and_data(reader):
    page = reader.open("tasks/questions.html")
    titles = page.locator("figure.chart strong").all_inner_texts()
    assert titles == [
        *("Systems", "accuracy against cost", "accuracy against time", "accuracy against latency"),
        *("Template sensitivity", "Decoding: temperature", "Learning curves"),
    ]
    assert page.evaluate(SEEN) == []
    keep_picture(page, "task")


# Two runs


def test_a_difference_is_followed_to_its_example(reader):
    page = examples(reader)
    page.click("details.fold summary >> nth=0")
    page.click(".fold a[href*='compare.html']")
    listed(page)
    assert "on 50,000 examples of both" in page.locator("#outcome").inner_text().lower()
    counts = {key: page.locator(f"[data-count={key}]").inner_text() for key in ("lost", "won")}
    assert counts == {"lost": "3,333", "won": "1,667"}
    page.locator("label.state-right").click()
    says(page.locator("#found"), "1,667 examples")
    row = page.locator(ROWS).first
    row.locator("summary").click()
    row.locator(".side .reply").nth(1).wait_for()
    assert row.locator(".side").count() == 2
    one, other = row.locator(".side .reply").all_inner_texts()
    assert one != other
    keep_picture(page, "compare")
    row.locator(".side a").last.click()
    page.wait_for_selector("details[open]")
    assert page.locator("h1").inner_text() == "한국어-tfidf"


def test_runs_without_examples_in_common_are_not_offered(reader):
    page = reader.open("compare.html#a=" + run_page(reader.site, "reviews-nb")[5:-5])
    listed(page)
    assert page.locator("select[name=b] option").count() == 1


# Every page


PAGES = ("index.html", "compare.html", "tasks/questions.html", "questions-small-", "reviews-nb")


def address(site: Path, page: str) -> str:
    return page if page.endswith(".html") else run_page(site, page)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read_on_a_phone_by_day_and_by_night(reader, page):
    opened = reader.open(address(reader.site, page), width=PHONE)
    if opened.locator("#list").count():
        listed(opened)
        opened.locator(f"{ROWS} summary").first.click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        assert opened.evaluate(CONTRASTS) == [], scheme
        keep_picture(opened, f"phone-{scheme}-{re.sub(r'[^a-z]+', '-', page)}")


def test_korean_is_called_korean(reader):
    page = examples(reader)
    assert page.locator("#examples").get_attribute("lang") == "ko"
    assert page.locator("#viewer").get_attribute("lang") == "en"
