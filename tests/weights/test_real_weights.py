"""Real weights give the figures that were published, and those of the libraries they were made for.

`tox -e weights` downloads 267 MB once, as `benchmarks.weights` says.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("sentence_transformers", reason="run `tox -e weights`")
pytest.importorskip("gguf", reason="run `tox -e weights`")

from benchmarks import weights, weights_peers

DATA = os.environ.get("HARNESS_DATA")

pytestmark = pytest.mark.skipif(not DATA, reason="HARNESS_DATA names no data")


@pytest.fixture(scope="module")
def data() -> Path:
    return Path(str(DATA))


@pytest.fixture(scope="module")
def e5() -> Path:
    try:
        return weights.path(weights.E5)
    except weights.Absent as absent:
        pytest.skip(str(absent))


def test_minilm_has_the_figure_that_mteb_publishes(data):
    found = weights_peers.similarity(weights.MINILM, "stsbenchmark", data)
    assert found.pairs == 1379
    assert found.spearman == pytest.approx(0.82032, abs=1e-5)
    assert found.distance < 1e-4


@pytest.mark.parametrize("task", weights_peers.SIMILARITY[weights.E5])
def test_e5_has_the_vectors_of_sentence_transformers(e5, data, task):
    assert weights_peers.similarity(weights.E5, task, data).distance < 1e-4


@pytest.mark.parametrize("task", weights_peers.SIMILARITY[weights.E5])
def test_e5_has_the_vectors_of_the_engine_that_its_file_was_written_for(e5, data, task):
    """The engine rounds activations to eight bits, which a sentence in thousands feels more than others."""
    sentences, lowest, mean, other = weights_peers.like_the_engine(task, data)
    assert sentences > 900
    assert other < sentences / 1000
    assert mean >= 0.9998
    assert lowest >= 0.9997


@pytest.mark.parametrize("task", weights_peers.EXAMPLES)
def test_smollm2_has_the_log_probabilities_of_transformers_alone(data, task):
    examples, distance = weights_peers.options_distance(task, data)
    assert examples == weights_peers.EXAMPLES[task]
    assert distance < 1e-4


@pytest.mark.parametrize("task", weights_peers.EXAMPLES)
def test_smollm2_has_the_log_probabilities_of_lm_evaluation_harness(data, task):
    pytest.importorskip("lm_eval", reason="run `tox -e weights`")
    _, distance = weights_peers.peer_distance(task, data)
    assert distance < 1e-4


def test_smollm2_writes_what_transformers_alone_writes(data):
    assert weights_peers.texts_that_differ("sst2", data) == (weights_peers.WRITTEN, 0)
