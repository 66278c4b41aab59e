"""Servers that are not what they say: a page for an API, bottomless JSON, another model than was asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import ModelServer, Reply, say, whole
from tests.support.running import Project, records_of, rows, said

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(test=rows(4))
    return project


def asked(project: Project, reply: Callable[[int], Reply], *more: str):
    """Run the task against a server that gives each of the four rows its reply, whenever it is asked."""
    with ModelServer(script=lambda it: list(reply(int(it.prompt.split("\n")[0].split()[-1])))) as server:
        settings = ("-m", "model=tiny", "-m", f"base_url={server.url}", "-q", "--max-failures", "1.0")
        return project.harness(
            *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "--no-cache"),
            *settings,
            *more,
        ), server.url


@pytest.mark.parametrize("latency", ["--latency", "--no-latency"])
def test_a_page_with_status_200_names_its_address(project, latency):
    kinds = ("text/html; charset=utf-8", "application/json")
    _, url = asked(project, lambda row: whole(PAGE, kind=kinds[row % 2]), latency)
    kept = records_of(project.only())
    assert len(kept) == 4
    for record in kept:
        words = record["response"]["error"]["message"]
        assert f"{url}/chat/completions answers with a page and is no API" in words


DEPTHS = (300, 2000, 20_000, 200_000)


@pytest.mark.parametrize("place", ["whole", "content", "error", "usage"])
def test_json_without_a_bottom_is_malformed_and_ends_no_run(project, place):
    def reply(row: int) -> Reply:
        deep = b"[" * DEPTHS[row] + b"]" * DEPTHS[row]
        choice = b'{"choices": [{"message": {"content": %b}, "finish_reason": "stop"}]%b}'
        return whole(
            {
                "whole": deep,
                "content": choice % (deep, b""),
                "error": b'{"error": %b}' % deep,
                "usage": choice % (b'"x"', b', "usage": {"a": %b}' % deep),
            }[place]
        )

    done, _ = asked(project, reply, "--no-latency")
    assert "Traceback" not in done.stderr
    assert "broke" not in done.stderr, done.stderr
    assert len(records_of(project.only())) == 4


def test_another_model_than_the_asked_is_marked_on_every_board(project):
    done, _ = asked(project, lambda row: say("긍정", model="cheaper-1b"), "--no-latency")
    assert said(project.only())["served"] == {"cheaper-1b": 4}
    for board in (
        done.stdout,
        project.harness("leaderboard").stdout,
        project.harness("leaderboard", "--lang", "ko").stdout,
    ):
        assert "cheaper-1b" in board
    assert "answered by cheaper-1b" in done.stdout


def test_the_asked_model_by_its_date_or_its_owner_is_no_other(project):
    served = ("tiny", "tiny-2026", "tiny-2026-01-31", "org/tiny")
    done, _ = asked(project, lambda row: say("긍정", model=served[row]), "--no-latency")
    assert said(project.only())["served"].keys() == set(served)
    assert "answered by" not in done.stdout
