"""Runs against servers that say what is not so, or what can hardly be written down, as a user makes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import Asked, ModelServer, Reply, answer, say, usage, whole
from tests.support.running import Project, records_of, rows, said

HALF = "\ud83d"  # of a surrogate pair, as a server's JSON may escape one: no UTF-8 can hold it


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.reviews(test=rows(12))
    return made


def run_of(server: ModelServer, *more: object) -> Sequence[object]:
    return [
        *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "-q", "--no-latency"),
        *("-m", "model=tiny", "-m", f"base_url={server.url}", *more),
    ]


def escaped(status: int = 200, **reply: Any) -> Reply:
    """Return a reply whose half pairs are escaped, as JSON lets a server do."""
    return whole(json.dumps(reply).encode(), status)


def number_of(asked: Asked) -> int:
    return int(asked.prompt.split("\n")[0].split()[-1])


class TestWhatCanHardlyBeWritten:
    def test_half_a_surrogate_in_an_error_is_that_request_s_failure(self, project):
        def script(asked: Asked) -> Reply:
            if number_of(asked) == 3:
                return escaped(400, error={"message": f"no {HALF} here", "code": None})
            return answer(asked)

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server, "--max-failures", 1))
        assert done.returncode == 0, done.stderr
        (failed,) = [r for r in records_of(project.only()) if r["response"]["error"]]
        assert failed["response"]["error"]["message"] == "HTTP 400: no ? here"
        assert said(project.only())["counts"]["answered"] == 11

    def test_nor_does_one_in_the_model_s_name_or_an_answer_end_a_run(self, project):
        message = {"role": "assistant", "content": f"긍정 {HALF}"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        reply = {"model": f"tiny{HALF}", "choices": choices, "usage": usage()}
        with ModelServer(script=lambda asked: escaped(**reply)) as server:
            for _ in range(2):  # asked, then from the cache
                done = project.harness(*run_of(server, "--fresh"))
                assert done.returncode == 0, done.stderr
        for run in project.runs():
            assert said(run)["served"] == {"tiny?": 12}
            assert {r["response"]["text"] for r in records_of(run)} == {"긍정 ?"}
            assert said(run)["counts"]["answered"] == 12

    def test_nor_one_in_the_error_that_ends_it(self, project):
        with ModelServer(script=lambda asked: escaped(401, error={"message": HALF})) as server:
            done = project.harness(*run_of(server))
        assert done.returncode == 3
        assert r"refuses us: HTTP 401: \ud83d" in said(project.only())["stopped_because"]

    def test_a_number_too_long_for_json_is_written_as_one_that_fits(self, project):
        with ModelServer(script=lambda asked: say("긍정", model=10**30, usage=usage(10**30))) as server:
            assert project.harness(*run_of(server)).returncode == 0
        assert said(project.only())["counts"]["answered"] == 12
