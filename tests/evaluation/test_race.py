"""`harness race` as a user sees it: decided, killed and gone on with, finished as a whole run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import Asked, ModelServer, Reply, say
from tests.support.running import Project, keys_of, rows, said

SIZE = 300


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.reviews(test=rows(SIZE))
    return made


def planted(asked: Asked) -> Reply:
    """Answer right nine times of ten as `good`, six of ten as `bad`, which alone knows the tenth."""
    number = int(asked.prompt.split("\n감정")[0].split()[-1])
    right = number % 10 > 0 if asked.body["model"] == "good" else number % 10 in (0, 2, 3, 5, 7, 8)
    return say(("부정", "긍정")[(number % 2) ^ (not right)])


def race_of(server: ModelServer, *more: object) -> list[object]:
    return [
        *("race", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "--no-cache"),
        *("-m", "model=bad,good", "-m", f"base_url={server.url}", "-m", "chat=true", *more),
    ]


def test_a_race_names_the_better_and_asks_a_part(project):
    with ModelServer(script=planted) as server:
        done = project.harness(*race_of(server, "--json"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["verdict"], found["stopped_because"]) == ("winner", None)
    assert [one["lost_to"] is None for one in found["systems"]] == [False, True]
    assert len(server.seen) == found["calls"] < found["calls_of_all"] == 2 * SIZE
    assert found["lead"]["ci_low"] >= 0
    partial = said(Path(project.home, found["systems"][1]["directory"]))
    assert (partial["status"], "race was decided" in partial["stopped_because"]) == ("partial", True)


def test_killed_and_gone_on_with_it_decides_the_same_and_asks_nothing_twice(project):
    with ModelServer(script=planted) as server:
        project.killed_at(40, *race_of(server, "-q"))
        first = len(server.seen)
        resumed = json.loads(project.harness(*race_of(server, "--json")).stdout)
        asked = len(server.seen)
        again = json.loads(project.harness(*race_of(server, "--json")).stdout)
        assert len(server.seen) == asked  # decided: nothing is asked for
    assert first < asked <= resumed["calls"] + 25  # a block was in flight when it was killed
    for key in ("verdict", "asked", "calls", "lead"):
        assert resumed[key] == again[key]


def test_a_raced_run_is_finished_by_harness_run(project):
    with ModelServer(script=planted) as server:
        raced = json.loads(project.harness(*race_of(server, "--json")).stdout)
        words = ["run" if word == "race" else word for word in race_of(server, "-q")]
        assert project.harness(*words).returncode == 0
        assert len(server.seen) == 2 * SIZE
    for one in raced["systems"]:
        directory = project.home / one["directory"]
        assert said(directory)["status"] == "complete"
        assert keys_of(directory) == [(name, 0) for name, *_ in rows(SIZE)]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["-t", "nsmc_fewshot", "-b", "nb", "--sample"], "a race needs two systems: -b A,B"),
        (["-t", "nsmc_fewshot", "-b", "nb,tfidf", "--sample", "--alpha", "0"], "--alpha 0"),
        (["-t", "nsmc_fewshot", "-b", "nb,tfidf", "--sample", "--margin", "1"], "--margin 1"),
    ],
)
def test_what_is_no_race_is_said_in_a_line(project, more, complaint):
    done = project.harness("race", *more)
    assert done.returncode == 2
    assert complaint in done.stderr
