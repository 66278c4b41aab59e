"""What a line of `samples.jsonl` says, as types: one request, what came back, and how it was judged.

The lines have the version of the `run.json` beside them. What was asked is kept as it was sent, a mapping, so
that a page or a resumed run says it again byte for byte; all else has a type of its own. A line is written as
a plain mapping (`journal.Journal`): a hundred thousand of them are, and a test holds that it has these keys.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads typing's from Python 3.12 on

from harness.records.run_schema import Part

Amount = float | bool | None  # of a third party's metric, which may say yes or no; NaN is null in JSON


def whole(numbers: list[Amount] | None) -> list[float] | None:
    """Return numbers of which none is missing, None where one is or there are none."""
    found = [number for number in numbers or () if number is not None]
    return found if numbers is not None and len(found) == len(numbers) else None


class RecordedMessage(TypedDict, total=False):
    """One message of a chat; of a chat with tools, also calls and their results as OpenAI writes them."""

    role: Required[Annotated[str, Field(description="`system`, `user`, `assistant` or `tool`")]]
    content: Required[Annotated[str | None, Field(description="its text; null beside calls alone")]]
    tool_calls: Annotated[list[Any], Field(description="calls that it makes")]
    tool_call_id: Annotated[str, Field(description="the call whose result it is")]
    name: Annotated[str, Field(description="the tool whose result it is")]


class RecordedRequest(TypedDict, total=False):
    """What the adapter read: a prompt, or messages, or the bare fields."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]

    prompt: Annotated[str, Field(description="the prompt as one text")]
    messages: Annotated[list[RecordedMessage], Field(description="the prompt as a chat")]
    fields: Annotated[
        dict[str, Any], Field(description="the example's fields, of a system that reads no prompt")
    ]
    options: Annotated[list[str], Field(description="what to choose among, as it is said")]
    choices: Annotated[list[str], Field(description="what an example's own options mean")]
    continuations: Annotated[
        list[str], Field(description="what another harness scored after the prompt, byte for byte")
    ]
    context: Annotated[str, Field(description="the text that is tagged, where the prompt does not hold it")]
    context_at: Annotated[
        list[int],
        Field(
            description="where the passage begins and ends in the prompt, or in the chat's last user message"
        ),
    ]
    image: Annotated[Any, Field(description="the picture that is asked about")]
    tools: Annotated[
        list[Any], Field(description="tools sent beside the messages; none here where they were sent as text")
    ]


class RecordedUsage(Part):
    """Tokens of one reply."""

    prompt_tokens: int | None = Field(default=None, description="tokens read")
    cached_tokens: int | None = Field(default=None, description="of these, read from the engine's cache")
    completion_tokens: int | None = Field(default=None, description="tokens written")
    reasoning_tokens: int | None = Field(default=None, description="of these, thoughts")
    estimated: bool = Field(default=False, description="whether they were counted here and not by the engine")


class RecordedTiming(Part):
    """Seconds by the client's clock."""

    queue: float | None = Field(default=None, description="from ready to first sent, s")
    ttft: float | None = Field(default=None, description="from sent to the first content, s")
    e2e: float | None = Field(default=None, description="from sent to the last token, s")
    wait: float | None = Field(
        default=None, description="held back by rate limits and pauses between tries, s"
    )


class RecordedError(Part):
    """Why a request got no reply: infrastructure, never a wrong or refused answer."""

    kind: str = Field(description="kind of failure: `timeout`, `bad_request`, …")
    message: str = Field(default="", description="what was said of it")


class RecordedEpisode(Part):
    """How it stands in a simulated world after a step."""

    results: list[dict[str, str]] = Field(
        default=[],
        description="what each call of the step came to: `name`, `content`, and `kind`: `done`, `refused` "
        "or `invalid`",
    )
    state: Any = Field(default=None, description="the world's state after the step")
    steps: int = Field(default=0, description="replies so far")
    calls: int = Field(default=0, description="calls so far")
    refused: int = Field(default=0, description="of these, calls whose method raised")
    invalid: int = Field(default=0, description="of these, calls of no tool or with other arguments")
    end: str | None = Field(
        default=None,
        description="how the episode ended, said by its last possible step: `answered`, `unanswered` or "
        "`max_steps`",
    )


