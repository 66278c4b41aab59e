"""One reply as it grows, token by token: when it ends, what it says, and how much of it was thought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.adapters.lm.errors import TimeSpan
from harness.adapters.lm.tokenizer import Tokens
from harness.schema import Failure, Request, Response, Timing, Usage
from harness.text.thoughts import answer_start, ended_thoughts, first_stop


class GeneratedReply(NamedTuple):
    """A row's text, why it ended, its new tokens, and how many of them are a thought (None without one)."""

    text: str
    finish: str
    tokens: int
    thought: int | None


@dataclass(slots=True, eq=False)
class TokenPrompt:
    """A request for text, in tokens; `new` is the most tokens it may be given.

    `opened` is the mark of a thought that the prompt ends with, as some chat templates do. In a `chat`, a
    stop string that ends a base model's line of answer leaves alone what only announces one.
    """

    request: Request
    ids: list[int]
    new: int
    truncated: bool
    opened: str = ""
    chat: bool = False

    def response(self, reply: GeneratedReply | Failure, span: TimeSpan) -> Response:
        """Return the reply with its counts; an example's time is its batch's."""
        timing = Timing(e2e=span[1] - span[0])
        if isinstance(reply, Failure):
            return Response(self.request.key, error=reply, timing=timing, truncated=self.truncated)
        usage = Usage(
            prompt_tokens=len(self.ids), completion_tokens=reply.tokens, reasoning_tokens=reply.thought
        )
        return Response(
            self.request.key,
            text=reply.text,
            finish=reply.finish,
            usage=usage,
            timing=timing,
            truncated=self.truncated,
        )


@dataclass(slots=True, eq=False)
class OpenReply:
    """The reply to one prompt, ended by an end token, by a stop string, or by its limit of tokens.

    A stop string may begin in one token and end in another, and is none within a thought, nor in the
    blanks after it. One that is a special token ends like an end token.
    """

    prompt: TokenPrompt
    tokens: Tokens
    ends: frozenset[int]
    ids: list[int] = field(default_factory=list)
    ended: bool = False
    stops: Sequence[str] = ()
    marks: frozenset[int] = frozenset()
    tail: int = 0

    def __post_init__(self) -> None:
        added = self.tokens.added()
        self.stops = [stop for stop in self.prompt.request.decoding.stop or () if stop]
        self.marks = frozenset(added[stop] for stop in self.stops if stop in added)
        # A token has a byte or more, so this many of the last ones hold any stop string.
        self.tail = max((len(stop.encode()) for stop in self.stops), default=0) + 4

    def take(self, token: int) -> bool:
        """Add a token, and return whether the reply ends with it."""
        self.ids.append(token)
        self.ended = token in self.ends or len(self.ids) >= self.prompt.new or self._stopped()
        return self.ended

    def whole(self, ids: Iterable[int]) -> GeneratedReply:
        """Return the reply that `ids` are, cut where it would have ended."""
        for token in ids:
            if self.ended or self.take(token):
                break
        return self.reply()

    def reply(self) -> GeneratedReply:
        """Return the text before its first stop string; the end token counts as a token."""
        end = next((n for n, token in enumerate(self.ids) if token in self.ends), None)
        if end is None and self.ids and self.ids[-1] in self.marks and self._stopped():
            end = len(self.ids) - 1
        text = self.tokens.text(self.ids[:end])
        at = self._stop(text)
        cut = text[:at]
        # So that what follows is known for a thought wherever it is read.
        cut = f"{self.prompt.opened}{cut}"
        finish = "length" if end is None and at is None else "stop"
        return GeneratedReply(cut, finish, len(self.ids), self._thought(text))

    def _stopped(self) -> bool:
        if not self.stops:
            return False
        if self.ids[-1] in self.marks:
            return answer_start(self.tokens.text(self.ids[:-1]), self.prompt.opened) is not None
        last = self.tokens.text(self.ids[-self.tail :])
        return any(stop in last for stop in self.stops) and self._stop(self.tokens.text(self.ids)) is not None

    def _stop(self, text: str) -> int | None:
        """Return where the first stop string of the answer begins, None if there is none."""
        return first_stop(text, self.stops, opened=self.prompt.opened, chat=self.prompt.chat)

    def _thought(self, text: str) -> int | None:
        """Return how many tokens the thoughts take, their end included; None where there is none."""
        start = answer_start(text, self.prompt.opened)
        if start is None:
            return len(self.ids)
        ends = ended_thoughts(text[:start])
        if not ends:
            return None
        low, high = 0, len(self.ids)  # the last end stands in the first `high` tokens, not in the first `low`
        while high - low > 1:
            middle = (low + high) // 2
            held = ended_thoughts(self.tokens.text(self.ids[:middle])) >= ends
            low, high = (low, middle) if held else (middle, high)
        return high
