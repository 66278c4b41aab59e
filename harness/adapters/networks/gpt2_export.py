"""Our GPT written as a GPT-2 of transformers: the same numbers under other names, some of them transposed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(network: Any, tokeniser: Any, folder: Path) -> None:
    """Write model and tokenizer into `folder`, as `from_pretrained` reads them."""
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

    from harness.models.tokenizers import BOS, EOS, PAD, SPECIAL

    model = GPT2LMHeadModel(_config(network))
    absent, surplus = model.load_state_dict(_weights(network), strict=False)
    # The output matrix is the input's, and masks are made, not learnt.
    assert not surplus
    assert all(name == "lm_head.weight" or name.endswith(".attn.bias") for name in absent)
    model.tie_weights()
    model.eval().save_pretrained(folder)
    names = {"bos_token": SPECIAL[BOS], "eos_token": SPECIAL[EOS], "pad_token": SPECIAL[PAD]}
    PreTrainedTokenizerFast(tokenizer_object=tokeniser.tokenizer, **names).save_pretrained(folder)


def _config(network: Any) -> Any:
    from transformers import GPT2Config

    from harness.models.tokenizers import BOS, EOS, PAD

    vocabulary, d = network.tokens.weight.shape
    return GPT2Config(
        vocab_size=vocabulary,
        n_positions=network.context,
        n_embd=d,
        n_layer=len(network.blocks),
        n_head=network.blocks[0].attention.heads,
        activation_function="gelu_new",  # the tanh approximation
        bos_token_id=BOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
    )


def _weights(network: Any) -> Mapping[str, Any]:
    """Return GPT-2's names → ours. Its `Conv1D` is a linear layer that keeps its matrix (in, out)."""
    import torch

    found = {
        "transformer.wte.weight": network.tokens.weight,
        "transformer.wpe.weight": network.positions.weight,
    }
    norms = {"transformer.ln_f": network.norm}
    linear: dict[str, Any] = {}
    for number, block in enumerate(network.blocks):
        at, look = f"transformer.h.{number}", block.attention
        norms |= {f"{at}.ln_1": block.norm1, f"{at}.ln_2": block.norm2}
        parts = (look.query, look.key, look.value)
        found[f"{at}.attn.c_attn.weight"] = torch.cat([part.weight.T for part in parts], 1)  # (d, 3 d)
        found[f"{at}.attn.c_attn.bias"] = torch.cat([part.bias for part in parts])
        linear |= {
            f"{at}.attn.c_proj": look.out,
            f"{at}.mlp.c_fc": block.feed_forward.inner,
            f"{at}.mlp.c_proj": block.feed_forward.out,
        }
    for name, norm in norms.items():
        found |= {f"{name}.weight": norm.weight, f"{name}.bias": norm.bias}
    for name, layer in linear.items():
        found |= {f"{name}.weight": layer.weight.T, f"{name}.bias": layer.bias}
    return {name: value.detach().cpu().contiguous() for name, value in found.items()}
