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

    @cached_property
    def last(self) -> Any:
        """The feed-forward part of the last layer, which no later place sees; None where it is not found."""
        if self.pair:
            return None
        count = getattr(self.model.config.get_text_config(), "num_hidden_layers", None)
        stacks = (part for part in self.model.modules() if isinstance(part, self.torch.nn.ModuleList))
        ends = (stack[-1] for stack in stacks if len(stack) == count)
        return next((end.mlp for end in ends if hasattr(end, "mlp")), None)

    def new_cache(self) -> Any:
        """Return an empty cache of keys and values."""
        return self.transformers.DynamicCache(config=self.model.config)

    def logits(self, rows: Sequence[int], columns: Sequence[int], **inputs: Any) -> Any:
        """Return the logits (N, V) at (rows[n], columns[n]) of the batch that `inputs` describe.

        The head and the last layer's feed-forward part, whose work would mostly be thrown away, see only
        these places. What a model does to its logits afterwards (scaling, soft caps) it does to them.
        """
        at = self.torch.tensor([list(rows), list(columns)], dtype=self.torch.long, device=self.device)
        of_all = inputs["decoder_input_ids" if self.pair else "input_ids"].shape
        with _only(self.model.get_output_embeddings(), at) as seen, _elsewhere_nothing(self.last, at, of_all):
            logits = self.model(**inputs).logits
        return (logits if seen else _places(logits, at))[0]

    def free(self) -> None:
        """Give back the memory that torch keeps for later."""
        free(self.torch, self.device)


def free(torch: Any, device: Any) -> None:
    """Give back the memory of a GPU that torch keeps for later; others have none."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


@contextmanager
def _elsewhere_nothing(part: Any, at: Any, shape: tuple[int, int]) -> Iterator[None]:
    """Let `part`, which treats each place for itself, compute the positions `at` (2, N) alone, 0 elsewhere.

    It does so where it is given the states of a whole batch (B, T, H) of this shape and nothing else.
    """
    picked: list[bool] = []

    def pick(_module: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if len(arguments) != 1 or arguments[0].shape[:-1] != shape:
            return None
        picked.append(True)
        return (_places(arguments[0], at),)

    def put_back(_module: Any, _arguments: tuple[Any, ...], found: Any) -> Any:
        if not picked:
            return None
        picked.pop()
        states, *others = found if isinstance(found, tuple) else (found,)  # experts say who was asked, too
        whole = states.new_zeros((*shape, states.shape[-1]))
        whole[tuple(at.to(states.device))] = states[0]
        return (whole, *others) if others else whole

    if part is None or 2 * at.shape[1] > shape[0] * shape[1]:
        yield  # little is left out
        return
    at = at if at.shape[1] else at.new_zeros((2, 1))  # nothing at all is what a quantised layer may not bear
    hooks = [part.register_forward_pre_hook(pick), part.register_forward_hook(put_back)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _only(head: Any, at: Any) -> Iterator[list[bool]]:
    """Let `head` see the hidden states at the positions `at` (2, N); the list says if it was asked."""
    seen: list[bool] = []

    def keep(_module: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        seen.append(True)
        return (_places(arguments[0], at), *arguments[1:])

    if head is None:
        yield seen
        return
    hook = head.register_forward_pre_hook(keep)
    try:
        yield seen
    finally:
        hook.remove()


def _places(states: Any, at: Any) -> Any:
    """Return (1, N, H), what states (B, T, H) hold at the positions `at` (2, N)."""
    return states[tuple(at.to(states.device))][None]
