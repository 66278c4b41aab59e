"""A model's logits are computed where they are asked for, and are those of its whole forward."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="a local model needs torch")
transformers = pytest.importorskip("transformers", reason="a local model needs transformers")

from harness.adapters.hf.engine import Engine  # noqa: E402

VOCABULARY, ROWS, WIDTH = 60, 3, 12
SIZES = {
    **{"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "max_position_embeddings": 64, "initializer_range": 0.2},
}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "initializer_range": 0.2}
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
# The places that the last layer's feed-forward part sees of three that are asked for; it is not always found.
ASKED, ALL, UNKNOWN = [3], [ROWS * WIDTH], []
KINDS = {
    "LlamaConfig": (SIZES, ASKED),
    "Qwen3Config": ({**SIZES, "head_dim": 8}, ASKED),
    "Gemma2Config": ({**SIZES, "head_dim": 8, "query_pre_attn_scalar": 8}, ASKED),
    "Gemma3TextConfig": ({**SIZES, "head_dim": 8, "query_pre_attn_scalar": 8}, ASKED),
    "Exaone4Config": ({**SIZES, "sliding_window": 16, "sliding_window_pattern": 4}, ASKED),
    "Olmo2Config": (SIZES, ASKED),
    "PhiConfig": (SIZES, ASKED),
    "GPTNeoXConfig": (SIZES, ASKED),
    "GPT2Config": (GPT, ASKED),
    "GPTJConfig": ({**GPT, "rotary_dim": 4}, ASKED),
    "MixtralConfig": ({**SIZES, **EXPERTS}, ASKED),
    "Qwen3MoeConfig": ({**SIZES, **EXPERTS, "head_dim": 8}, ASKED),
    "GptOssConfig": ({**SIZES, **EXPERTS, "head_dim": 8}, ASKED),
    "BloomConfig": ({"hidden_size": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.2}, ALL),
    "OPTConfig": ({**SIZES, "ffn_dim": 48, "word_embed_proj_dim": 32}, UNKNOWN),
    "MambaConfig": ({"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8}, UNKNOWN),
}


@pytest.fixture(scope="module", params=KINDS)
def engine(request) -> Engine:
    sizes, _ = KINDS[request.param]
    torch.manual_seed(0)
    config = getattr(transformers, request.param)(
        vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=1, pad_token_id=2, **sizes
    )
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    return Engine(torch, transformers, model, torch.device("cpu"), 64, frozenset({1}))


@pytest.fixture(scope="module")
def ids():
    return torch.randint(3, VOCABULARY, (ROWS, WIDTH), generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
@pytest.mark.parametrize(
    "at",
    [
        ((0, 1, 2), (11, 5, 8)),
        ((2, 0, 2), (3, 11, 3)),
        (tuple(range(ROWS)) * WIDTH, tuple(column for column in range(WIDTH) for _ in range(ROWS))),
    ],
    ids=["one_a_row", "one_twice", "all"],
)
def test_they_are_those_of_the_whole_forward(engine, ids, at):
    found = engine.logits(*at, input_ids=ids)
    assert torch.allclose(found, engine.model(input_ids=ids).logits[at], atol=1e-5)


@torch.inference_mode()
def test_nothing_may_be_asked_for(engine, ids):
    assert engine.logits((), (), input_ids=ids).shape == (0, VOCABULARY)


@torch.inference_mode()
def test_the_last_feed_forward_part_sees_what_is_asked_for(engine, ids):
    expected = KINDS[type(engine.model.config).__name__][1]
    seen = []
    if engine.last is not None:
        engine.last.register_forward_hook(lambda _, given, found: seen.append(given[0].shape[:2].numel()))
    engine.logits((0, 1, 2), (11, 5, 8), input_ids=ids)
    assert seen == expected


@torch.inference_mode()
def test_the_model_is_as_it_was_afterwards(engine, ids):
    before = engine.model(input_ids=ids).logits
    engine.logits((0,), (0,), input_ids=ids)
    assert torch.equal(engine.model(input_ids=ids).logits, before)
