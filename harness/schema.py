"""The nouns every layer shares: Example, Request, Response, Score; Adapter and Metric.

Plain slotted classes, not validated models: a run makes one of each per example, and a million
examples must stay cheap. What a *user* writes is validated in `tasks` and `backends`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Ask = Literal["generate", "choose", "score", "extract", "embed", "tag", "rate", "rank"]
ASKS: tuple[Ask, ...] = get_args(Ask)
ChooseBy = Literal["logprobs", "structured", "extract"]
Message = dict[str, str]


class Example(NamedTuple):
    """One row of data.

    `fields` are raw, under the task's names; `target` is a label, a text, or the references.
    """

    id: str
    fields: Mapping[str, Any]
    target: str | tuple[str, ...] | None = None
    cluster: str | None = None


class Option(NamedTuple):
    """One answer an example may be given: the data's label, and the text a model reads and says."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How text is drawn from a model, in one vocabulary; None means "not asked".

    `temperature` 0 is greedy. `max_tokens` counts new tokens. `n` is the number of replies.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    beams: int | None = None
    repetition_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    n: int | None = None

    def asked(self) -> dict[str, Any]:
        """Return the keys that were asked for, in the vocabulary's order."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: list(v) if k == "stop" else v for k, v in values.items() if v is not None}


@dataclass(frozen=True, slots=True)
class Parts:
    """A prompt before it is joined. `shots` are whole, answers included; each may be dropped.

    `instruction` says how to answer (답은 ‘긍정’ 또는 ‘부정’ 중 하나만 쓰세요.); it is empty where options
    are compared by log-probability. `delimiter` stands between a query and its answer.
    """

    query: str
    delimiter: str = " "
    shots: tuple[str, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    instruction: str = ""
    system: str = ""

    @property
    def prompt(self) -> str:
        """Return the one text a base model continues; it ends before the delimiter."""
        head = f"{self.system}\n\n" if self.system else ""
        said = f"{self.instruction}\n" if self.instruction else ""
        return f"{head}{said}{''.join(self.shots)}{self.query}"

    def messages(self, shots_as: str = "text") -> list[Message]:
        """Return chat messages: all shots in the one user turn, or `turns` of their own."""
        chat = [{"role": "system", "content": self.system}] if self.system else []
        said = f"{self.instruction}\n" if self.instruction else ""
        if shots_as != "turns":
            return [*chat, {"role": "user", "content": f"{said}{''.join(self.shots)}{self.query}"}]
        for query, answer in self.turns:
            chat += [{"role": "user", "content": said + query}, {"role": "assistant", "content": answer}]
            said = ""
        return [*chat, {"role": "user", "content": said + self.query}]


class Request:
    """What one example asks of an adapter: a prompt in parts, and the bare input beside it.

    The prompt is rendered when something first reads it, so a classical model never pays for ten
    shots. `sent` tells the journal which of the two the adapter really read.
    """

    __slots__ = ("_parts", "_render", "_shots_as", "ask", "decoding", "example", "options", "repeat", "seed")

    def __init__(
        self,
        example: Example,
        render: Callable[[], Parts],
        *,
        ask: Ask = "generate",
        options: tuple[Option, ...] = (),
        decoding: Decoding = Decoding(),
        repeat: int = 0,
        seed: int = 0,
    ) -> None:
        """`render` is called at most once; `seed` is drawn from (run seed, example id, repeat)."""
        self.example, self.ask, self.options, self.decoding = example, ask, options, decoding
        self.repeat, self.seed = repeat, seed
        self._render = render
        self._parts: Parts | None = None
        self._shots_as: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Return (example id, repeat), which a Response must name."""
        return self.example.id, self.repeat

    @property
    def parts(self) -> Parts:
        """Return the prompt's parts, rendering them on the first read."""
        if self._parts is None:
            self._parts = self._render()
        return self._parts

    @property
    def prompt(self) -> str:
        """Return the prompt as one text."""
        return self.parts.prompt

    def messages(self, shots_as: str = "text") -> list[Message]:
        """Return the prompt as chat messages."""
        self._shots_as = shots_as
        return self.parts.messages(shots_as)

    def sent(self) -> dict[str, Any]:
        """Return what the adapter read, for the journal: `messages`, `prompt` or bare `fields`."""
        asked: dict[str, Any]
        if self._shots_as is not None:
            asked = {"messages": self.messages(self._shots_as)}
        elif self._parts is not None:
            asked = {"prompt": self._parts.prompt}
        else:
            asked = {"fields": dict(self.example.fields)}
        if self.options:
            asked["options"] = [option.text for option in self.options]
        return asked


