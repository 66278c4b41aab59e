"""The `openai` adapter against a server that others wrote: `transformers serve` on a small local model.

It runs where `transformers[serving]` is installed; the tox environment `servers` has it. `HARNESS_SERVING`
may name the Python of another environment that has.
"""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("transformers")

from tests.support.running import Project, records_of, said
from tests.support.serving import serving
from tests.support.tiny_models import chat_query, review, taught_llama

PYTHON = os.environ.get("HARNESS_SERVING") or (
    sys.executable if importlib.util.find_spec("uvicorn") and importlib.util.find_spec("fastapi") else None
)
pytestmark = pytest.mark.skipif(PYTHON is None, reason="transformers[serving] is not installed")

SERVE = "import sys; from transformers.cli.transformers import main; main()"


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> dict[str, Path]:
    """Return the runs of one model: loaded here, and served whole and streamed."""
    project = Project(tmp_path_factory.mktemp("served"))
    model = taught_llama(project.home / "model", render=chat_query, delimiter="")
    draw = random.Random(3)
    reviews = [review(draw) for _ in range(24)]
    project.reviews(
        test=[(f"r{n}", text, str(int(label == "긍정"))) for n, (text, label) in enumerate(reviews)]
    )
    project.write("backends/here.yaml", "extends: huggingface\nchat: true\nchoose_by: extract\n")
    common = ["-t", "reviews", "--data-dir", "data", "-q", "-m", f"model={model}"]
    common += ["-d", "max_tokens=6", "-d", "temperature=0", "--no-cache"]
    runs = {}

    def serve(port: int) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
        return [str(PYTHON), "-c", SERVE, "serve", str(model), *where]

    with serving(serve, "/health", {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}) as address:
        url = f"{address}/v1"
        for name, more in {
            "loaded": ["-b", "here"],
            "whole": ["-b", "local_server", "-m", f"base_url={url}", "--no-latency"],
            "streamed": ["-b", "local_server", "-m", f"base_url={url}", "--latency"],
        }.items():
            done = project.harness("run", *common, *more, "--runs-dir", name)
            assert done.returncode == 0, done.stderr
            runs[name] = project.only(name)
    return runs


def texts(run: Path) -> list[str]:
    return [record["response"]["text"] for record in records_of(run)]


def test_greedy_answers_are_those_of_the_model_loaded_here(asked):
    assert texts(asked["whole"]) == texts(asked["streamed"]) == texts(asked["loaded"])
    assert said(asked["whole"])["metrics"]["accuracy"]["value"] > 0.9


def test_the_server_s_tokens_are_those_that_were_counted_here(asked):
    counts = [said(asked[name])["usage"]["prompt_tokens"] for name in ("whole", "streamed", "loaded")]
    assert len(set(counts)) == 1
    assert not [one for one in records_of(asked["streamed"]) if one["response"]["usage"]["estimated"]]


def test_latency_is_filled_in(asked):
    assert set(said(asked["streamed"])["latency_s"]) == {"e2e", "queue", "tpot", "ttft", "wait"}
    for record in records_of(asked["streamed"]):
        timing = record["response"]["timing_s"]
        assert 0 < timing["ttft"] <= timing["e2e"]
