"""The `openai` adapter against a server that others wrote: `transformers serve` on a small local model.

It runs where `transformers[serving]` is installed; the tox environment `servers` has it. `HARNESS_SERVING`
may name the Python of another environment that has.
"""

from __future__ import annotations

import importlib.util
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("openai")
pytest.importorskip("transformers")

from tests.running import Project, records_of, said
from tests.tiny_models import review, taught_llama

PYTHON = os.environ.get("HARNESS_SERVING") or (
    sys.executable if importlib.util.find_spec("uvicorn") and importlib.util.find_spec("fastapi") else None
)
pytestmark = pytest.mark.skipif(PYTHON is None, reason="transformers[serving] is not installed")

SERVE = "import sys; from transformers.cli.transformers import main; main()"
PATIENCE = 300.0  # seconds


def as_chat(text: str) -> str:
    """Return what the tiny tokenizer's chat template makes of the review's prompt."""
    return f"<|user|>\n문장: {text}\n감정:\n<|assistant|>\n"


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """Serve a model from a process of its own, and give its base_url once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PYTHON), "-c", SERVE, "serve", str(model), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--device", "cpu", "--dtype", "float32"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not healthy(port):
                assert process.poll() is None
                assert time.monotonic() < deadline, "the server does not get ready"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> dict[str, Path]:
    """Return the runs of one model: loaded here, and served whole and streamed."""
    project = Project(tmp_path_factory.mktemp("served"))
    model = taught_llama(project.home / "model", render=as_chat, delimiter="")
    draw = random.Random(3)
    reviews = [review(draw) for _ in range(24)]
    project.reviews(
        test=[(f"r{n}", text, str(int(label == "긍정"))) for n, (text, label) in enumerate(reviews)]
    )
    project.write("backends/here.yaml", "extends: huggingface\nchat: true\nchoose_by: extract\n")
    common = ["-t", "reviews", "--data-dir", "data", "-q", "-m", f"model={model}"]
    common += ["-d", "max_tokens=6", "-d", "temperature=0", "--no-cache"]
    runs = {}
    with serving(model) as url:
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