@dataclass(slots=True)
class Usage:
    """Tokens of one response; None where nobody counted. `estimated` marks a local count."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


@dataclass(slots=True)
class Timing:
    """Seconds by the client's clock: ready → sent, sent → first content, sent → last token."""

    queue: float | None = None
    ttft: float | None = None
    e2e: float | None = None


@dataclass(slots=True)
class Failure:
    """Why a request got no answer: infrastructure only, never a wrong or refused answer."""

    kind: str
    message: str


@dataclass(slots=True)
class Response:
    """What came back for one request: text, or one score an option, or a failure.

    `option_scores` are log-probabilities (nats) in the order of the request's options. `finish`
    is `stop`, `length`, `filtered`, `refused` or `too_long`; the last three are unanswered.
    `truncated` says that the prompt was cut to fit.
    """

    key: tuple[str, int]
    text: str | None = None
    option_scores: Sequence[float] | None = None
    finish: str | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    attempts: int = 1
    cached: bool = False
    truncated: bool = False
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What an adapter is told about the system it drives."""

    name: str
    adapter: str
    model: str | None = None
    revision: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    chat: bool = False
    shots_as: str = "text"
    normalise: Literal["none", "tokens", "bytes"] = "none"
    choose_by: ChooseBy = "logprobs"
    trust_remote_code: bool = False
    offline: bool = False
    seed: int = 1234


@dataclass(frozen=True, slots=True)
class Fit:
    """What learning took: `seconds` of the original fit, also when its result was `reused`."""

    seconds: float
    examples: int
    reused: bool = False


class FitTask(Protocol):
    """The task as a learner sees it."""

    @property
    def name(self) -> str:
        """The task's name."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The options' labels in order; empty for a task without options."""

    def text(self, example: Example) -> str:
        """Return the bare input as one text, uncleaned."""

    def request(self, example: Example) -> Request:
        """Return the request that the example would make at test time."""


@runtime_checkable
class Adapter(Protocol):
    """The code that drives one kind of engine. Constructed as `adapter(profile)`."""

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in any order, as they finish.

        The source never blocks; None means "nothing now, ask again after a completion". Pull as
        many requests as the engine likes. Raise `Unavailable` when nothing can be answered.
        """

    def close(self) -> None:
        """Let go of the engine at once. Called once, also after an error."""


@runtime_checkable
class Learner(Protocol):
    """An adapter that is fitted on the train split before it answers."""

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split."""

    def save(self, folder: Path) -> None:
        """Write what was learnt into the empty `folder`."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""


@runtime_checkable
class CountsTokens(Protocol):
    """An adapter that knows its tokenizer."""

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""


@runtime_checkable
class Prepares(Protocol):
    """An adapter that has something to load, which is no part of answering."""

    def prepare(self) -> None:
        """Load what answering needs. Called before the clock of the answers starts, if any are asked."""


@runtime_checkable
class Identified(Protocol):
    """An adapter that can say which weights it would run."""

    def identity(self) -> Mapping[str, Any]:
        """Return the resolved revision or the weights' hash, without loading them."""


@dataclass(frozen=True)
class Metric:
    """One figure about a run: statistics of each example, and how they sum.

    `statistics(seen, target)` returns K floats; what is `seen` follows `reads`: the prediction
    (None when unanswered), the options' scores (None where there are none) or the reply's text.
    `aggregate(stats (N, K), weights (D, N))` returns (D,), one figure a weighting, and raises
    HarnessError for N = 0. `interval` is `wilson` for the mean of 0/1 statistics, `bootstrap`, or
    `none`.
    """

    name: str
    statistics: Callable[[Any, Any], tuple[float, ...]]
    aggregate: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    signature: str
    unit: str = "0-1"
    higher_is_better: bool = True
    interval: Literal["wilson", "bootstrap", "none"] = "bootstrap"
    reads: Literal["prediction", "scores", "text"] = "prediction"
