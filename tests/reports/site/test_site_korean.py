"""A site in Korean: no word of ours stays English, on a page, in a picture, or in what a script writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli.report import report
from harness.reports.run import load
from harness.reports.site.writing import write_site
from harness.reports.writers.translations import KOREAN
from tests.support.browsing import no_site, why_not
from tests.support.fake_runs import fake_run

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))
needs_browser = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

# Names of metrics, files, splits and settings, codes that run.json has, units, and what is typed.
LATIN = {
    *("harness", "accuracy", "id", "ms", "GiB", "J", "KRW", "A", "B", "run", "json", "JavaScript", "ko"),
    *("train", "limit", "train_limit", "test", "sha256", "timeout", "stop", "v", "n"),
}
NUMBERED = re.compile(r"[pe]\d+")  # a percentile, an example's id
SPOKEN = ("aria-label", "title", "placeholder", "alt")


def english(text: str) -> set[str]:
    """Return the Latin words of a text that are not names, units or code."""
    words = set(re.findall(r"(?<![\w.%])[A-Za-z][A-Za-z_0-9]*", re.sub(r"%\{[^}]*\}|<[^>]*>", " ", text)))
    return {word for word in words - LATIN if not NUMBERED.fullmatch(word)}


def said(row: int) -> dict[str, Any]:
    """Return a record with all that an example can tell, its names and texts Korean."""
    timing = {"queue": None, "ttft": 0.1, "e2e": 0.4 + row / 100}
    usage = {"prompt_tokens": 20 + row, "completion_tokens": 3 + row % 5}
    response = {
        **{"text": f"답은 {row}", "option_scores": [-0.2 - row / 9, -1.5], "timing_s": timing},
        **({"error": {"kind": "timeout", "message": "늦음"}} if row == 19 else {}),
        **{"usage": usage, "attempts": 2, "cached": row == 5, "truncated": True},
    }
    return {
        "request": {"fields": {"글": f"재미있다 {row}"}, "options": ["부정", "긍정"]},
        "response": response,
    }


def runs(folder: Path) -> list[Path]:
    """Two systems with two fits each, every name of theirs Korean."""
    made = []
    for system, wrong, count in (("가", 3, 100), ("가", 2, 1000), ("나", 5, 100), ("나", 1, 1000)):
        answers = "0" * wrong + "-" + "1" * (18 - wrong) + "x"
        given = {"train_limit": count}
        about = {
            **{
                "label": f"{system} {count}",
                "given": given,
                "backend": {"name": system, "parameters": 2.4e9},
            },
            "cost": {"currency": "KRW", "per_1k_examples": 10.0 + wrong, "total": 1.0},
            "latency_s": {"e2e": {"p50": 0.1, "p95": wrong / 10, "mean": 0.2, "n": 20}},
            "fit": {"seconds": 2.0, "examples": count, "reused": False},
            "confusion": {"0": {"0": 4, "1": 6, "(unanswered)": 0}, "1": {"0": 1, "1": 8, "(unanswered)": 1}},
            "breakdown": {"갈래": {name: {"accuracy": {"value": 0.5, "n": 9}} for name in "라마"}},
        }
        rows = [{"system": "다", "accuracy": 0.7, "source": "논문"}]
        changes = {
            **{"tags": ["한국어"], "reference": rows, "metrics": ["accuracy"], "language": "ko"},
            **{"options": {"0": "부정", "1": "긍정"}, "description": "영화 리뷰"},
        }
        made.append(fake_run(folder, system, answers, task="감성", run=about, changes=changes, journal=said))
    return made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Korean site of the runs."""
    folder = tmp_path_factory.mktemp("korean")
    runs(folder / "runs")
    report(out=folder / "out", runs=[folder / "runs"], lang="ko")
    return folder / "out"


def parsed(site: Path) -> Iterator[tuple[str, Any]]:
    from bs4 import BeautifulSoup

    for path in sorted(site.rglob("*.html")):
        yield path.name, BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_no_page_has_an_english_word(site):
    for name, page in parsed(site):
        assert page.html["lang"] == "ko"
        told = [one[key] for one in page.find_all(True) for key in SPOKEN if one.has_attr(key)]
        for unread in page.find_all(["script", "code", "dd", "pre"]):
            unread.decompose()
        assert english(" ".join([page.get_text(" "), *told])) == set(), name


def test_no_picture_has_an_english_word(site):
    drawn = [text for _, page in parsed(site) for text in page.select("figure svg text, figure svg title")]
    assert len(drawn) > 100
    assert {word for text in drawn for word in english(text.get_text())} == set()


@needs_browser
def test_no_script_writes_an_english_word(reader):
    def seen(page: Any) -> set[str]:
        said = page.evaluate(
            "[...document.querySelectorAll('main > :not(#facts, script)')].map(one => one.innerText)"
            ".join('\\n')"
            " + [...document.querySelectorAll('main [aria-label]')].map(one => one.ariaLabel).join('\\n')"
        )
        return english(said)

    index = reader.open()
    index.fill("#search", "아무도 아님")
    assert "맞는 것이 없습니다" in index.locator("#board").inner_text()
    assert index.locator("#shown").inner_text() == "시스템 4개 중 0개"
    assert seen(index) == set()

    run = reader.open(next(f"runs/{path.name}" for path in sorted((reader.site / "runs").iterdir())))
    run.wait_for_selector('#list[aria-busy="false"]')
    run.evaluate("document.querySelectorAll('.example').forEach(example => { example.open = true; })")
    run.wait_for_selector('[data-row="19"] .body')
    assert run.locator(".example .state").first.inner_text() == "오답"
    assert run.locator("#viewer").get_attribute("lang") == "ko"
    assert seen(run) == set()

    compare = reader.open("compare.html")
    compare.wait_for_selector('#list[aria-busy="false"]')
    assert compare.locator("#outcome").inner_text().startswith("둘에 공통인 예제 19개: A 정답")
    assert seen(compare) == {"compare"}  # as it is typed


def test_an_english_site_has_no_korean_of_ours(tmp_path):
    write_site(load(runs(tmp_path / "runs"), pytest.fail), tmp_path / "out", pytest.fail)
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html")]
    written.append((tmp_path / "out/assets/words.js").read_text(encoding="utf-8"))
    ours = {word for word in KOREAN.values() if len(word) > 2 and not word.isascii()}
    assert {word for word in ours if any(word in text for text in written)} == set()
    assert all('<html lang="en">' in page for page in written[:-1])
