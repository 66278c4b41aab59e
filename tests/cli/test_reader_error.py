"""`harness show RUN --reader-error`: an accuracy as it was read, and corrected for the reader beside it."""

from __future__ import annotations

import pytest

from harness.records import run_file
from tests.support.fake_runs import fake_run

FREE = {"options": {}, "ask": "generate", "metrics": ["exact_match", "unanswered"]}
MEASURED = "186/189,188/190"
ASKED = ("--reader-error", MEASURED)


def read_run(folder, answers, **given):
    """Return a run whose replies were texts that a reader read."""
    return fake_run(folder, "tfidf", answers, journal=lambda _: {"response": {"text": "정답"}}, **given)


def figures(out, row):
    """Return the value and the ends that stand in a row of the table."""
    cells = next(line for line in out.splitlines() if row in line).strip("| ").split("|")
    value, ends = cells[-2:]
    low, _, high = ends.split()
    return float(value), float(low), float(high)


def test_the_corrected_figure_stands_beside_the_plain_one(shell):
    said = shell("show", read_run(shell.home, "1101" * 50, changes=FREE), *ASKED)
    assert (said.code, said.err) == (0, "")
    value, low, high = figures(said.out, "as read")
    made, least, most = figures(said.out, "corrected for the reader (estimate)")
    assert (value, made) == (0.75, pytest.approx(0.75 * 190 / 186, abs=1e-4))
    assert most - least > high - low
    assert "186 of 189 read rightly, 188 of 190 found" in said.out
    assert "assumed: it errs as often on right as on wrong answers" in said.out


def test_misread_options_may_be_right_by_luck(shell):
    said = shell("show", read_run(shell.home, "1101" * 50), *ASKED)
    expected = (0.75 - 3 / 189) / (186 / 190 - 2 / 190)
    assert figures(said.out, "corrected")[0] == pytest.approx(expected, abs=1e-4)
    assert "right with probability 1" in said.out


def test_replies_without_text_were_not_read(shell):
    texts = ["정답"] * 100 + [None] * 100  # blocked by a filter
    kept = [{"response": {"text": text}} for text in texts]
    said = shell(
        "show", fake_run(shell.home, answers="1" * 100 + "-" * 100, journal=kept.__getitem__), *ASKED
    )
    expected = (0.5 - 0.5 * 3 / 189) / (186 / 190 - 2 / 190)
    assert figures(said.out, "corrected")[0] == pytest.approx(expected, abs=1e-4)


def test_replies_in_clusters_say_less(shell):
    alone = read_run(shell.home, "1101" * 50)
    clusters = [f"c{row // 10}" for row in range(100)] * 2
    together = read_run(shell.home, "1101" * 50, clusters=sorted(clusters), task="other")
    widths = []
    for directory in (alone, together):
        out = shell("show", directory, *ASKED).out
        (_, low, high), (_, least, most) = figures(out, "as read"), figures(out, "corrected")
        assert most - least > high - low
        widths.append(high - low)
    assert widths[0] != widths[1]


def test_it_is_off_unless_asked_for_and_changes_nothing(shell):
    directory = read_run(shell.home, "1101" * 10)
    before = (directory / run_file.RUN).read_bytes()
    shell("show", directory, *ASKED)
    assert (directory / run_file.RUN).read_bytes() == before
    assert "corrected" not in shell("show", directory).out


def test_it_is_told_in_korean(shell):
    said = shell("show", read_run(shell.home, "1101" * 10), *ASKED, "--lang", "ko")
    assert "답 추출 오류를 보정한 값(추정)" in said.out


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        ("0.98,0.99", "should be RIGHT/READ,FOUND/STATED"),
        ("190/189,188/190", "no sample of replies has 190 of 189 read rightly"),
        ("50/100,100/100", "its scores say nothing of the answers"),
    ],
)
def test_what_no_reader_measures_is_refused(shell, measured, why):
    said = shell("show", read_run(shell.home, "1101" * 10), "--reader-error", measured)
    assert (said.code, why in said.complaint) == (2, True)


def test_a_run_whose_options_were_scored_had_no_reader(shell):
    scored = fake_run(
        shell.home, answers="1101", journal=lambda _: {"response": {"option_scores": [0.1, 0.9]}}
    )
    said = shell("show", scored, *ASKED)
    assert (said.code, "no reader stood between" in said.complaint) == (2, True)


def test_a_metric_that_is_no_right_or_wrong_is_refused(shell):
    directory = read_run(shell.home, "1101" * 5, changes={"metrics": ["macro_f1"]})
    said = shell("show", directory, *ASKED)
    assert (said.code, "this run has none" in said.complaint) == (2, True)


def test_two_reports_at_once_are_refused(shell):
    said = shell("show", "any", *ASKED, "--matrix", "cosine")
    assert (said.code, "ask for one" in said.complaint) == (2, True)
