"""What rows share is read once: the tree, the roads through it, and models of every kind of position."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness.adapters.hf import adapter as huggingface  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.lm.prefix_tree import tree  # noqa: E402
from harness.schema import Decoding, Example, Option, Parts, Profile, Request  # noqa: E402
from tests.support.tiny_models import query, review, tiny_tokenizer  # noqa: E402

OPTIONS = (Option("0", "부정"), Option("1", "정말 좋았다"), Option("2", "보다가 잤다는 말"))


@dataclass(frozen=True)
class Row:
    ids: tuple[int, ...]


def rows(*texts: str) -> list[Row]:
    return [Row(tuple(map(ord, text))) for text in texts]


def shape(nodes: Any) -> Any:
    return [("".join(map(chr, node.ids)), len(node.ends), shape(node.children)) for node in nodes]


# ---- the tree -------------------------------------------------------------------------------------


def test_what_rows_begin_with_is_a_node_of_its_own():
    assert shape(tree(rows("head:one", "head:two"))) == [
        ("head:", 0, [("one", 1, []), ("two", 1, [])]),
    ]


def test_questions_stand_under_a_head_and_options_under_questions():
    asked = rows("shots|why? yes", "shots|why? no.", "shots|who? me", "shots|who? you")
    ((head, _, questions),) = shape(tree(asked))
    assert head == "shots|wh"
    assert [question for question, _, _ in questions] == ["o? ", "y? "]


def test_a_row_that_begins_another_ends_in_the_others_parent():
    assert shape(tree(rows("long head", "long head and more"))) == [("long head", 1, [(" and more", 1, [])])]


def test_equal_rows_end_in_one_node():
    assert shape(tree(rows("same", "same"))) == [("same", 2, [])]


def test_what_saves_too_little_is_not_parted():
    assert shape(tree(rows("a" + "b" * 40, "a" + "c" * 40))) == [
        ("a" + "b" * 40, 1, []),
        ("a" + "c" * 40, 1, []),
    ]


def test_every_row_is_the_pieces_above_it_whatever_the_rows_are():
    rng = random.Random(7)
    given = [Row(tuple(rng.choices((1, 2), k=rng.randint(1, 9)))) for _ in range(200)]
    found: list[Row] = []

    def walk(nodes: Any, before: tuple[int, ...]) -> None:
        for node in nodes:
            assert node.start == len(before)
            ids = before + node.ids
            assert all(row.ids == ids for row in node.ends)
            found.extend(node.ends)
            walk(node.children, ids)

    walk(tree(given), ())
    assert sorted(row.ids for row in found) == sorted(row.ids for row in given)


# ---- the models -----------------------------------------------------------------------------------

SMALL = {
    **{"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "max_position_embeddings": 512, "initializer_range": 0.15},
}
BLOOM = {"hidden_size": 64, "n_layer": 2, "n_head": 4, "initializer_range": 0.15}
GPT2 = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512, "initializer_range": 0.15}
GEMMA = {**SMALL, "head_dim": 16, "sliding_window": 16, "query_pre_attn_scalar": 16}
KINDS = {
    "llama": ("LlamaConfig", SMALL, "packed"),
    "gpt2": ("GPT2Config", GPT2, "packed"),
    "bloom": ("BloomConfig", BLOOM, "levels"),
    "gemma2": ("Gemma2Config", GEMMA, "levels"),
    "exaone4": ("Exaone4Config", {**SMALL, "sliding_window": 16, "sliding_window_pattern": 4}, "levels"),
    "mamba": ("MambaConfig", {"hidden_size": 64, "num_hidden_layers": 2, "state_size": 8}, "plain"),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("models") / request.param
    tokenizer = tiny_tokenizer(bos=True)
    name, keys, _ = KINDS[request.param]
    torch.manual_seed(0)
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    config = getattr(transformers, name)(vocab_size=len(tokenizer), **ends, **keys)
    transformers.AutoModelForCausalLM.from_config(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return request.param, folder


def loaded(folder: Path, **settings: Any) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(folder), settings=settings))


def prompts() -> list[str]:
    """Return prompts of different lengths, most of them after the same head, longer than any window here."""
    rng = random.Random(1)
    head = "".join(f"문장: {review(rng)[0]}\n감정: 긍정\n" for _ in range(4))
    texts = [query(" ".join(review(rng)[0] for _ in range(n % 3 + 1))) for n in range(14)]
    return [text if n in (3, 8) else head + text for n, text in enumerate(texts)]


def requests(ask: Any, **keys: Any) -> list[Request]:
    options = OPTIONS if ask == "choose" else ()
    return [
        Request(Example(str(n), {}), lambda text=text: Parts(text), ask=ask, options=options, **keys)
        for n, text in enumerate(prompts())
    ]


def test_each_kind_takes_the_quickest_road_that_is_right_for_it(kind):
    name, folder = kind
    assert loaded(folder).reader.road == KINDS[name][2]


def test_shared_prefixes_give_the_figures_of_whole_rows(kind):
    _, folder = kind
    quick, whole = loaded(folder), loaded(folder, batch_size=1)
    whole.reader.road = "plain"
    found = {response.key: response.option_scores for response in quick.answer(requests("choose"))}
    assert len(found) == 14
    for response in whole.answer(requests("choose")):
        assert found[response.key] == pytest.approx(response.option_scores, abs=1e-4)


@pytest.mark.parametrize("tokens", [2048, 80], ids=["one_pass", "many_passes"])
def test_greedy_text_is_that_of_generate_alone(kind, tokens, monkeypatch):
    _, folder = kind
    monkeypatch.setattr(huggingface, "CPU", (tokens, 16_384))
    adapter = loaded(folder)
    decoding = Decoding(max_tokens=8)
    texts = {r.key[0]: r.text for r in adapter.answer(requests("generate", decoding=decoding))}
    model, tokenizer = adapter.engine.model, adapter.tokens.tokenizer
    for n, prompt in enumerate(prompts()[:6]):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        written = model.generate(ids, max_new_tokens=8, do_sample=False, eos_token_id=1, pad_token_id=2)
        assert texts[str(n)] == tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True)
