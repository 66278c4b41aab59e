"""Several processes make one run as one process does, whichever of them are killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_server import ModelServer
from tests.support.running import PATIENCE, REVIEWS, Project, one_line, records_of, rows, said

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")

N = 120
RUN = ("run", "-t", "reviews", "--data-dir", "data", "--quiet")
WORK = ("--data-dir", "data", "--quiet")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(rows(N))
    project.install_rehearsal()
    return project


def timeless(directory: Path) -> list[dict[str, Any]]:
    """Return the records, but for how long each took."""
    found = records_of(directory)
    for record in found:
        record["response"]["timing_s"] = None
    return found


def lives(directory: Path) -> list[dict[str, Any]]:
    """Return what the workers of a run that is under way say of themselves."""
    found = []
    for path in sorted(directory.glob("workers/*/alive.json")):
        found.append(json.loads(path.read_bytes()))
    return found


def once(condition: Any) -> Any:
    """Return what `condition` does once it is something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if found := condition():
                return found
        except (ValueError, OSError):  # the folder is not there yet, or not any more
            pass
        time.sleep(0.02)
    raise AssertionError("it never came")


def answers(directory: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in directory.glob("workers/*/samples.jsonl"))


def working(project: Project) -> list[int]:
    """Return the processes of the workers once both are there and have answered something."""
    directory = project.only()
    found = [life["process"] for life in lives(directory) if not life["left"]]
    return found if len(found) >= 2 and answers(directory) > 2 else []


def test_whatever_the_number_of_workers_the_records_are_those_of_one_process(project):
    assert project.harness(*RUN, "-b", "dummy").returncode == 0
    expected = timeless(project.only())
    for count in (1, 3):
        runs = f"runs{count}"
        done = project.harness(*RUN, "-b", "dummy", "--replicas", count, "--runs-dir", runs)
        assert done.returncode == 0, done.stderr
        (path,) = (project.home / runs).rglob("run.json")
        assert timeless(path.parent) == expected
        run = said(path.parent)
        assert (run["status"], run["counts"]["examples"]) == ("complete", N)
        assert run["sessions"][0]["requests"] == N
        assert not (path.parent / "workers").exists()


def test_workers_that_come_by_themselves_share_a_run_and_the_last_sums_it_up(project):
    done = project.harness(*RUN, "-b", "dummy", "-m", "latency_ms=5", "--replicas", "0")
    assert done.returncode == 0, done.stderr
    directory = project.only()
    assert Path(done.stdout.strip()).name == directory.name
    with project.started("work", directory, *WORK) as other:
        done = project.harness("work", directory, *WORK)
        assert done.returncode == 0, done.stderr
        assert other.wait(PATIENCE) == 0
    assert said(directory)["status"] == "complete"
    assert len({record["id"] for record in records_of(directory)}) == len(records_of(directory)) == N


def test_a_run_that_one_process_began_is_joined_where_it_stopped(project):
    with project.started(*RUN, "-b", "dummy", "-m", "latency_ms=20") as alone:
        once(lambda: (project.only() / "samples.jsonl").stat().st_size > 0)
        alone.kill()
    done = project.harness("work", project.only(), *WORK)
    assert done.returncode == 0, done.stderr
    assert said(project.only())["status"] == "complete"
    assert 0 < said(project.only())["sessions"][-1]["requests"] < N


def test_workers_that_are_killed_are_replaced_and_nothing_is_lost(project):
    log = project.home / "asked"
    knobs = ("-m", "latency_ms=15", "-m", f"log={log}")
    with project.started(*RUN, "-b", "rehearsal", *knobs, "--replicas", "2") as keeper:
        killed = once(lambda: working(project))[0]
        os.kill(killed, signal.SIGKILL)
        other = once(lambda: [one for one in working(project) if one != killed])[-1]
        os.kill(other, signal.SIGKILL)
        assert keeper.wait(PATIENCE) == 0
    directory = project.only()
    assert [record["id"] for record in records_of(directory)] == [row[0] for row in rows(N)]
    assert said(directory)["status"] == "complete"
    asked = Counter(log.read_text().split())
    assert sum(asked.values()) <= N + 2 * 32  # a batch was in flight at each kill


