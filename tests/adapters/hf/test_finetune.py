"""Models of transformers fine-tuned on the train split: tiny random ones here, the same code for any."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from harness.adapters.hf.finetune import FineTuned
from harness.errors import BadInput, Unavailable
from harness.schema import Example, Profile, TrainingContext
from tests.support.division import shared_model
from tests.support.lessons import Task, options
from tests.support.tiny_models import tiny_encoder, tiny_llama

TASK = Task("choose", options("부정", "긍정"))
TEXTS = ("정말 지루하다", "정말 재미있다")
TRAIN = [Example(f"t{n}", {"document": f"{TEXTS[n % 2]} {n}"}, str(n % 2)) for n in range(20)]
QUICK = {"epochs": 15, "learning_rate": 3e-3, "batch_rows": 10, "device": "cpu"}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return shared_model(tmp_path_factory, tiny_encoder, head=True)


def made(model, **settings):
    return FineTuned(
        Profile("tuned", "finetune", model=str(model), settings={**QUICK, **settings}, offline=True)
    )


@pytest.fixture(scope="module")
def tuned(encoder):
    adapter = made(encoder)
    adapter.fit(TRAIN, TASK)
    return adapter


def scores(adapter, examples=TRAIN):
    return [r.option_scores for r in adapter.answer(map(TASK.request, examples))]


def chosen(adapter):
    return [str(row.index(max(row))) for row in map(list, scores(adapter))]


def test_an_encoder_learns_twenty_texts_by_heart(tuned):
    assert chosen(tuned) == [example.target for example in TRAIN]
    assert tuned.took().steps == 30


def test_a_text_that_is_cut_says_so(encoder):
    adapter = made(encoder, max_tokens=9, epochs=0.1)
    adapter.fit(TRAIN, TASK)
    tokens = adapter.model.tokenizer("다" * 8)["input_ids"]
    assert len(tokens) == 9  # with the one that every text begins with
    asked = [Example(str(n), {"document": "다" * n}, "0") for n in (7, 8, 9)]
    assert [r.truncated for r in adapter.answer(map(TASK.request, asked))] == [False, False, True]


def test_what_was_saved_says_the_same(tuned, encoder, tmp_path):
    tuned.save(tmp_path)
    again = made(encoder)
    again.load(tmp_path)
    for mine, other in zip(scores(tuned), scores(again), strict=True):
        assert other == pytest.approx(mine, abs=1e-5)


def test_fitting_prints_none_of_transformers_own_dicts(encoder, capfd):
    made(encoder, epochs=0.1).fit(TRAIN, TASK)
    assert capfd.readouterr().out == ""


def test_the_same_seed_learns_the_same(encoder):
    one, other = made(encoder, epochs=1), made(encoder, epochs=1)
    for adapter in (one, other):
        adapter.fit(TRAIN, TASK)
    assert scores(one) == scores(other)


def test_a_causal_model_without_a_padding_token_is_tuned_too(tmp_path):
    adapter = made(tiny_llama(tmp_path, pad=False), epochs=1)
    adapter.fit(TRAIN, TASK)
    (alone,) = scores(adapter, TRAIN[:1])
    assert alone == pytest.approx(scores(adapter)[0], abs=1e-4)


def test_lora_learns_by_heart_and_is_merged(encoder):
    pytest.importorskip("peft")
    adapter = made(encoder, lora=8, learning_rate=2e-2)
    adapter.fit(TRAIN, TASK)
    assert chosen(adapter) == [example.target for example in TRAIN]
    assert not any("lora" in name for name, _ in adapter.model.network.named_parameters())


class Killed(Exception):
    pass


def test_a_killed_tuning_goes_on_from_its_checkpoint(encoder, tmp_path):
    seen = []

    def watch(_what, done, _total, _loss):
        seen.append(done)
        if len(seen) == 2:
            raise Killed

    for _ in range(2):
        adapter = made(encoder)
        adapter.equip(TrainingContext(tmp_path / "kept", watch))
        try:
            adapter.fit(TRAIN, TASK)
        except Killed:
            continue
    assert seen == [10, 20, 20, 30]  # not from 10 again
    assert chosen(adapter) == [example.target for example in TRAIN]


def test_a_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Unavailable, match="no model directory"):
        made(tmp_path / "nowhere").identity()


def test_a_setting_out_of_range_is_said(encoder):
    with pytest.raises(BadInput, match="epochs 0: must be above 0"):
        made(encoder, epochs=0)
