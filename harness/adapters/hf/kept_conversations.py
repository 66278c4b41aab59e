"""What a model has read of conversations, kept for their next turns: keys and values of each last turn.

The next turn's prompt repeats what was said before it, so that only what is new has to be read. How much is
the same is found in tokens: the longest common beginning of what was read and of the new prompt, since a chat
template may write a reply otherwise than the model did.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from harness.adapters.hf.forward_pass import PastKeyValues
from harness.adapters.lm.prefix_tree import common_length
from harness.adapters.lm.stopping import TokenPrompt

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Kept:
    ids: list[int]
    past: PastKeyValues  # of one row, without padding


class KeptConversations:
    """The last turns of conversations that may go on, as many as fit; the oldest are let go first."""

    def __init__(self, most: int) -> None:
        """`most` is how many tokens may be kept in all."""
        self.most, self.held = most, 0
        self._kept: dict[Key, _Kept] = {}

    def wants(self, prompt: TokenPrompt) -> bool:
        """Return whether a prompt belongs to a conversation, whose next turn may come."""
        return self.most > 0 and _key(prompt) is not None

    def keep(self, prompt: TokenPrompt, written: Sequence[int], past: PastKeyValues, row: int) -> None:
        """Keep what row `row` of `past` has read, which is the prompt and what was `written` behind it.

        What belongs to no conversation, and what alone would fill the room, is not kept.
        """
        key = _key(prompt)
        length = past.lengths[row]
        if key is None or length > self.most:
            return
        self._drop(key)
        ids = [*prompt.ids, *written][:length]
        while self.held + length > self.most:
            self._drop(next(iter(self._kept)))
        self._kept[key] = _Kept(ids, beginning(past, row, length))
        self.held += length

    def take(self, prompt: TokenPrompt) -> PastKeyValues | None:
        """Return what was read of the prompt's beginning, None where nothing was; it is kept no longer.

        At least the prompt's last token is left to read.
        """
        key = _key(prompt)
        known = None if key is None else self._drop(key)
        if known is None:
            return None
        length = min(common_length(known.ids, prompt.ids), len(prompt.ids) - 1)
        return beginning(known.past, 0, length) if length > 0 else None

    def forget(self) -> None:
        """Let go of all that is kept: memory is short."""
        self._kept.clear()
        self.held = 0

    def _drop(self, key: Key) -> _Kept | None:
        known = self._kept.pop(key, None)
        if known is not None:
            self.held -= len(known.ids)
        return known


def _key(prompt: TokenPrompt) -> Key | None:
    request = prompt.request
    conversation = request.example.meta.get("conversation")
    return None if conversation is None else (conversation, request.repeat)


def beginning(past: PastKeyValues, row: int, length: int) -> PastKeyValues:
    """Return a copy of the first `length` tokens that a row has read, alone and without padding."""
    places = past.mask[row].nonzero()[:length, 0]
    cache = copy.copy(past.cache)
    cache.layers = [copy.copy(layer) for layer in past.cache.layers]
    for layer in cache.layers:
        if layer.is_initialized:
            at = places.to(layer.keys.device)
            layer.keys = layer.keys[row : row + 1].index_select(2, at)
            layer.values = layer.values[row : row + 1].index_select(2, at)
    return PastKeyValues(cache, past.mask.new_ones((1, length)), [length])
