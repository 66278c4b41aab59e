"""The same figures as lm-evaluation-harness, example by example, on real reviews and questions."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval", reason="lm_eval is not installed; run `tox -e peer`")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.evaluation.grid import plans  # noqa: E402
from harness.options.running import RunOptions  # noqa: E402
from harness.schema import Profile, Request  # noqa: E402
from tests.support.tiny_models import tiny_llama, tiny_t5  # noqa: E402

DATA = os.environ.get("HARNESS_DATA")
TASKS = {"nsmc_fewshot": 150, "kobest_copa": 80, "kobest_sentineg": 80}  # 310 examples

pytestmark = pytest.mark.skipif(not DATA, reason="HARNESS_DATA names no data")


@pytest.fixture(scope="module", params=["llama", "llama with BOS", "encoder-decoder"])
def folder(request, tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("peer") / "model"
    if request.param == "encoder-decoder":
        return tiny_t5(home)
    return tiny_llama(home, bos="BOS" in request.param, context=1024)


@pytest.fixture(scope="module")
def ours(folder) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(folder), settings={"device": "cpu"}))


@pytest.fixture(scope="module")
def peer(folder) -> Any:
    return HFLM(pretrained=str(folder), dtype="float32", device="cpu", batch_size=8, max_length=1024)


def asked(task: str, count: int, ask: str = "choose") -> list[Request]:
    options = RunOptions(task, "dummy", ask=ask, data_dir=str(DATA), limit=count)
    ((plan,), _) = plans(options, lambda _message: None)
    prompts = plan.prompts()
    return [prompts.request(example) for example in itertools.islice(plan.material.evaluated(), count)]


@pytest.mark.parametrize("task", TASKS)
def test_every_log_probability_is_the_peers(ours, peer, task):
    requests = asked(task, TASKS[task])
    pairs = [(r.prompt, r.parts.delimiter + option.text) for r in requests for option in r.options]
    theirs = iter(peer.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in pairs]))
    responses = {response.key: response for response in ours.answer(iter(requests))}
    assert len(responses) == TASKS[task]
    for request in requests:
        mine = responses[request.key].option_scores
        assert mine == pytest.approx([next(theirs)[0] for _ in request.options], abs=1e-4)


@pytest.mark.parametrize("task", ["nsmc_fewshot", "kobest_copa"])
def test_greedy_text_is_the_peers(ours, peer, task):
    requests = asked(task, 24, "generate")
    how = {"until": ["좋"], "max_gen_toks": 16, "do_sample": False}
    theirs = peer.generate_until([Instance("generate_until", {}, (r.prompt, how), 0) for r in requests])
    for request in requests:
        request.decoding = type(request.decoding)(max_tokens=16, stop=("좋",))
    responses = {response.key: response.text for response in ours.answer(iter(requests))}
    mine = [responses[request.key] for request in requests]
    if ours.engine.pair:  # the peer adds the encoder's tokens to the decoder's limit
        theirs = [text[: len(own)] for text, own in zip(theirs, mine, strict=True)]
    assert mine == theirs
    assert len(set(theirs)) > 1
