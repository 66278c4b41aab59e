"""One model, several roads: the same weights by transformers, by vLLM, and by a server of OpenAI's API."""

from __future__ import annotations

import csv
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("vllm", reason="the vllm adapter needs vllm: tox -e vllm")
pytest.importorskip("openai", reason="the openai adapter needs openai")

from harness.reports.comparison.compare import compare
from harness.reports.comparison.drift import Drift
from harness.reports.comparison.pairs import only_run
from harness.reports.comparison.render import markdown
from tests.support.paths import DATA
from tests.support.running import Project, Row, here, records_of, rows
from tests.support.tiny_models import query, review, teach, tiny_model, tiny_tokenizer

NSMC = DATA / "nsmc" / "ratings_test.txt"
EXAMPLES = 240
CONTEXT = 1024  # real reviews are up to 420 of the tiny tokenizer's tokens
PATIENCE = 300.0  # seconds until a server that does not get ready is given up
ROADS = {
    "huggingface": {"dtype": "float32"},
    "vllm": {"dtype": "float32", "enforce_eager": True, "max_model_len": CONTEXT},
    "openai": {},
}
WRITES = "choose_by: extract\ndecoding: {max_tokens: 12, temperature: 0}\n"
DOES = {"compares": "choose_by: logprobs\n", "writes": WRITES, "chats": f"chat: true\n{WRITES}"}


def reviews(source: str) -> list[Row]:
    if source == "made":
        return rows(EXAMPLES)
    if not NSMC.is_file():
        pytest.skip("the real data is not here")
    with NSMC.open(encoding="utf-8", newline="") as file:
        table = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(table)
        return [(name, text, label) for name, text, label in islice(table, EXAMPLES)]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A model that has learnt to say 긍정 or 부정 after a review, as far as a few seconds teach it."""
    folder = tmp_path_factory.mktemp("models") / "taught"
    tokenizer = tiny_tokenizer(bos=True)
    taught = tiny_model(tokenizer, context=CONTEXT, heads=2)  # vLLM wants heads of 32 dimensions or more
    rng = random.Random(0)
    lessons = [review(rng) for _ in range(16 * 60)]
    teach(taught, tokenizer, [(query(text), f" {label}</s>") for text, label in lessons])
    tokenizer.save_pretrained(folder)
    taught.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def server(model) -> Iterator[str]:
    """The address of vLLM's own server, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)),
        *("--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"),
        *("--max-model-len", str(CONTEXT), "--enforce-eager"),
    ]
    with (
        (model.parent / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as one,
    ):
        try:
            _wait(one, f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            one.terminate()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the server does not get ready")


@pytest.fixture(scope="module", params=["made", pytest.param("nsmc", marks=pytest.mark.data)])
def project(request, tmp_path_factory) -> Project:
    """A task of reviews, and a backend for each road that compares options, writes or chats."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.reviews(test=reviews(request.param))
    for road in ROADS:
        for does, keys in DOES.items():
            project.write(f"backends/{road}_{does}.yaml", f"adapter: {road}\n{keys}")
    return project


@pytest.fixture(scope="module")
def walked(project, model, server) -> dict[tuple[str, str], Path]:
    """The run of each road, by what it does."""
    found = {}
    for road, own in ROADS.items():
        for does in DOES:
            settings = {"model": str(model), **own}
            if road == "openai":
                settings |= {"base_url": server, "api": "chat" if does == "chats" else "completions"}
            outcome = here(project, f"{road}_{does}", settings)
            assert outcome.run.status == "complete", outcome.error
            found[road, does] = outcome.directory
    return found


def drifted(walked: dict[tuple[str, str], Path], road: str, does: str) -> Drift:
    both = compare(only_run(walked["huggingface", does]), only_run(walked[road, does]))
    assert both.drift is not None
    assert "drift: " in markdown(both)
    print(*(note for note in both.notes if note.startswith("drift")))  # with -s: the figures of benchmarks/
    assert (both.drift.n, both.drift.prompts) == (EXAMPLES, 0)
    return both.drift


OTHERS = [pytest.param("vllm", "weights", id="vllm"), pytest.param("openai", "name", id="server")]


@pytest.mark.parametrize(("road", "same"), OTHERS)
def test_options_are_as_likely_by_every_road_and_none_flips(walked, road, same):
    drift = drifted(walked, road, "compares")
    assert (drift.same, drift.predictions) == (same, 0)
    assert drift.largest is not None
    assert drift.largest < 1e-4


@pytest.mark.parametrize("does", ["writes", "chats"])
@pytest.mark.parametrize(("road", "same"), OTHERS)
def test_greedy_text_is_the_same_by_every_road(walked, road, same, does):
    drift = drifted(walked, road, does)
    assert (drift.same, drift.predictions, drift.texts) == (same, 0, 0)


def test_both_answers_are_given(walked):
    said = [record["prediction"] for record in records_of(walked["huggingface", "compares"])]
    assert set(said) == {"0", "1"}
