"""Requests in tokens, fitted into the context: whole shots are dropped first, then the left is cut."""

from __future__ import annotations

import sys
from typing import Protocol

from harness.adapters.fields import field_text
from harness.adapters.lm import likelihood
from harness.adapters.lm.errors import RequestError
from harness.adapters.lm.stopping import TokenPrompt
from harness.adapters.lm.tokenizer import Pair, Tokens
from harness.schema import Request
from harness.text.thoughts import opened_by

MAX_TOKENS = 32
CONTEXT = 2048  # of a text's window where the model names no limit: lm-evaluation-harness's default


class Context(Protocol):
    """How much a model reads at once; None where it names no limit. An encoder and decoder is a `pair`."""

    @property
    def context(self) -> int | None:
        """Return the longest input in tokens."""

    @property
    def pair(self) -> bool:
        """Return whether it is an encoder and a decoder."""


def passage(request: Request, tokens: Tokens, engine: Context) -> likelihood.Passage:
    """Return the request's text in windows of tokens."""
    ids, start = tokens.passage(field_text(request.example, "text"))
    return likelihood.Passage(request, likelihood.windows(ids, start, engine.context or CONTEXT))


def choice(request: Request, tokens: Tokens, engine: Context) -> likelihood.Choice:
    """Return the request's options in tokens, after as much of the prompt as fits.

    Raises:
        RequestError: there are no options, or one is longer than the context.
    """
    if not request.options:
        raise RequestError("no_options", "there is nothing to choose from")
    delimiter = "" if tokens.profile.chat else request.parts.delimiter
    continuations = [delimiter + option.text for option in request.options]
    for dropped, prompt in enumerate(tokens.prompts(request)):
        pairs = tokens.split(prompt, continuations, pair=engine.pair)
        room = _room(pairs, engine)
        if all(len(pair.prompt) <= room for pair in pairs):
            return likelihood.Choice(request, pairs, truncated=dropped > 0)
    if room < 1:
        raise RequestError("too_long", "an option is longer than the context")
    cut = [Pair(tokens.cut(pair.prompt, room), pair.option) for pair in pairs]
    return likelihood.Choice(request, cut, truncated=True)


def _room(pairs: list[Pair], engine: Context) -> int:
    """Return how many tokens of a prompt the context holds beside the longest option.

    The last token is predicted, never read, so it needs no place. An encoder's text stands alone.
    """
    if engine.context is None:
        return sys.maxsize
    longest = max(len(pair.option) for pair in pairs)
    if engine.pair:
        return engine.context if longest <= engine.context else 0
    return engine.context + 1 - longest


def prompt(request: Request, tokens: Tokens, engine: Context, headroom: int) -> TokenPrompt:
    """Return the prompt in tokens, as much of it as fits.

    The context keeps room for `max_tokens` new tokens and the `headroom` of a thought, but never more than
    half of it.
    """
    new, context = (request.decoding.max_tokens or MAX_TOKENS) + headroom, engine.context
    room = sys.maxsize if context is None else context if engine.pair else max(context - new, context // 2)
    for dropped, text in enumerate(tokens.prompts(request)):
        ids = tokens.of(text)
        truncated = dropped > 0 or len(ids) > room
        if len(ids) <= room:
            break
    ids = tokens.cut(ids, room)
    if context is not None:
        new = min(new, context - (1 if engine.pair else len(ids)))
    return TokenPrompt(request, ids, new, truncated, opened=opened_by(text), chat=tokens.profile.chat)
