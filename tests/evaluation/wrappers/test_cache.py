"""Kept answers through the front door: who shares one, what it costs, and that nothing waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.evaluation.runner import Outcome
from tests.support.running import METERED, Project, here, outcome, records_of, rows, said


@pytest.fixture
def project(metered: Project) -> Project:
    return metered


def again(project: Project, **how: Any) -> Outcome:
    return here(project, how.pop("backend", "metered"), fresh=True, **how)


def cached(done: Outcome) -> int:
    return done.run.counts.cached


def asked(project: Project) -> list[str]:
    """Return what the server saw, a line a request."""
    log = project.home / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def logged(project: Project, **settings: Any) -> dict[str, Any]:
    return {"log": str(project.home / "log"), **settings}


def test_a_second_run_asks_nothing_and_finds_the_same(project):
    first = again(project, settings=logged(project))
    second = again(project, settings=logged(project))
    assert len(asked(project)) == 40
    assert (cached(first), cached(second)) == (0, 40)
    assert first.directory != second.directory
    kept, new = outcome(first.directory), outcome(second.directory)
    assert kept.pop("counts") | {"cached": 40} == new.pop("counts")
    assert kept == new


def test_kept_answers_cost_what_they_cost_and_nothing_more_is_paid(project):
    first, second = again(project).run.cost, again(project).run.cost
    assert first.total == first.paid == second.total > 0
    assert second.paid == 0


def test_kept_answers_tell_no_time(project):
    again(project)
    run = again(project).run.to_dict()
    assert run["latency_s"] is None
    assert run["throughput"]["examples_per_s"] is None


def test_no_cache_asks_again_and_keeps_nothing(project):
    for _ in range(2):
        assert cached(again(project, cache=False, settings=logged(project))) == 0
    assert len(asked(project)) == 80
    assert cached(again(project)) == 0


def test_one_name_at_two_endpoints_shares_no_answer(project):
    for name in ("here", "there"):
        text = METERED + f"settings: {{base_url: 'http://{name}/v1'}}\nmodel: the-same\n"
        project.write(f"backends/{name}.yaml", text)
    again(project, backend="here", settings=logged(project))
    assert cached(again(project, backend="there", settings=logged(project))) == 0
    assert {line.split()[0] for line in asked(project)} == {"http://here/v1", "http://there/v1"}
    assert cached(again(project, backend="here")) == 40


@pytest.mark.parametrize(
    "change",
    [
        "model: another",
        "revision: v2",
        "choose_by: structured",
        "shots_as: turns",
        "settings: {unanswered_rate: 0.1}",
        "decoding: {max_tokens: 11, temperature: 0}",
    ],
)
def test_what_could_change_an_answer_makes_another_one(project, change):
    again(project)
    key = change.partition(":")[0]
    kept = [line for line in METERED.splitlines() if not line.startswith(key)]
    project.write("backends/metered.yaml", "\n".join([*kept, change]))
    assert cached(again(project)) == 0


def test_the_bound_on_calls_in_flight_makes_no_other_answer(project):
    again(project)
    assert cached(again(project, settings={"window": 8, "latency_ms": 0.1})) == 40


def test_each_repeat_is_asked_for_itself(project):
    assert cached(again(project, repeat=2)) == 0
    assert cached(again(project, repeat=3)) == 80


def test_a_seed_counts_only_where_something_is_drawn(project):
    drawn = METERED.replace("temperature: 0", "temperature: 0.7")
    usual = METERED.replace(", temperature: 0", "")
    for profile, shared in ((METERED, 40), (drawn, 0), (usual, 0)):
        project.write("backends/metered.yaml", profile)
        grids = [here(project, "metered", fresh=True, seed=seed) for seed in (1, 2, 2)]
        assert [cached(done) for done in grids][1:] == [shared, 40]


def test_failures_are_not_kept(project):
    failing = {"how": "fails", "count": 4}
    first = again(project, settings=failing, max_failures=1.0)
    assert first.run.counts.failed == 10
    second = again(project)
    assert second.run.counts.failed == 0
    assert cached(second) == 30


def test_a_local_engine_is_asked_again(project):
    for _ in range(2):
        assert cached(again(project, backend="rehearsal")) == 0
    assert not (project.home / "cache" / "answers.sqlite").exists()


@pytest.mark.parametrize("window", [1, 64])
@pytest.mark.parametrize("every", [1, 2, 300])
def test_a_run_with_kept_answers_never_waits_for_what_cannot_come(project, window, every):
    """The engine waits as a real one: asked for more with nothing under way, it would hang."""
    count = 600
    project.reviews(test=rows(count)[::every])
    again(project)
    project.reviews(test=rows(count))
    done = again(project, settings={"window": window})
    assert (done.run.status, done.run.counts.examples) == ("complete", count)
    assert cached(done) == len(rows(count)[::every])


def test_the_journal_says_of_a_kept_answer_what_was_once_sent(project):
    first, second = (records_of(again(project).directory) for _ in range(2))
    assert [record["request"] for record in first] == [record["request"] for record in second]
    assert "messages" in second[0]["request"]
    assert {record["response"]["attempts"] for record in second} == {0}


def test_a_run_that_was_killed_finds_what_it_was_told(project):
    project.install_rehearsal()
    how = ("run", "-t", "reviews", "-b", "metered", "--data-dir", "data", "-m", f"log={project.home}/log")
    project.killed_at(10, *how, "-m", "latency_ms=20")
    before = len(asked(project))
    done = project.harness(*how, "--fresh")
    assert done.returncode == 0
    assert len(asked(project)) == 40 + (before - cached_in(project))


def cached_in(project: Project) -> int:
    return said(project.runs()[-1])["counts"]["cached"]
