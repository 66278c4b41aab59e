"""The `gemini` adapter against a server that others wrote: litellm's proxy, which speaks Gemini's API.

It stands before a server of this process, whose replies are known. The tox environment `litellm` has it;
`HARNESS_LITELLM` names its command.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.support.model_server import ModelServer, answer, refuse
from tests.support.running import Project, records_of, said
from tests.support.serving import serving

LITELLM = os.environ.get("HARNESS_LITELLM")
pytestmark = pytest.mark.skipif(not LITELLM, reason="HARNESS_LITELLM names no litellm[proxy]")

KEY = "sk-loopback-1234567890"
PROXIED = "extends: gemini_2_5_flash\nprice: {usd_per_mtok: {input: 1, output: 2}}\n"
REVIEWS = [(f"r{n}", f"영화 {n}번", str(n % 2)) for n in range(30)]


@pytest.fixture(scope="module")
def behind() -> Iterator[ModelServer]:
    with ModelServer(script=lambda one: answer(one) if one.raw else refuse(404)) as server:
        yield server


@pytest.fixture(scope="module")
def asked(behind: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the runs of one model: asked through the proxy, whole and streamed, and asked at once."""
    project = Project(tmp_path_factory.mktemp("proxied"))
    project.reviews(test=REVIEWS)
    entry = {"model": "hosted_vllm/tiny", "api_base": behind.url, "api_key": "none"}
    config = {"model_list": [{"model_name": "tiny", "litellm_params": entry}]}
    path = project.write("litellm.yaml", json.dumps(config))  # JSON is YAML

    def proxy(port: int) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(port)]
        return [str(LITELLM), "--config", str(path), *where, "--telemetry", "False"]

    project.write("backends/proxied.yaml", PROXIED)
    project.env["GEMINI_API_KEY"] = KEY
    common = ["-t", "reviews", "--data-dir", "data", "-q", "--no-cache", "-m", "model=tiny"]
    proxied = [
        "-b",
        "proxied",
        "-m",
        "api_key_env=GEMINI_API_KEY",
    ]  # or it is sent nowhere
    runs = {}
    offline = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with serving(proxy, "/health/liveliness", offline) as url:
        for name, more in {
            "whole": [*proxied, "-m", f"base_url={url}", "--no-latency"],
            "streamed": [*proxied, "-m", f"base_url={url}", "--latency"],
            "at_once": ["-b", "local_server", "-m", f"base_url={behind.url}", "--no-latency"],
        }.items():
            done = project.harness("run", *common, *more, "--runs-dir", name)
            assert done.returncode == 0, done.stderr
            runs[name] = project.only(name)
    return runs


def texts(run: Path) -> list[str]:
    return [record["response"]["text"] for record in records_of(run)]


def test_the_answers_are_those_of_the_server_behind_it(asked):
    assert len(set(texts(asked["at_once"]))) == 2
    assert texts(asked["whole"]) == texts(asked["streamed"]) == texts(asked["at_once"])


def test_tokens_and_money_are_counted(asked):
    usage = said(asked["whole"])["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (10 * len(REVIEWS), 2 * len(REVIEWS))
    assert said(asked["whole"])["cost"]["total"] == pytest.approx(len(REVIEWS) * (10 * 1 + 2 * 2) / 1e6)


def test_the_time_to_the_first_token_is_filled_in(asked):
    for record in records_of(asked["streamed"]):
        timing = record["response"]["timing_s"]
        assert 0 < timing["ttft"] <= timing["e2e"]
