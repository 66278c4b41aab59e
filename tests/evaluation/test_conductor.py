"""One task, one backend: what is asked, what counts as failed, and what a backend that misbehaves costs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import BadInput, HarnessError, Interrupted, Stopped, Unavailable
from harness.evaluation.runner import finish_exit_code
from tests.support.running import (
    PATIENCE,
    REVIEWS,
    Project,
    doubled,
    here,
    keys_of,
    one_line,
    outcome,
    records_of,
    rehearsing,
    rows,
    said,
)

OWN = ("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data")
IDS = [(name, 0) for name, _, _ in rows(40)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    project.rehearsal_backends()
    return project


@pytest.fixture
def rehearsal():
    with rehearsing():
        yield


def statistics(directory: Path) -> dict[str, np.ndarray]:
    """Return what is in statistics.npz, which must need no pickle."""
    with np.load(directory / "statistics.npz", allow_pickle=False) as kept:
        return dict(kept)


def ids_in(directory: Path) -> list[str]:
    return statistics(directory)["ids"].tobytes().decode().split("\n")


# A failed request is not a wrong answer


def test_too_many_failures_stop_a_run_resumably(project):
    done = project.harness(*OWN, "-m", "failure_rate=0.2")
    assert done.returncode == 4
    assert "more than --max-failures 0.01" in one_line(done)
    run = said(project.only())
    assert run["status"] == "partial"
    assert run["counts"]["failed"] == 1  # 1 % of 40 is less than one
    assert "--max-failures" in run["stopped_because"]


def test_failures_within_the_bound_leave_a_run_complete(project):
    done = project.harness(*OWN, "-m", "failure_rate=0.2", "--max-failures", "0.5")
    assert done.returncode == 0
    assert said(project.only())["status"] == "complete"


@pytest.mark.parametrize(
    ("bound", "failed", "status"),
    [(8, 8, "complete"), (7, 8, "partial"), (0.2, 8, "complete"), (0.19, 8, "partial"), (0, 1, "partial")],
)
def test_a_bound_on_failures_is_a_count_or_a_share(project, rehearsal, bound, failed, status):
    run = here(project, "rehearsal", {"how": "fails"}, max_failures=bound).run.to_dict()
    assert (run["counts"]["failed"], run["status"]) == (failed, status)


def test_failed_requests_enter_no_figure_but_their_count(project, rehearsal):
    done = here(project, "rehearsal", {"how": "fails"}, max_failures=1.0)
    assert done.run.counts.to_dict() == {
        "examples": 40,
        "answered": 32,
        "unanswered": 0,
        "failed": 8,
        "cached": 0,
        "truncated": 0,
    }
    assert {metric.n for metric in done.run.metrics.values()} == {32}
    assert sum(sum(row.values()) for row in done.run.confusion.values()) == 32
    assert done.run.latency_s["e2e"].n == 32
    assert done.run.failed_because == {"timeout": 8}
    right = [r["prediction"] == r["target"] for r in records_of(done.directory) if r["scores"]]
    assert done.run.metrics["accuracy"].value == pytest.approx(np.mean(right))
    assert len(ids_in(done.directory)) == 32


def test_a_failed_record_has_no_prediction_and_no_scores(project, rehearsal):
    directory = here(project, "rehearsal", {"how": "fails"}, max_failures=1.0).directory
    failed = [record for record in records_of(directory) if record["response"]["error"]]
    assert len(failed) == 8
    for record in failed:
        assert (record["prediction"], record["scores"]) == (None, None)
        assert record["response"]["error"] == {"kind": "timeout", "message": "no answer in time"}
        assert record["response"]["attempts"] == 3


def test_a_resume_asks_the_failed_and_no_others(project, rehearsal):
    log = project.home / "asked"
    here(project, "rehearsal", {"how": "fails", "log": str(log)}, max_failures=3)
    failed = [r["id"] for r in records_of(project.only()) if r["response"]["error"]]
    pulled = log.read_text().split()
    log.unlink()
    done = here(project, "rehearsal", {"log": str(log)})
    assert log.read_text().split() == [name for name, _ in IDS if name in failed or name not in pulled]
    assert (done.run.status, done.run.counts.failed) == ("complete", 0)
    assert keys_of(done.directory) == IDS


def test_a_run_without_any_answer_has_failed_and_has_no_figures(project):
    done = project.harness(*OWN, "-m", "failure_rate=1", "--max-failures", "1")
    assert done.returncode == 4
    run = said(project.only())
    assert run["status"] == "failed"
    assert (run["metrics"], run["latency_s"], run["throughput"]["examples_per_s"]) == ({}, None, None)


def test_all_requests_may_fail_if_the_user_allows_it(project):
    assert project.harness(*OWN, "-m", "failure_rate=1", "--max-failures", "40").returncode == 0
    assert said(project.only())["metrics"] == {}
    assert project.harness("leaderboard").returncode == 0


# Unanswered is a class of its own, and never right


def test_unanswered_is_a_wrong_class_of_its_own(project):
    assert project.harness(*OWN, "-m", "unanswered_rate=0.5").returncode == 0
    run, records = said(project.only()), records_of(project.only())
    silent = [record for record in records if record["prediction"] is None]
    assert 0 < len(silent) == run["counts"]["unanswered"] < 40
    assert run["metrics"]["unanswered"]["value"] == len(silent) / 40
    assert all(record["scores"]["accuracy"] == [0.0] for record in silent)
    assert sum(row["(unanswered)"] for row in run["confusion"].values()) == len(silent)
    assert {metric["n"] for metric in run["metrics"].values()} == {40}


def test_a_run_of_silence_is_complete_and_not_failed(project):
    run = here(project, settings={"unanswered_rate": 1}).run.to_dict()
    assert run["status"] == "complete"
    assert run["metrics"]["accuracy"]["value"] == 0
    assert run["unanswered_because"] == {"stop": 40}


def test_a_run_of_silence_that_is_cut_short_is_partial(project, rehearsal):
    run = here(project, "rehearsal", {"unanswered_rate": 1, "how": "raises"}).run.to_dict()
    assert (run["status"], run["counts"]["unanswered"]) == ("partial", 5)


# Adapters that misbehave


@pytest.mark.parametrize("how", ["well", "backwards", "patient", "listed", "unclosable"])
def test_an_adapter_may_answer_in_its_own_way(project, rehearsal, how):
    done = here(project, "rehearsal", {"how": how})
    assert (done.error, done.run.status) == (None, "complete")
    assert keys_of(done.directory) == IDS
    assert outcome(done.directory) == outcome(here(project, "rehearsal", fresh=True).directory)


@pytest.mark.parametrize(
    ("how", "answered", "message"),
    [
        ("twice", 5, "answered ('r0004', 0), which was not asked or is answered"),
        ("stranger", 5, "answered ('nobody', 0), which was not asked or is answered"),
        ("deserter", 5, "rehearsal ended after 5 of 40 requests"),
        ("raises", 5, "rehearsal broke: RuntimeError: out of memory"),
        ("exits", 5, "rehearsal broke: SystemExit: 0"),
        ("none", 5, "rehearsal broke: AttributeError"),
        ("raw", 5, "rehearsal broke: "),
        ("nothing", 0, "rehearsal broke: TypeError"),
    ],
)
def test_an_adapter_that_breaks_the_rules_ends_the_run_and_loses_no_answer(
    project, rehearsal, how, answered, message
):
    done = here(project, "rehearsal", {"how": how}, max_failures=1.0)
    assert isinstance(done.error, Unavailable)
    assert message in str(done.error)
    assert done.run.status == ("partial" if answered else "failed")
    assert done.run.counts.answered == answered
    assert keys_of(done.directory)[:answered] == IDS[:answered]
    again = here(project, "rehearsal")
    assert (again.directory, again.run.status) == (done.directory, "complete")
    assert keys_of(again.directory) == IDS
    assert outcome(again.directory) == outcome(here(project, "rehearsal", fresh=True).directory)


def test_requests_that_an_adapter_never_answers_are_failed(project, rehearsal):
    done = here(project, "rehearsal", {"how": "forgetful"}, max_failures=5)
    assert (done.error, done.run.status) == (None, "complete")
    assert done.run.failed_because == {"lost": 5}
    assert keys_of(done.directory) == IDS
    assert [r["response"]["error"] is None for r in records_of(done.directory)] == [False] * 5 + [True] * 35


@pytest.mark.parametrize("backend", ["absent", "bare"])
def test_an_adapter_that_is_not_there_is_unavailable(project, backend):
    project.install_rehearsal()
    done = project.harness("run", "-t", "reviews", "-b", backend, "--data-dir", "data")
    assert done.returncode == 3
    assert one_line(done)
    assert project.runs() == []


def test_an_adapter_that_cannot_be_built_is_unavailable(project, rehearsal):
    with pytest.raises(Unavailable, match="rehearsal broke: RuntimeError: no engine"):
        here(project, "rehearsal", {"how": "born_dead"})


def test_a_learner_that_cannot_learn_fails_the_run_and_is_asked_again(project, rehearsal):
    done = here(project, "learner", {"how": "unteachable"})
    assert isinstance(done.error, Unavailable)
    assert "singular matrix" in str(done.error)
    assert done.run.status == "failed"
    assert here(project, "learner").run.status == "complete"


# What is hard to write down


def test_scores_that_are_no_numbers_are_unanswered_and_written_as_null(project, rehearsal):
    done = here(project, "rehearsal", {"how": "nan"})
    assert said(done.directory)["counts"]["unanswered"] == 40
    assert records_of(done.directory)[0]["response"]["option_scores"] == [None, -1.0]


def test_an_impossible_option_stays_the_least(project, rehearsal):
    done = here(project, "rehearsal", {"how": "infinite"})
    record = records_of(done.directory)[0]
    assert record["prediction"] == "1"
    assert record["response"]["option_scores"] == [pytest.approx(-1.797e308, rel=1e-3), -1.0]


def test_half_a_surrogate_pair_does_not_end_a_run(project, rehearsal):
    done = here(project, "rehearsal", {"how": "surrogate"})
    assert done.run.status == "complete"
    assert records_of(done.directory)[0]["response"]["text"] == "긍정 ?"


def test_a_metric_that_is_not_a_number_is_null(project, rehearsal):
    project.reviews(text=REVIEWS.replace("[accuracy,", "[accuracy, mute,"))
    done = here(project)
    found = said(done.directory)["metrics"]["mute"]
    assert done.run.metrics["mute"].to_dict() == found
    assert (found["value"], found["ci_low"], found["stderr"]) == (None, None, None)
    kept = statistics(done.directory)["metric:mute"][:, 0]
    said_yes = [record["prediction"] == "1" for record in records_of(done.directory)]
    assert np.isnan(kept).tolist() == said_yes


# What was not measured


def test_what_was_not_measured_is_null_and_never_0(project):
    run = said(here(project).directory)
    for name in ("usage", "cost", "fit", "stopped_because"):
        assert run[name] is None
    assert set(run["latency_s"]) == {"e2e"}  # the dummy streams nothing and queues nothing
    assert run["throughput"]["output_tokens_per_s"] is None
    assert run["throughput"]["examples_per_s"] > 0
    assert (run["backend"]["parameters"], run["backend"]["revision"]) == (None, None)


def test_an_hour_of_hardware_that_is_priced_is_a_cost(project):
    project.write("backends/priced.yaml", "adapter: dummy\nprice: {usd_per_hour: 3600, source: list}\n")
    run = here(project, "priced", {"latency_ms": 1}).run.to_dict()
    seconds = run["sessions"][0]["seconds"]
    assert run["cost"]["total"] == pytest.approx(seconds)
    assert run["cost"]["per_1k_examples"] == pytest.approx(seconds * 25)
    assert run["cost"]["price_source"] == "list"


def test_a_killed_session_makes_no_other_look_fast_or_cheap(project):
    project.write("backends/priced.yaml", "adapter: dummy\nprice: {usd_per_hour: 3600}\n")
    command = ("run", "-t", "reviews", "-b", "priced", "--data-dir", "data", "-m", "latency_ms=10")
    project.killed_at(30, *command)
    assert project.harness(*command).returncode == 0
    run = said(project.only())
    assert run["throughput"]["examples_per_s"] < 100
    assert run["cost"]["per_1k_examples"] > 10


# statistics.npz


def test_statistics_hold_what_run_json_was_computed_from(project):
    here(project)
    kept, run = statistics(project.only()), said(project.only())
    assert ids_in(project.only()) == [name for name, _ in IDS]
    assert kept["repeats"].tolist() == [0] * 40
    assert kept["metric:accuracy"].mean() == run["metrics"]["accuracy"]["value"]
    assert kept["metric:unanswered"].mean() == run["metrics"]["unanswered"]["value"]
    journal = [record["scores"]["macro_f1"] for record in records_of(project.only())]
    assert kept["metric:macro_f1"].tolist() == journal
    assert "clusters" not in kept


def test_an_id_with_a_line_feed_is_one_id(project):
    task = REVIEWS.replace("format: tsv", "format: jsonl").replace(".tsv", ".jsonl")
    project.write("tasks/reviews.yaml", task)
    names = ["a\nb", "a", "b", "a\\nb"]
    lines = [json.dumps({"id": name, "document": "좋다", "label": "1"}) for name in names]
    project.write("data/reviews/test.jsonl", "\n".join(lines))
    directory = here(project).directory
    assert [name for name, _ in keys_of(directory)] == names
    assert len(set(ids_in(directory))) == 4


# Repeats and limits


def test_repeats_are_records_of_their_own(project):
    here(project, repeat=3)
    assert keys_of(project.only()) == [(name, repeat) for name, _ in IDS for repeat in range(3)]
    scores = {tuple(r["response"]["option_scores"]) for r in records_of(project.only())}
    assert len(scores) == 120  # each repeat draws anew
    run = said(project.only())
    assert (run["counts"]["examples"], run["task"]["n"], run["task"]["repeat"]) == (120, 40, 3)


def test_repeats_stay_with_their_example_in_the_interval(project):
    project.write("backends/yes.yaml", "adapter: dummy\nchoose_by: extract\nsettings: {reply: 긍정}\n")
    once, often = (here(project, "yes", repeat=repeat) for repeat in (1, 9))
    widths = [found.ci_high - found.ci_low for found in (r.run.metrics["accuracy"] for r in (once, often))]
    assert often.run.metrics["accuracy"].value == once.run.metrics["accuracy"].value == 0.5
    assert widths[1] > 0.8 * widths[0]  # the same reply nine times is no more evidence
    clusters = statistics(often.directory)["clusters"]
    assert clusters.tolist() == [number for number in range(40) for _ in range(9)]


def test_an_interrupted_repeat_is_completed(project, rehearsal):
    here(project, "rehearsal", {"how": "raises", "count": 7}, repeat=3)
    done = here(project, "rehearsal", repeat=3)
    assert keys_of(done.directory) == [(name, repeat) for name, _ in IDS for repeat in range(3)]


def test_a_limit_is_the_first_rows_in_file_order(project):
    assert keys_of(here(project, limit=7).directory) == IDS[:7]


def test_a_limit_beyond_the_data_is_all_of_it(project):
    assert keys_of(here(project, limit=1000).directory) == IDS


def drawn(project: Project, **options: Any) -> list[str]:
    return [name for name, _ in keys_of(here(project, limit=0.25, fresh=True, **options).directory)]


def test_a_share_is_drawn_by_seed_and_id_whatever_the_order_of_the_rows(project):
    share = drawn(project)
    assert len(share) == 10
    assert share == sorted(share)  # evaluated in file order
    project.reviews(test=rows(40)[::-1])
    assert drawn(project) == share[::-1]


def test_rows_that_are_added_do_not_shuffle_a_share(project):
    share = set(drawn(project))
    project.reviews(test=[*rows(40), *rows(40, "new")])
    kept = {name for name in drawn(project) if name.startswith("r")}
    assert kept <= share or share <= kept  # the rows stand in one order of preference


def test_another_seed_draws_another_share(project):
    for seed in (1, 2):
        assert project.harness(*OWN, "--limit", "25%", "--seed", seed).returncode == 0
    one, other = ({name for name, _ in keys_of(run)} for run in project.runs())
    assert len(one) == len(other) == 10
    assert one != other


# Grids


def test_a_dead_backend_does_not_stop_the_others(project):
    project.install_rehearsal()
    done = project.harness("run", "-t", "reviews", "-b", "bare,absent,dummy", "--data-dir", "data")
    assert done.returncode == 3
    complaints = [line for line in done.stderr.splitlines() if line.startswith("harness: ")]
    assert [("bare" in line, "absent" in line) for line in complaints] == [(True, False), (False, True)]
    assert said(project.only())["backend"]["name"] == "dummy"
    assert "| dummy " in done.stdout


def test_a_backend_that_dies_half_way_does_not_stop_the_others(project):
    project.install_rehearsal()
    project.write("backends/dying.yaml", "adapter: rehearsal\nsettings: {how: raises}\n")
    done = project.harness("run", "-t", "reviews", "-b", "dying,dummy", "--data-dir", "data")
    assert done.returncode == 3
    assert "out of memory" in one_line(done)
    assert {said(run)["backend"]["name"]: said(run)["status"] for run in project.runs()} == {
        "dying": "partial",
        "dummy": "complete",
    }


def test_a_dead_backend_weighs_more_than_a_stopped_one(project):
    project.install_rehearsal()
    project.write("backends/failing.yaml", "adapter: dummy\nsettings: {failure_rate: 0.5}\n")
    done = project.harness("run", "-t", "reviews", "-b", "failing,absent,dummy", "--data-dir", "data")
    assert done.returncode == 3
    assert [said(run)["status"] for run in project.runs()] == ["partial", "complete"]


def test_an_interrupt_ends_the_whole_grid(project):
    project.install_rehearsal()
    project.write("backends/slow.yaml", "adapter: dummy\nsettings: {latency_ms: 50}\n")
    with project.started("run", "-t", "reviews", "-b", "absent,slow,dummy", "--data-dir", "data") as process:
        project.wait_for(process, lambda: project.journal_lines() >= 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert said(project.only())["backend"]["name"] == "slow"


def test_an_interrupt_weighs_more_than_an_engine_that_breaks_on_the_way_out(project):
    project.install_rehearsal()
    settings = ("-m", "how=fragile", "-m", "latency_ms=20")
    command = ("run", "-t", "reviews", "-b", "rehearsal", "--data-dir", "data", *settings)
    with project.started(*command) as process:
        project.wait_for(process, lambda: project.journal_lines() >= 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert said(project.only())["status"] == "partial"


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([Stopped], 4),
        ([Stopped, Unavailable], 3),
        ([Unavailable, Stopped, Interrupted], 130),
        ([Stopped, BadInput], 2),
        ([HarnessError], 3),
    ],
)
def test_the_exit_code_of_a_grid_is_the_gravest(errors, code):
    assert finish_exit_code([], [error("") for error in errors]) == code


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
@pytest.mark.parametrize("backend", ["dummy", "nb"])
def test_a_terminal_shows_one_moving_line(project, backend):
    import pty

    ours, theirs = pty.openpty()
    with contextlib.closing(os.fdopen(ours, "rb", buffering=0)) as terminal:
        command = ("run", "-t", "reviews", "-b", backend, "--data-dir", "data")
        with project.started(*command, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # the end of a pseudo-terminal
                while piece := terminal.read(4096):
                    shown += piece
            assert process.wait(PATIENCE) == 0
    hidden, shown_again = shown.count(b"\x1b[?25l"), shown.count(b"\x1b[?25h")
    assert (hidden, shown_again) == (1, 1)  # the cursor, while a line moves


def test_no_record_is_doubled_when_failed_and_answered_lines_meet(project, rehearsal):
    for how in ("fails", "fails", "raises", "well"):
        done = here(project, "rehearsal", {"how": how}, max_failures=2)
    assert doubled(done.directory) == []
    assert done.run.status == "complete"


# Loading is no part of answering


def test_an_engine_is_loaded_once_before_the_first_question_and_never_for_nothing(project, tmp_path):
    project.install_rehearsal()
    log = tmp_path / "log"
    command = ("run", "-t", "reviews", "-b", "prepared", "--data-dir", "data", "-m", f"log={log}")
    assert project.harness(*command).returncode == 0
    first, *asked = log.read_text(encoding="utf-8").splitlines()
    assert (first, len(asked), "prepared" in asked) == ("prepared", 40, False)
    assert project.harness(*command).returncode == 0  # it is complete
    assert len(log.read_text(encoding="utf-8").splitlines()) == 41


def test_what_a_metric_loads_is_loaded_before_the_clock_of_the_answers(project, monkeypatch):
    from dataclasses import replace

    from harness.metrics import classification

    told: list[str] = []
    plain = classification.accuracy

    def slow(labels):
        metric = plain(labels)

        def judged(seen, target):
            told.append("judged")
            return metric.statistics(seen, target)

        return replace(metric, statistics=judged, prepare=lambda: told.append("prepared"))

    monkeypatch.setattr(classification, "accuracy", slow)
    here(project)
    assert told[0] == "prepared"
    assert told.count("prepared") == 1
    assert told.count("judged") == 40
