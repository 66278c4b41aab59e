"""A loaded model, what it can do, and its logits at the positions that are asked for, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# Their forward takes no `position_ids`, and counts from the mask: padding may stand anywhere.
COUNTS_FROM_MASK = ("bloom",)


@dataclass
class Engine:
    """A model on its device, in evaluation mode.

    `context` is the longest input in tokens, None where the model names no limit; `ends` are the
    tokens that end a text; `structure` is what its directory says a decoder must begin and end with.
    """

    torch: Any
    transformers: Any
    model: Any
    device: Any
    context: int | None
    ends: frozenset[int]
    structure: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of what the model's forward takes."""
        return frozenset(inspect.signature(self.model.forward).parameters)

    @cached_property
    def pair(self) -> bool:
        """Whether it is an encoder and a decoder."""
        return bool(getattr(self.model.config, "is_encoder_decoder", False))

    @cached_property
    def cache_name(self) -> str | None:
        """What the model calls the keys and values of what it has read; None where it takes none."""
        return next((name for name in ("past_key_values", "cache") if name in self.parameters), None)

    @cached_property
    def shares(self) -> bool:
        """Whether one text's keys and values can stand before many: declared, and not yet tried.

        A recurrent state cannot go on past padding, nor can what takes places in the cache for positions.
        """
        model = self.model
        stateful = getattr(model, "_is_stateful", False) or self.pair
        counts = "position_ids" in self.parameters or model.config.model_type in COUNTS_FROM_MASK
        if stateful or not counts or self.cache_name is None:
            return False
        utils = self.transformers.cache_utils
        known = {utils.DynamicLayer, utils.DynamicSlidingWindowLayer}
        return {type(layer) for layer in self.new_cache().layers} <= known

    @cached_property
    def slides(self) -> bool:
        """Whether some layers see a window of the last places in the cache: no padding may be there."""
        return any(getattr(layer, "is_sliding", False) for layer in self.new_cache().layers)

    @cached_property
    def token_bytes(self) -> int | None:
        """The bytes of one token's keys and values; None where the configuration has no words for them."""
        config = self.model.config.get_text_config()
        layers, heads, width = (
            getattr(config, name, None)
            for name in ("num_hidden_layers", "num_attention_heads", "hidden_size")
        )
        if not (layers and heads and width):
            return None
        size = getattr(config, "head_dim", None) or width // heads
        kept = getattr(config, "num_key_value_heads", None) or heads
        return int(2 * layers * kept * size * self.model.dtype.itemsize)

    @cached_property
    def packs(self) -> bool:
        """Whether a row may hold texts side by side, told apart by mask and positions: not yet tried."""
        kind = getattr(self.model.config, "_attn_implementation", None)
        placed = "position_ids" in self.parameters and kind in ("sdpa", "eager")
        return self.shares and placed and not self.slides

    def new_cache(self) -> Any:
        """Return an empty cache of keys and values."""
        return self.transformers.DynamicCache(config=self.model.config)

    def logits(self, rows: Sequence[int], columns: Sequence[int], **inputs: Any) -> Any:
        """Return the logits (N, V) at (rows[n], columns[n]) of the batch that `inputs` describe.

        The head, most of whose work would be thrown away, sees only these hidden states. What a model does to
        its logits afterwards (scaling, soft caps) it does to them.
        """
        at = self.torch.tensor([list(rows), list(columns)], dtype=self.torch.long, device=self.device)
        with _only(self.model.get_output_embeddings(), at) as seen:
            logits = self.model(**inputs).logits
        return logits[0] if seen else logits[tuple(at.to(logits.device))]

    def free(self) -> None:
        """Give back the memory that torch keeps for later."""
        free(self.torch, self.device)


def free(torch: Any, device: Any) -> None:
    """Give back the memory of a GPU that torch keeps for later; others have none."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


@contextmanager
def _only(head: Any, at: Any) -> Iterator[list[bool]]:
    """Let `head` see the hidden states at the positions `at` (2, N); the list says if it was asked."""
    seen: list[bool] = []

    def keep(_module: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        seen.append(True)
        rows, columns = at.to(arguments[0].device)
        return (arguments[0][rows, columns][None], *arguments[1:])  # (B, T, H) → (1, N, H)

    if head is None:
        yield seen
        return
    hook = head.register_forward_pre_hook(keep)
    try:
        yield seen
    finally:
        hook.remove()
