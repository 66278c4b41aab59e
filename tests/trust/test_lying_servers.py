"""Servers that are not what they say: a page for an API, bottomless JSON, another model than was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.support.forking import ASKING
from tests.support.model_server import ModelServer, Reply, say, whole
from tests.support.running import Project, records_of, rows, said

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews(test=rows(4))
    project.imported = ASKING
    return project


def asked(project: Project, reply: Reply, *more: str):
    """Run the task against a server that always gives this reply."""
    with ModelServer(script=lambda _: list(reply)) as server:
        settings = (
            "-m",
            "model=tiny",
            "-m",
            f"base_url={server.url}",
            "-q",
            "--max-failures",
            "1.0",
            "--no-cache",
        )
        return project.harness(
            *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", *settings, *more)
        ), server.url


@pytest.mark.parametrize("latency", ["--latency", "--no-latency"])
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
def test_a_page_with_status_200_names_its_address(project, latency, kind):
    _, url = asked(project, whole(PAGE, kind=kind), latency)
    (words,) = {record["response"]["error"]["message"] for record in records_of(project.only())}
    assert f"{url}/chat/completions answers with a page and is no API" in words


@pytest.mark.parametrize("depth", [300, 2000, 200_000])
@pytest.mark.parametrize("place", ["whole", "content", "error", "usage"])
def test_json_without_a_bottom_is_malformed_and_ends_no_run(project, depth, place):
    deep = b"[" * depth + b"]" * depth
    body = {
        "whole": deep,
        "content": b'{"choices": [{"message": {"content": %b}, "finish_reason": "stop"}]}' % deep,
        "error": b'{"error": %b}' % deep,
        "usage": b'{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {"a": %b}}'
        % deep,
    }[place]
    done, _ = asked(project, whole(body), "--no-latency")
    assert "Traceback" not in done.stderr
    assert "broke" not in done.stderr, done.stderr
    assert len(records_of(project.only())) == 4


def test_another_model_than_the_asked_is_marked_on_every_board(project):
    done, _ = asked(project, say("긍정", model="cheaper-1b"), "--no-latency")
    assert said(project.only())["served"] == {"cheaper-1b": 4}
    for board in (
        done.stdout,
        project.harness("leaderboard").stdout,
        project.harness("leaderboard", "--lang", "ko").stdout,
    ):
        assert "cheaper-1b" in board
    assert "answered by cheaper-1b" in done.stdout


@pytest.mark.parametrize("served", ["tiny", "tiny-2026", "tiny-2026-01-31", "org/tiny"])
def test_the_asked_model_by_its_date_or_its_owner_is_no_other(project, served):
    done, _ = asked(project, say("긍정", model=served), "--no-latency")
    assert "answered by" not in done.stdout
