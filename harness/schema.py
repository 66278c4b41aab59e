"""The nouns every layer shares: Example, Request, Response, Score; Adapter and Metric.

Plain slotted classes, not validated models: a run makes one of each per example, and a million
examples must stay cheap. What a *user* writes is validated in `tasks` and `backends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args

if TYPE_CHECKING:
    import numpy as np
    from _typeshed import DataclassInstance
    from numpy.typing import NDArray

Ask = Literal["generate", "choose", "score", "extract", "embed", "tag", "rate", "rank", "retrieve", "call"]
ASKS: tuple[Ask, ...] = get_args(Ask)
CHOOSING: tuple[Ask, ...] = ("choose", "rank")  # one of a few options: an answer, or the better of responses
# What a language model answers in text.
WRITTEN: tuple[Ask, ...] = ("generate", "extract", "tag", "rate", "call")
ChooseBy = Literal["logprobs", "structured", "extract"]
Message = dict[str, str]
Tool = Mapping[str, Any]  # `name`, `description`, and `parameters`, a JSON schema
Exchange = tuple[str, str]  # what was said in a conversation, and what was replied
IMAGE = "image"  # the field that holds a picture: the path of a file, or a data: URI
Span = tuple[int, int, str]  # start and end in characters, the end left out, and the type
Graded = tuple[str, int]  # a passage's id, and how relevant it is to a query: 1 and more is relevant
Scored = tuple[str, float]  # a passage's id, and the score that a retriever gave it
Target = str | tuple[str, ...] | tuple[Span, ...] | tuple[Graded, ...] | None
Prediction = str | float | tuple[Span, ...] | tuple[str, ...] | None


class Example(NamedTuple):
    """One row of data.

    `fields` are raw, under the task's names; `target` is a label, a text or a number as text, the
    references, or the spans. `meta` is known beside the input and no part of it: a subject, a topic.
    """

    id: str
    fields: Mapping[str, Any]
    target: Target = None
    cluster: str | None = None
    meta: Mapping[str, str] = {}

    @property
    def known(self) -> dict[str, Any]:
        """Return all that is known of the example by name: its fields, and what stands beside them."""
        return {**self.fields, **self.meta}


@dataclass(frozen=True, slots=True)
class Corpus:
    """The passages that `retrieve` looks through: `texts[i]` is the passage called `ids[i]`.

    `depth` is how many passages an answer lists at most. `sha256` is of ids and texts, in their order.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    depth: int = 100
    sha256: str = ""

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self.ids)


class Option(NamedTuple):
    """One answer an example may be given: the data's label, and the text a model reads and says.

    Where the text is only a mark (B, ②), `meaning` is the choice that it stands for.
    """

    label: str
    text: str
    meaning: str = ""

    @property
    def words(self) -> str:
        """Return the choice in words: what a mark stands for, or the text itself."""
        return self.meaning or self.text


@dataclass(frozen=True, slots=True)
class Decoding:
    """How text is drawn from a model, in one vocabulary; None means "not asked".

    `temperature` 0 is greedy. `max_tokens` counts new tokens, and so does `min_tokens`, before which no reply
    ends. No run of `no_repeat_ngram_size` tokens stands twice. With beams the log-probability is divided by
    the length to the power of `length_penalty`. `n` is the number of replies.
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
    min_tokens: int | None = None
    no_repeat_ngram_size: int | None = None
    length_penalty: float | None = None

    def asked(self) -> dict[str, Any]:
        """Return the keys that were asked for, in the vocabulary's order."""
        return {
            name: list(value) if name == "stop" else value
            for name, value in flat(self).items()
            if value is not None
        }


