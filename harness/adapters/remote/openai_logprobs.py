"""Log-probabilities of options and texts, from a server that echoes a prompt with those of its tokens.

An option's tokens are those that `prompt + option` has beyond the number of the prompt's own, as the server
counts both: lm-evaluation-harness's convention. Where one merges into the prompt's last token, all are those
from before that on, if the server tells its tokens. Blanks at the prompt's end belong to the option.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.adapters.fields import field_text
from harness.adapters.lm.prefix_tree import common_length
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.replies import at, count
from harness.errors import Unavailable
from harness.schema import Request, Response, Usage

# One token is written beside, as some servers write none for no money; it is not looked at.
ECHO = {"echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}


@dataclass(frozen=True, slots=True)
class Echo:
    """A text's tokens as log-probabilities in nats; None for the first, which nothing stands before."""

    logprobs: list[float | None]
    model: str | None
    tokens: list[str] | None = None  # None where the server does not tell them

    def after(self, first: int) -> list[float]:
        """Return the log-probabilities of the tokens from `first` on that have one."""
        return [value for value in self.logprobs[first:] if value is not None]


Ask = Callable[[str], Awaitable[Echo]]


def read(reply: Mapping[str, Any]) -> Echo:
    """Return what a server echoed.

    Raises:
        Unavailable: it echoed nothing: it does not know how.
        Fault: the reply makes no sense.
    """
    values = at(reply, "choices", 0, "logprobs", "token_logprobs")
    if values is None:
        raise Unavailable(
            "the server tells no log-probabilities of a prompt; ask with choose_by: structured or extract"
        )
    length = count(at(reply, "usage", "prompt_tokens"))
    if length is None or not isinstance(values, list) or len(values) < length:
        raise Fault("malformed", "the echoed tokens are not as many as the server counted")
    kept = values[:length]
    if any(not isinstance(value, (int, float)) for value in kept[1:]):
        raise Fault("malformed", "an echoed token has no log-probability")
    tokens = at(reply, "choices", 0, "logprobs", "tokens")
    told = isinstance(tokens, list) and len(tokens) >= length and all(isinstance(one, str) for one in tokens)
    return Echo(kept, reply.get("model"), tokens[:length] if told else None)


async def compare(request: Request, ask: Ask, normalise: Literal["none", "tokens", "bytes"]) -> Response:
    """Return each option's log-probability after the prompt, divided by its tokens or bytes if asked.

    Raises:
        Fault: there is no option, or nothing to put one after.
    """
    whole = request.prompt
    prompt = whole.rstrip()
    if not prompt or not request.options:
        raise Fault("bad_request", "there is no prompt, or nothing to choose from")
    before = await ask(prompt)
    delimiter = whole[len(prompt) :] + request.parts.delimiter
    echoes = [await ask(prompt + delimiter + option.text) for option in request.options]
    place = min(_parted(before, echo) for echo in echoes)
    scores, read_tokens = [], len(before.logprobs)
    for option, echo in zip(request.options, echoes, strict=True):
        found = echo.after(place)
        if not found:
            raise Fault("bad_request", f"the option {option.text!r} adds no token to the prompt")
        sizes = {"none": 1, "tokens": len(found), "bytes": len(option.text.encode()) or 1}
        scores.append(sum(found) / sizes[normalise])
        read_tokens += len(echo.logprobs)
    counted = Usage(prompt_tokens=read_tokens, completion_tokens=len(request.options) + 1)
    return Response(request.key, option_scores=scores, finish="stop", usage=counted, served=before.model)


def _parted(before: Echo, echo: Echo) -> int:
    """Return how many tokens a prompt and its continuation begin with alike: all of the prompt's, most often.

    Where the option merges into the prompt's last token, all options are compared from before that.
    """
    if before.tokens is None or echo.tokens is None:
        return len(before.logprobs)
    return common_length(before.tokens, echo.tokens)


async def score(request: Request, ask: Ask) -> Response:
    """Return the log-likelihood of the example's text, without a first token that nothing stands before."""
    text = field_text(request.example, "text")
    if not text:
        return Response(request.key, value=0.0, tokens=0, finish="stop")
    echo = await ask(text)
    found = echo.after(0)
    counted = Usage(prompt_tokens=len(echo.logprobs), completion_tokens=1)
    return Response(
        request.key, value=sum(found), tokens=len(found), finish="stop", usage=counted, served=echo.model
    )
