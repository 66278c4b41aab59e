"""Runs against a server as a user makes them: killed and gone on with, interrupted, dead."""

from __future__ import annotations

import random
import signal
import socket
from collections.abc import Sequence

import pytest

pytest.importorskip("aiohttp")

from tests.support.certificates import certified
from tests.support.model_server import RESET, Asked, ModelServer, Reply, answer, refuse, say
from tests.support.running import PATIENCE, Project, here, keys_of, one_line, outcome, records_of, rows, said

AT_ONCE, KILLS = 8, 2  # benchmarks/remote.py kills twenty times


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.reviews(test=rows(60))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        made.env.pop(name, None)
    return made


def run_of(server: ModelServer, *more: object) -> Sequence[object]:
    """Return a run whose answers only the journal keeps."""
    return [
        *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data"),
        *("-q", "--no-latency", "--no-cache"),
        *("-m", "model=tiny", "-m", f"base_url={server.url}", "--concurrency", AT_ONCE, *more),
    ]


def slowly(asked: Asked) -> Reply:
    return [0.03, *answer(asked)]


def test_killed_again_and_again_it_asks_no_more_than_was_in_flight_at_each_kill(project):
    draw = random.Random(5)
    with ModelServer(script=slowly) as server:
        for _ in range(KILLS):
            project.killed_at(draw.randint(2, 12), *run_of(server))
        settings = {"model": "tiny", "base_url": server.url}
        here(project, "local_server", settings, latency=False, cache=False)
        resumed, asked = outcome(project.only()), len(server.seen)
        here(project, "local_server", settings, latency=False, cache=False, fresh=True)
    assert asked <= 60 + KILLS * AT_ONCE
    assert resumed == outcome(project.runs()[-1])


def test_the_first_ctrl_c_takes_what_is_in_flight_and_asks_no_more(project):
    with ModelServer(script=slowly) as server, project.started(*run_of(server)) as process:
        project.wait_for(process, lambda: project.journal_lines() >= 5)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    kept = records_of(project.only())
    assert len(kept) == len(server.seen) < 60
    assert not [record for record in kept if record["response"]["error"]]


def test_the_second_ends_at_once(project):
    with ModelServer(script=lambda asked: [600.0]) as server, project.started(*run_of(server)) as process:
        project.wait_for(process, lambda: len(server.seen) >= AT_ONCE)
        process.send_signal(signal.SIGINT)
        project.wait_for(process, lambda: process.stderr.readline() != "")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130


def test_a_server_that_is_not_there_is_one_line_and_exit_code_3(project):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = project.harness(
        *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "-m", "model=tiny"),
        *("-m", f"base_url=http://127.0.0.1:{port}/v1"),
    )
    assert done.returncode == 3
    assert "local_server: the server has not answered" in one_line(done)


def test_a_missing_key_is_one_line_and_exit_code_3(project):
    done = project.harness("run", "-t", "reviews", "-b", "gpt_4o", "--data-dir", "data")
    assert done.returncode == 3
    assert one_line(done).endswith("gpt_4o needs OPENAI_API_KEY: set it in the environment or in .env")


def test_a_certificate_that_nobody_signed_is_one_line_and_exit_code_3(project):
    certificate = certified(project.home)
    with ModelServer(tls=certificate) as server:
        done = project.harness(*run_of(server))
    assert done.returncode == 3
    assert "the server cannot be trusted" in one_line(done)
    assert not server.seen


def test_a_run_says_who_answered_what_was_sent_and_how_long_it_was_held_back(project):
    def script(asked: Asked) -> Reply:
        return refuse(429, Retry_After="0.05") if asked.number == 1 else answer(asked)

    with ModelServer(script=script) as server:
        done = here(
            project, "local_server", {"model": "tiny", "base_url": server.url}, limit=10, latency=True
        )
    run = done.run.to_dict()
    assert run["served"] == {"tiny-2026": 10}
    assert run["backend"]["identity"] == {"endpoint": server.url, "api": "chat/completions"}
    assert run["decoding"] == {"asked": {}, "sent": {}}
    assert run["usage"] == {"prompt_tokens": 100, "completion_tokens": 20}
    assert set(run["latency_s"]) == {"e2e", "queue", "tpot", "ttft", "wait"}
    assert run["latency_s"]["wait"]["p50"] >= 0.05
    assert {record["response"]["attempts"] for record in records_of(done.directory)} == {2}


