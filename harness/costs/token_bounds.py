"""The most tokens that a request may read and write, known before it is asked.

A tokenizer that works on bytes never makes more tokens than there are bytes, so bytes are a bound that needs
no tokenizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.remote.replies import PER_MESSAGE, PER_PICTURE, PER_REQUEST
from harness.schema import CHOOSING, IMAGE, WRITTEN, Ask, ChooseBy, Decoding, Request
from harness.tasks.validation import WITHOUT_PROMPT


def text_of(request: Request) -> str:
    """Return what a system reads of a request as one text: its prompt, or the bare fields without one."""
    if request.ask in WITHOUT_PROMPT:
        fields = request.example.fields
        return "\n".join(str(value) for name, value in fields.items() if name != IMAGE)
    return request.prompt


def generates_text(ask: Ask, choose_by: ChooseBy) -> bool:
    """Return whether the answer is text that a model writes, not a likelihood or a vector."""
    return ask in WRITTEN or (ask in CHOOSING and choose_by != "logprobs")


def max_completion_tokens(decoding: Decoding, settings: Mapping[str, Any]) -> int | None:
    """Return the most tokens that one request may have written, thoughts included; None without a bound."""
    if decoding.max_tokens is None:
        return None
    return (decoding.max_tokens + int(settings.get("reasoning_headroom") or 0)) * (decoding.n or 1)


def max_prompt_tokens(request: Request, choose_by: ChooseBy) -> int:
    """Return the most prompt tokens that a request can be billed for.

    Where options are compared by log-probability, the prompt is read once alone and once before each of them;
    otherwise they may stand in a schema beside it.
    """
    options = [len(option.text.encode()) for option in request.options]
    size = len(text_of(request).encode()) + PER_REQUEST
    if request.ask not in WITHOUT_PROMPT:
        size += PER_MESSAGE * (2 + 2 * request.parts.exchanges)
    if request.ask in CHOOSING and choose_by == "logprobs":
        size *= len(options) + 1
    return size + 2 * sum(options) + (PER_PICTURE if IMAGE in request.example.fields else 0)
