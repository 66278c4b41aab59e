"""The site's task page where systems were asked perturbed: the picture and the tables of what that costs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.reports.leaderboard.board import board
from harness.reports.run import load
from harness.reports.site import perturbed_charts, task_charts
from harness.reports.site.writing import write_site
from harness.text.language import language
from tests.support.browsing import CONTRASTS, PHONE, keep_picture, no_site, why_not
from tests.support.fake_runs import fake_run

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))
PAGE = "tasks/reviews.html"
# Right of ten: as asked, with slips, in Latin letters; the second system was not asked in the latter.
ASKED = {
    "nb": {None: 9, "typo": 7, "romanise": 5},
    "tfidf": {None: 8, "typo": 8},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("perturbed") / "runs"
    for system, asked in ASKED.items():
        for kind, right in asked.items():
            told = {"task": {"perturb": kind}, "backend": {"name": system}, "given": {"perturb": kind}}
            name = f"{system} [perturb={kind}]" if kind else system
            run = told if kind else {"backend": {"name": system}}
            fake_run(folder, name, "1" * right + "0" * (10 - right), run=run, journal=lambda _row: {})
    return folder


@pytest.fixture(scope="module")
def site(runs) -> Path:
    write_site(load([runs], print), runs.parent / "site", print)
    return runs.parent / "site"


def chart(runs: Path):
    found = board(load([runs], print), print)
    return next(one for one in task_charts.charts(found, found.columns[0]) if one.title == "Perturbed inputs")


def test_the_picture_has_plain_kinds_mean_and_worst_of_each_system(runs):
    form = chart(runs).form
    assert form.columns == ["unperturbed", "romanise", "typo", "mean", "worst case"]
    assert dict(zip(form.rows, form.texts, strict=True)) == {
        "nb": ["0.9000", "0.5000", "0.7000", "0.6000", "0.5000"],
        "tfidf": ["0.8000", "", "0.8000", "0.8000", "0.8000"],
    }


def test_the_best_cell_is_the_darkest_and_the_worst_the_lightest(runs):
    shares = chart(runs).form.shares
    assert (shares[0][0], shares[0][1]) == (1, 0)


def test_systems_that_were_asked_plainly_alone_have_no_picture(runs):
    found = board(load([runs], print), print)
    entries = [row.entries[found.columns[0]] for row in found.rows]
    plain = [entry for entry in entries if not entry.document.task.perturb]
    assert list(perturbed_charts.charts(plain, found.columns[0])) == []


def test_the_paired_drops_stand_below_it(site):
    text = re.sub("<.*?>", " ", (site / PAGE).read_text(encoding="utf-8"))
    assert "What perturbed inputs cost: nb · reviews · accuracy" in text
    assert re.search(r"romanise\s+0\.5000\s+-0\.4000", text)
    assert "worst case 0.5000 (romanise); mean over 2 kinds 0.6000" in text


def test_it_is_there_in_korean(runs, tmp_path):
    with language("ko"):
        write_site(load([runs], print), tmp_path / "site", print)
    text = (tmp_path / "site" / PAGE).read_text(encoding="utf-8")
    assert "변형한 입력" in text
    assert "원래 입력, 종류별, 평균, 최저의 accuracy" in text


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_page_can_be_read_on_a_phone(reader):
    page = reader.open(PAGE, width=PHONE, dark=True)
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE
    keep_picture(page, "perturbed-phone")
    keep_picture(reader.open(PAGE), "perturbed")