@pytest.mark.parametrize(
    ("latency", "limit", "streams"), [(None, 20, True), (False, 20, False), (True, 40, True)]
)
def test_the_first_token_is_asked_for_in_short_runs_or_when_the_user_says_so(
    project, latency, limit, streams
):
    with ModelServer() as server:
        settings = {"model": "tiny", "base_url": server.url}
        here(project, "local_server", settings, limit=5, latency=latency)
    assert bool(server.seen[0].body.get("stream")) is streams


def test_the_same_model_elsewhere_is_another_run(project):
    with ModelServer() as one, ModelServer() as other:
        for server in (one, other):
            here(project, "local_server", {"model": "tiny", "base_url": server.url}, limit=5)
    assert len(one.seen) == len(other.seen) == 5
    assert len(project.runs()) == 2


class TestSeveralServers:
    """`-m base_url=[A,B]`: servers of one model are one backend."""

    def test_one_that_dies_amid_a_run_costs_no_answer(self, project):
        with ModelServer() as one, ModelServer() as other:

            def dies(asked: Asked) -> Reply:
                return say("긍정") if len(one.seen) < 15 else [RESET]

            one.script, other.script = dies, slowly
            where = f"base_url=[{one.url},{other.url}]"
            command = [where if str(word).startswith("base_url=") else word for word in run_of(one)]
            done = project.harness(*command, "--max-failures", 0)
        assert done.returncode == 0, done.stderr
        assert len(keys_of(project.only())) == 60
        assert {record["response"]["error"] for record in records_of(project.only())} == {None}
        assert len(other.seen) > 20

    def test_their_order_makes_no_other_run_and_asks_nothing_again(self, project):
        with ModelServer() as one, ModelServer() as other:
            settings = [
                {"model": "tiny", "base_url": [a.url, b.url]} for a, b in ((one, other), (other, one))
            ]
            first = here(project, "local_server", settings[0], limit=20)
            again = here(project, "local_server", settings[1], limit=20)
            fresh = here(project, "local_server", settings[1], limit=20, fresh=True)
        assert again.reused
        assert fresh.run.to_dict()["counts"]["cached"] == 20
        assert len(one.seen) + len(other.seen) == 20
        assert first.run.to_dict()["backend"]["identity"]["endpoint"] == sorted([one.url, other.url])

    def test_no_answer_says_which_of_them_gave_it(self, project):
        with ModelServer() as one, ModelServer() as other:
            done = here(
                project, "local_server", {"model": "tiny", "base_url": [one.url, other.url]}, limit=20
            )
        assert one.seen
        assert other.seen
        assert b"127.0.0.1" not in (done.directory / "samples.jsonl").read_bytes()

    def test_a_list_in_a_profile_is_checked_where_it_stands(self, project):
        project.write(
            "backends/pair.yaml",
            "adapter: openai\nmodel: tiny\nsettings:\n  base_url:\n    - http://h:1/v1\n    - nowhere\n",
        )
        done = project.harness("check", "backends/pair.yaml")
        assert done.returncode == 2
        assert "pair.yaml:6" in done.stdout + done.stderr


def test_how_it_is_asked_is_no_other_run(project):
    with ModelServer() as server:
        settings = {"model": "tiny", "base_url": server.url}
        first = here(project, "local_server", settings, limit=5, concurrency=2)
        again = here(project, "local_server", {**settings, "timeout": 9, "requests_per_minute": 600}, limit=5)
    assert first.run.fingerprint == again.run.fingerprint
    assert again.reused


def test_what_a_filter_holds_back_is_unanswered_and_what_fails_is_failed(project):
    def script(asked: Asked) -> Reply:
        number = int(asked.prompt.split("\n")[0].split()[-1])
        if number == 0:
            return say("", finish="content_filter")
        return refuse(400, "invalid_value") if number == 1 else answer(asked)

    with ModelServer(script=script) as server:
        settings = {"model": "tiny", "base_url": server.url}
        done = here(project, "local_server", settings, limit=10, max_failures=1)
    assert done.run.unanswered_because == {"filtered": 1}
    assert done.run.failed_because == {"bad_request": 1}
    assert len(keys_of(done.directory)) == 10
    assert said(done.directory)["status"] == "complete"