class RecordedResponse(Part):
    """What came back. Keys that only some asks have are left out of the lines of all others."""

    text: str | None = Field(default=None, description="the reply; null where no text was asked for")
    option_scores: list[Amount] | None = Field(
        default=None, description="log-probability of each option, nats"
    )
    value: Amount = Field(default=None, description="log-likelihood (nats), cosine or rating")
    tokens: Amount = Field(default=None, description="tokens that a log-likelihood sums over")
    spans: list[Any] | None = Field(default=None, description="[start, end, type] of each entity")
    similarities: list[Amount] | None = Field(default=None, description="cosine of a picture and each option")
    ranking: list[Any] | None = Field(default=None, description="[id, score] of each passage found")
    served: str | None = Field(default=None, description="model that the server says answered")
    label: str | None = Field(
        default=None, description="option that a system decided for and told no scores of"
    )
    price: float | None = Field(default=None, description="what a recorded answer cost")
    calls: list[Any] | None = Field(
        default=None, description="tools called in a form of the engine's own: name and arguments"
    )
    renamed: dict[str, str] | None = Field(
        default=None, description="tools sent under another name: that name → the tool's own"
    )
    world: RecordedEpisode | None = Field(
        default=None, description="what the calls did, of a task with a simulated world"
    )
    finish: str | None = Field(
        default=None,
        description="`stop`, `length`, `filtered`, `refused` or `too_long`; `ended`: a step not needed",
    )
    usage: RecordedUsage | None = Field(default=None, description="tokens; null where nobody counted")
    timing_s: RecordedTiming | None = Field(default=None, description="times; null where nothing was timed")
    attempts: Amount = Field(default=None, description="times that it was sent")
    cached: bool = Field(default=False, description="whether the answer cache gave it")
    truncated: bool = Field(default=False, description="whether the prompt was cut to fit")
    error: RecordedError | None = Field(description="why there is no reply; null where there is one")

    @property
    def shown(self) -> str | None:
        """Return the reply as people read it: its text, a line for each call; None where it has neither."""
        lines = [json.dumps(one, ensure_ascii=False) for one in self.calls or ()]
        return "\n".join(filter(None, (self.text, *lines))) if lines else self.text


class RecordedExecution(Part):
    """What came of running what a model wrote."""

    outcome: str = Field(
        description="`passed`, `failed`, `raised`, `timeout`, `memory`, `output` or `syntax`"
    )
    error: str = Field(default="", description="the traceback, or the limit that was passed")
    output: str = Field(default="", description="the first of what it printed")
    seconds: float | None = Field(default=None, description="how long it ran, by the wall clock")
    program: str = Field(default="", description="mark of what was run: a hash of program and tests")


class RecordedPassages(Part):
    """The passages that a question was asked with."""

    ids: list[str] = Field(description="their ids, the best first: the start of their texts' SHA-256")
    answer: bool = Field(description="whether a right answer stands in one of them, letter by letter")
    own: bool = Field(description="whether the question's own passage is among them")
    sources: list[str | None] | None = Field(
        default=None,
        description="passage that each sentence of a written answer comes from, by rule; null: none",
    )


class Record(Part):
    """One request of a run, answered or failed."""

    id: str = Field(description="id of the example")
    repeat: int = Field(ge=0, description="which of the times it was asked, from 0")
    request: RecordedRequest | None = Field(default=None, description="what the adapter read")
    response: RecordedResponse = Field(description="what came back")
    prediction: Any = Field(description="the answer in it; null where it is unanswered or failed")
    target: Any = Field(description="the right answer")
    scores: dict[str, list[Amount]] | None = Field(description="metric → statistics; null of what failed")
    official: dict[str, Any] | None = Field(default=None, description="official reader → its own answer")
    execution: RecordedExecution | None = Field(
        default=None, description="what came of running it, where the task has that run"
    )
    cluster: str | None = Field(
        default=None, description="what is resampled with it: an article, a conversation"
    )
    foreign: dict[str, float] | None = Field(
        default=None, description="score → what another harness gave, of an imported run"
    )
    groups: dict[str, str] | None = Field(default=None, description="field → group, for figures by group")
    passages: RecordedPassages | None = Field(
        default=None, description="passages that it was asked with, where that was chosen"
    )

    @property
    def key(self) -> tuple[str, int]:
        """Return (id, repeat)."""
        return self.id, self.repeat

    @property
    def failed(self) -> bool:
        """Return whether the request got no reply."""
        return self.response.error is not None

    @property
    def named(self) -> str:
        """Return id and repeat as a message names them."""
        return f"{self.id!r}" + (f", repeat {self.repeat}" if self.repeat else "")