def test_a_keeper_that_is_killed_takes_its_workers_with_it_and_the_same_command_goes_on(project):
    command = (*RUN, "-b", "dummy", "-m", "latency_ms=20", "--replicas", "2")
    with project.started(*command) as keeper:
        workers = once(lambda: working(project))
        keeper.kill()
        keeper.wait(PATIENCE)
    once(lambda: not any(exists(number) for number in workers))
    assert said(project.only())["status"] == "running"
    before = answers(project.only())
    assert 0 < before < N
    done = project.harness(*command)
    assert done.returncode == 0, done.stderr
    assert said(project.only())["sessions"][-1]["requests"] == N - before
    assert [record["id"] for record in records_of(project.only())] == [row[0] for row in rows(N)]


def exists(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{number}/stat").read_text().split()[2] != "Z" if sys.platform == "linux" else True


def test_a_signal_lets_all_workers_stop_gently(project):
    with project.started(*RUN, "-b", "dummy", "-m", "latency_ms=20", "--replicas", "2") as keeper:
        once(lambda: working(project))
        os.kill(keeper.pid, signal.SIGTERM)
        assert keeper.wait(PATIENCE) == 130
    run = said(project.only())
    assert run["status"] == "partial"
    assert 0 < run["counts"]["examples"] < N
    assert not (project.only() / "workers").exists()


def test_an_example_that_kills_whoever_asks_it_is_failed_and_the_others_are_answered(project):
    killer = ("-b", "rehearsal", "-m", "how=killer", "-m", "count=70", "--max-failures", "1")
    done = project.harness(*RUN, *killer, "--replicas", "2")
    assert done.returncode == 0, done.stderr
    failed = [record for record in records_of(project.only()) if record["response"]["error"]]
    assert [record["id"] for record in failed] == ["r0070"]
    assert failed[0]["response"]["error"]["kind"] == "killed"
    assert said(project.only())["counts"]["examples"] == N


def test_too_many_failures_of_all_workers_together_stop_them_all(project):
    project.write("backends/poor.yaml", "adapter: dummy\nsettings: {failure_rate: 0.5}\n")
    done = project.harness(*RUN, "-b", "poor", "-m", "latency_ms=5", "--replicas", "2")
    assert done.returncode == 4
    assert "--max-failures" in one_line(done)


def test_one_purse_holds_over_all_workers(project):
    done = project.harness(*RUN, "-b", "metered", "--max-cost", "1USD", "--no-cache", "--replicas", "3")
    assert done.returncode == 4, done.stderr
    run = said(project.only())
    assert 0.7 < run["cost"]["paid"] <= 1.0  # what is left bears no request any more: a fifth of it each
    assert run["budget"]["limit"] == "1 USD"


def test_a_rate_that_is_stated_is_kept_by_all_workers_together(project):
    pytest.importorskip("aiohttp")
    with ModelServer() as server:
        asked = ("-b", "local_server", "-m", "model=tiny", "-m", f"base_url={server.url}", "--no-latency")
        rate = ("-m", "requests_per_minute=1200", "--replicas", "3", "--limit", 60)
        done = project.harness(*RUN, *asked, *rate, "--no-cache")
    assert done.returncode == 0, done.stderr
    times = sorted(asked.at for asked in server.seen)
    assert len(times) == 60
    # A second's worth leaves at once, then one each 50 ms: 1.95 s. Three that do not share send all at once.
    assert times[59] - times[0] >= 1.5


def test_what_learns_is_fitted_once_for_all_workers(project):
    done = project.harness(*RUN, "-b", "tfidf", "--replicas", "3")
    assert done.returncode == 0, done.stderr
    assert said(project.only())["fit"]["reused"] is False
    assert len(list((project.home / "cache" / "fits").iterdir())) == 1


def test_conversations_are_not_divided(project):
    text = REVIEWS.replace("metrics:", "turns: {field: input}\nmetrics:")
    project.write("tasks/reviews.yaml", text)
    assert project.harness(*RUN, "-b", "dummy", "--replicas", "2").returncode == 2


def test_status_tells_how_many_work_and_what_waits_for_workers(project):
    project.harness(*RUN, "-b", "dummy", "--replicas", "0")
    (one,) = json.loads(project.harness("status", "--json").stdout)["runs"]
    assert (one["state"], one["workers"]) == ("waiting", 0)


def test_a_directory_of_a_stranger_leads_a_worker_to_no_server_of_his(project):
    project.harness(*RUN, "-b", "dummy", "--replicas", "0")
    directory = project.only()
    stranger = "adapter: openai\nmodel: m\nsettings: {base_url: 'http://127.0.0.1:9/v1'}\n"
    (directory / "backend.yaml").write_text(stranger)
    done = project.harness("work", directory, *WORK)
    assert done.returncode == 2
    assert "127.0.0.1:9" in one_line(done)
