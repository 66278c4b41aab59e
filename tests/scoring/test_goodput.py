"""Requests served within every bound: which count, which do not, and which cannot be judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.options import values
from harness.records.run_schema import SessionInfo
from harness.scoring.rescore import rescore
from harness.scoring.service_levels import Goodput
from tests.support.running import Project, here, rehearsing

SESSIONS = [SessionInfo(seconds=2.0, answered=6, failed=2), SessionInfo()]


def judged(*times: dict[str, float | None], failed: int = 0) -> Goodput:
    found = Goodput({"ttft": 0.5, "e2e": 5.0})
    for one in times:
        found.count(one)
    for _ in range(failed):
        found.count_failure()
    return found


def test_every_bound_must_be_kept():
    found = judged({"ttft": 0.5, "e2e": 5.0}, {"ttft": 0.6, "e2e": 1.0}, {"ttft": 0.1, "e2e": 6.0})
    assert (found.met, found.judged) == (1, 3)


def test_a_failure_was_not_served():
    assert judged({"ttft": 0.1, "e2e": 1.0}, failed=3).document(SESSIONS).share == 0.25


def test_what_was_not_measured_cannot_be_judged_unless_it_is_late_anyway():
    found = judged({"ttft": None, "e2e": 1.0}, {"e2e": 1.0}, {"e2e": 9.0})
    assert (found.met, found.judged, found.unmeasured) == (0, 1, 2)


def test_the_rate_is_the_share_of_all_that_ended_in_the_seconds_that_are_known():
    found = judged({"ttft": 0.1, "e2e": 1.0}, failed=1).document(SESSIONS)
    assert (found.share, found.requests_per_s, found.n) == (0.5, 2.0, 2)


def test_nothing_judged_is_no_share():
    found = judged().document(SESSIONS)
    assert (found.share, found.requests_per_s, found.n) == (None, None, 0)


def test_a_run_tells_it_and_rescore_tells_another(tmp_path: Path):
    project = Project(tmp_path)
    project.reviews()
    project.rehearsal_backends()
    with rehearsing():
        done = here(project, "metered", slo={"ttft": 0.15, "e2e": 1})
    assert done.run.goodput.share == 0.5  # every second answer of this server begins late
    assert done.run.goodput.n == 40
    assert rescore(done.directory, slo={"ttft": 0.3}).goodput.share == 1
    assert rescore(done.directory).goodput.slo == {"ttft": 0.3}


def test_bounds_are_seconds_by_the_name_of_a_time():
    assert values.slo("ttft=0.5, e2e=5") == {"ttft": 0.5, "e2e": 5.0}
    assert values.slo(None) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tftt=1", "no such time. Did you mean 'ttft'?"),
        ("ttft", "should be seconds above 0"),
        ("ttft=fast", "should be seconds above 0"),
        ("e2e=0", "should be seconds above 0"),
        ("e2e=inf", "should be seconds above 0"),
        ("", "no such time"),
    ],
)
def test_bounds_that_are_none_are_refused(text, complaint):
    with pytest.raises(BadInput, match=complaint):
        values.slo(text)