def flat(values: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass as they are, by name; `dataclasses.asdict` copies them deeply."""
    return {name: getattr(values, name) for name in _names(type(values))}


@lru_cache(maxsize=256)
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


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
    def history(self) -> tuple[Exchange, ...]:
        """Return what was said and replied before in this conversation; nothing, unless it goes on one."""
        return ()

    @property
    def exchanges(self) -> int:
        """Return how many pairs of messages may stand before the query: shots and earlier turns."""
        return len(self.turns) + len(self.history)

    @property
    def continued(self) -> str:
        """Return the conversation so far as one text, the query last."""
        if not self.history:
            return self.query
        said = "".join(f"{query}{self.delimiter}{reply}\n\n" for query, reply in self.history)
        return f"{said}{self.query}"

    @property
    def prompt(self) -> str:
        """Return the one text a base model continues; it ends before the delimiter."""
        head = f"{self.system}\n\n" if self.system else ""
        said = f"{self.instruction}\n" if self.instruction else ""
        return f"{head}{said}{''.join(self.shots)}{self.continued}"

    def messages(self, shots_as: str = "text", system_as: str = "system") -> list[Message]:
        """Return chat messages: all shots in the one user turn, or `turns` of their own.

        `system_as: user` puts the system text before what the first user turn says.
        """
        apart = self.system and system_as != "user"
        chat = [{"role": "system", "content": self.system}] if apart else []
        said = f"{self.instruction}\n" if self.instruction else ""
        if self.system and not apart:
            said = f"{self.system}\n\n{said}"
        if shots_as != "turns":
            said += "".join(self.shots)
        for query, answer in (*(self.turns if shots_as == "turns" else ()), *self.history):
            chat += [{"role": "user", "content": said + query}, {"role": "assistant", "content": answer}]
            said = ""
        return [*chat, {"role": "user", "content": said + self.query}]


@dataclass(frozen=True, slots=True)
class LaterTurn(Parts):
    """A prompt that goes on a conversation. A kind of its own: keys of single questions hold no history."""

    said: tuple[Exchange, ...] = ()

    @property
    def history(self) -> tuple[Exchange, ...]:
        """Return what was said and replied before."""
        return self.said


@dataclass(frozen=True, slots=True)
class WithTools(Parts):
    """A prompt that offers tools: to whoever reads text in the `system` text, to others in their own form.

    `own_system` is the system text without the tools. `talk` is the conversation so far as OpenAI writes it,
    calls and their results included, and `told` the same as text; both are empty where the query is all.
    """

    tools: tuple[Tool, ...] = ()
    own_system: str = ""
    talk: tuple[Mapping[str, Any], ...] = ()
    told: tuple[Message, ...] = ()

    @property
    def exchanges(self) -> int:
        """Return how many pairs of messages may stand before the query."""
        return len(self.turns) + len(self.told)

    @property
    def prompt(self) -> str:
        """Return the one text a base model continues, a paragraph a message; it ends before the delimiter."""
        if not self.told:
            return super(WithTools, self).prompt  # the class that slots made
        return "\n\n".join(filter(None, (self.system, *(one["content"] for one in self.told))))

    def messages(self, shots_as: str = "text", system_as: str = "system") -> list[Message]:
        """Return chat messages of plain text, the tools in the system text."""
        if not self.told:
            return super(WithTools, self).messages(shots_as, system_as)
        return _headed(self.system, self.told, system_as)

    def offered(self, shots_as: str = "text", system_as: str = "system") -> list[dict[str, Any]]:
        """Return chat messages for a system that is given the tools beside them."""
        if not self.talk:
            bare = Parts(
                *(self.query, self.delimiter, self.shots, self.turns, self.instruction, self.own_system)
            )
            return list(bare.messages(shots_as, system_as))
        return _headed(self.own_system, self.talk, system_as)


def _headed(system: str, talk: Sequence[Mapping[str, Any]], system_as: str) -> list[Any]:
    """Return messages with a system text before them, or before what their first one says."""
    if not system:
        return [dict(one) for one in talk]
    if system_as != "user":
        return [{"role": "system", "content": system}, *(dict(one) for one in talk)]
    first = {**talk[0], "content": f"{system}\n\n{talk[0]['content']}"}
    return [first, *(dict(one) for one in talk[1:])]


class Request:
    """What one example asks of an adapter: a prompt in parts, and the bare input beside it.

    The prompt is rendered when something first reads it, so a classical model never pays for ten
    shots. `sent` tells the journal which of the two the adapter really read.
    """

    __slots__ = (
        *("_captions", "_offered", "_parts", "_render", "_read_as"),
        *("ask", "bounds", "decoding", "example", "json_schema", "may_resend", "options", "repeat", "seed"),
    )

    def __init__(
        self,
        example: Example,
        render: Callable[[], Parts],
        *,
        captions: Callable[[], tuple[tuple[str, ...], ...]] | None = None,
        ask: Ask = "generate",
        options: tuple[Option, ...] = (),
        bounds: tuple[float, float] | None = None,
        json_schema: Mapping[str, Any] | None = None,
        decoding: Decoding = Decoding(),
        repeat: int = 0,
        seed: int = 0,
    ) -> None:
        """`render` is called at most once; `seed` is drawn from (run seed, example id, repeat).

        `bounds` are the least and the most that a rating may be, None where the task does not say.
        `json_schema` is what a reply should be valid under, where the task says one.
        `may_resend`, set by whoever keeps the account, is asked before a request is sent once more though
        the server may have billed it already.
        """
        self.example, self.ask, self.options, self.decoding = example, ask, options, decoding
        self.bounds, self.repeat, self.seed = bounds, repeat, seed
        self.json_schema = json_schema
        self._render, self._captions = render, captions
        self._parts: Parts | None = None
        self._read_as: tuple[str, str] | None = None
        self._offered = False
        self.may_resend: Callable[[], bool] | None = None

    def rendered_by(self, render: Callable[[], Parts]) -> Request:
        """Return the request with another prompt than its own, before anything has read that."""
        self._render = render
        return self

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
    def captions(self) -> tuple[tuple[str, ...], ...]:
        """Return each option's texts for comparing it with a picture; several are an ensemble."""
        if self._captions is not None:
            return self._captions()
        return tuple((option.words,) for option in self.options)

    @property
    def prompt(self) -> str:
        """Return the prompt as one text."""
        return self.parts.prompt

    def messages(self, shots_as: str = "text", system_as: str = "system") -> list[Message]:
        """Return the prompt as chat messages."""
        self._read_as = shots_as, system_as
        return self.parts.messages(shots_as, system_as)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Return the tools that it offers; none, unless it asks for calls."""
        return self.parts.tools if isinstance(self.parts, WithTools) else ()

    def offered(self, shots_as: str = "text", system_as: str = "system") -> list[dict[str, Any]]:
        """Return the prompt as chat messages beside which the adapter sends the tools in a form of its own.

        Calls and results of earlier turns are as OpenAI writes them: `tool_calls`, and the role `tool`.
        """
        parts = self.parts
        if not isinstance(parts, WithTools):
            return list(self.messages(shots_as, system_as))
        self._read_as, self._offered = (shots_as, system_as), True
        return parts.offered(shots_as, system_as)

    @property
    def offers(self) -> bool:
        """Return whether the tools were read beside the messages and not as text."""
        return self._offered

    @property
    def was_chat(self) -> bool:
        """Return whether the prompt was read as chat messages."""
        return self._read_as is not None

    @property
    def system_as(self) -> str:
        """Return where the system text stood in the chat messages that were read."""
        return self._read_as[1] if self._read_as else "system"

    def sent(self) -> dict[str, Any]:
        """Return what the adapter read, for the journal: `messages`, `prompt` or bare `fields`."""
        asked: dict[str, Any]
        if self._read_as is not None:
            asked = {"messages": self.messages(*self._read_as)}
            if self._offered:
                asked = {"messages": self.offered(*self._read_as), "tools": [dict(one) for one in self.tools]}
        elif self._parts is not None:
            asked = {"prompt": self._parts.prompt}
        else:
            asked = {"fields": dict(self.example.fields)}
            if IMAGE in asked["fields"]:
                asked["fields"][IMAGE] = _portable(asked["fields"][IMAGE])
        if self.options:
            asked["options"] = [option.text for option in self.options]
        if any(option.meaning for option in self.options):
            asked["choices"] = [option.meaning for option in self.options]
        # What a reply is read against, or a prompt is about, though it is not in the prompt's text.
        for name in ("context",) if self.ask == "tag" else (IMAGE,):
            if name in self.example.fields and "fields" not in asked:
                asked[name] = _portable(self.example.fields[name])
        if "context" in self.example.fields and not asked.keys() & {"fields", "context"}:
            asked |= _passage(str(self.example.fields["context"]), asked)
        return asked


def passage_of(asked: Mapping[str, Any]) -> str:
    """Return the passage that a recorded request is about, empty where it has none."""
    if (place := asked.get("context_at")) is not None:
        start, end = place
        return _last_text(asked)[start:end]
    return str(asked.get("context", asked.get("fields", {}).get("context", "")))


def _passage(text: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a passage stands in what was read, or the passage where it stands there otherwise."""
    start = _last_text(asked).rfind(text) if text else -1
    return {"context_at": [start, start + len(text)]} if start >= 0 else {"context": text}


def _last_text(asked: Mapping[str, Any]) -> str:
    """Return the prompt, of a chat the last text that is no system's."""
    said = [one["content"] or "" for one in asked.get("messages", ()) if one["role"] == "user"]
    return str(said[-1] if said else asked.get("prompt", ""))


def _portable(value: Any) -> Any:
    """Return the path of a file as any machine would call it, its folder and its name; others as they are."""
    if isinstance(value, str) and not value.startswith("data:") and PurePath(value).is_absolute():
        return "/".join(PurePath(value).parts[-2:])
    return value


@dataclass(slots=True)
class Usage:
    """Tokens of one response; None where nobody counted. `estimated` marks a local count.

    `cached_tokens` are among `prompt_tokens`, and `reasoning_tokens` among `completion_tokens`: all that was
    read, and all that was written and is billed. So OpenAI reports them; Gemini counts thoughts beside the
    candidates, and its adapter adds them.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


@dataclass(slots=True)
class Timing:
    """Seconds by the client's clock.

    `queue` is from ready to first sent; of a request that is tried again, `ttft` and `e2e` are those of the
    last try, from sent to the first content and to the last token. `wait` is what it was held back for
    between ready and the last try's sending: rate limits, and the pauses between tries.
    """

    queue: float | None = None
    ttft: float | None = None
    e2e: float | None = None
    wait: float | None = None


DROPPED = "dropped"  # the kind of failure of what was not sent, as the run was ending: nothing is kept of it


@dataclass(slots=True)
class Failure:
    """Why a request got no answer: infrastructure only, never a wrong or refused answer."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of running what a model wrote: a program against its tests, a query on its database.

    `outcome` is passed, failed (it ran, and is wrong), raised, timeout, memory, output, syntax, or sandbox:
    the last is infrastructure, no verdict. `error` is the traceback or the reason, `output` the first of
    what it printed, `seconds` of the wall clock; `program` marks what was run (a hash).
    """

    outcome: str
    error: str = ""
    output: str = ""
    seconds: float | None = None
    program: str = ""

    @property
    def passed(self) -> bool:
        """Return whether it was run and is right."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class Episode:
    """How it stands in a simulated world after a step: what its calls came to, and the world's state.

    `results` are of this step's calls in their order, each with `name`, `content` (what the system is told)
    and `kind`: done, refused (the method raised) or invalid (no such tool, or not its arguments). `steps`,
    `calls`, `refused` and `invalid` count from the episode's beginning. `end` is how it ended, which only the
    last of its possible steps says: answered (in words), unanswered (no reply to be read), max_steps.
    """

    results: Sequence[Mapping[str, str]] = ()
    state: Any = None
    steps: int = 0
    calls: int = 0
    refused: int = 0
    invalid: int = 0
    end: str | None = None


@dataclass(slots=True)
class Response:
    """What came back for one request: text, one score an option, a value, spans, or a failure.

    `option_scores` are log-probabilities (nats) in the order of the request's options. `value` is the
    one number that `score` (log-likelihood of the text in nats), `embed` (cosine) or `rate` asks for;
    `tokens` is how many tokens a log-likelihood sums over. `similarities` are the cosines of a picture
    and each option, which the scores were made of. `finish` is `stop`, `length`, `filtered`,
    `refused` or `too_long`; the last three are unanswered. `truncated` says that the prompt was cut to
    fit. `served` is the name that a server gives the model which answered. `label` is the option that a
    system decided for, where it says so and gives no scores: the option's text, its words or the data's
    label. `price` is what the answer cost, where that was recorded with it. `execution` is what came of
    running what it wrote, where the task has that run. `ranking` are passages that were found with their
    scores, in whatever order: the scores say which is first. `calls` are the tools that it called in a form
    of the engine's own, each `{"name": …, "arguments": {…}}`; arguments that are no JSON object stay the text
    that came. None where it called none so: a call may still stand in the text. `renamed` says which tools
    went under another name, name sent → the tool's own. `world` is how it stands in the simulated world that
    the calls were made in, where the task has one.
    """

    key: tuple[str, int]
    text: str | None = None
    option_scores: Sequence[float] | None = None
    value: float | None = None
    tokens: int | None = None
    spans: Sequence[Span] | None = None
    similarities: Sequence[float] | None = None
    finish: str | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    attempts: int = 1
    cached: bool = False
    truncated: bool = False
    error: Failure | None = None
    served: str | None = None
    label: str | None = None
    price: float | None = None
    execution: Execution | None = None
    ranking: Sequence[Scored] | None = None
    calls: Sequence[Mapping[str, Any]] | None = None
    renamed: Mapping[str, str] | None = None
    world: Episode | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What an adapter is told about the system it drives, and what it will be asked.

    `concurrency` is the most calls to keep in flight, None where the adapter may choose; `stream` says that
    the time to the first token is wanted; `task` names the task, empty where there is none.
    """

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
    ask: Ask = "choose"
    concurrency: int | None = None
    stream: bool = False
    task: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """What learning took: `seconds` of the original fit, also when its result was `reused`.

    `steps` are updates of the weights and `device` is where they were made; None for what has no steps.
    `cpu_seconds` are those of this process, all its threads; None where a part of them was another's.
    """

    seconds: float
    examples: int
    steps: int | None = None
    device: str | None = None
    reused: bool = False
    cpu_seconds: float | None = None


class TrainingStats(NamedTuple):
    """The steps of a fit, the device they were made on, and the seconds before it was stopped, if it was."""

    steps: int
    device: str
    earlier: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What a long fit is given to work with.

    `checkpoints` is a folder for this fit alone, which need not be there yet: what lies in it is of the same
    data, settings and seed, from a fit that was stopped, and it goes when the fit is kept. None keeps none.
    `watch(what, done, total, loss)` shows how far it is.
    """

    checkpoints: Path | None
    watch: Callable[[str, int, int, float], None]


Workshop, Took = TrainingContext, TrainingStats  # what wheels may know them as


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
        """Return the request that the example would make at test time, its prompt without shots."""

    def answer(self, example: Example) -> str:
        """Return the right answer as a model should say it: an option's text, the first reference."""


@dataclass(frozen=True)
class Metric:
    """One figure about a run: statistics of each example, and how they sum.

    `statistics(seen, target)` returns K floats; what is `seen` follows `reads`: the prediction
    (None when unanswered; a label, a text, a float for `rate` and `embed`, spans for `tag`, the passages' ids
    in their order for `retrieve`), the
    `choice` (the pair of prediction and number of options), the options' scores (None where there are
    none), the reply's text, the `execution` of what it wrote (None when unanswered), the `world` (an
    `Episode`, None where the task has no world), or the likelihood: the
    pair (log-likelihood in nats, number of tokens or None), None when unanswered.
    `aggregate(stats (N, K), weights (D, N))` returns (D,), one figure a weighting, and raises
    HarnessError for N = 0. A row of weight 2 is the row twice, and equal rows may be made one. It may be
    any callable; with `metrics.OfSums` and `metrics.Prepared` the bootstrap is quick. `interval` is
    `wilson` for the mean of 0/1 statistics, `bootstrap`, or `none`. A metric that says nothing of single
    examples has no statistics, K is 0, and `corpus(seen, targets)` in place of an aggregate: the figure
    of all examples at once. `prepare` loads what the first example would otherwise wait for. `reader` names
    the official reader whose prediction is judged in place of the task's own. `leaves_out` says that an
    example without what the metric reads has statistics of 0, which enter no sum.
    """

    name: str
    statistics: Callable[[Any, Any], tuple[float, ...]]
    aggregate: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    signature: str
    unit: str = "0-1"
    higher_is_better: bool = True
    interval: Literal["wilson", "bootstrap", "none"] = "bootstrap"
    reads: Literal["prediction", "choice", "scores", "text", "likelihood", "execution", "world"] = (
        "prediction"
    )
    reader: str | None = None
    corpus: Callable[[Sequence[Any], Sequence[Any]], float] | None = None
    prepare: Callable[[], object] | None = None
    leaves_out: bool = False


# Until an adapter had a base class, what it can do was said by protocols here.
_OF_ADAPTERS = (
    *("Adapter", "CountsTokens", "Drains", "Exports", "Identified", "Learner", "Loaded", "Neighbours"),
    *("Prepares", "SaysDecoding", "Trains"),
)


def __getattr__(name: str) -> Any:
    """Return the base class of adapters, under the name of any protocol that it replaced."""
    if name not in _OF_ADAPTERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("harness.adapters.base").Adapter
