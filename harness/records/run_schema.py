"""What `run.json` says, as types: every key is declared here once, with its meaning and its default.

A key that an older version did not write has its default; one that a later version wrote is kept as it is
when the file is written again. A file that somebody else has changed is no run where a key has another type.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_validator,
)

SCHEMA_VERSION = 2

# The statuses of a run.
RUNNING: Final = "running"
COMPLETE: Final = "complete"
PARTIAL: Final = "partial"
FAILED: Final = "failed"
Status = Literal["running", "complete", "partial", "failed"]

Count = Annotated[int, Field(ge=0, lt=2**53)]
Whole = Annotated[int, Field(gt=-(2**53), lt=2**53)]
Number = Annotated[float, Field(allow_inf_nan=False)]


def _is_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Moment = Annotated[str, AfterValidator(_is_moment)]


class Part(BaseModel):
    """A mapping of which some keys are known; others are kept as they are."""

    model_config = ConfigDict(
        extra="allow", strict=True, protected_namespaces=(), validate_by_name=True, validate_by_alias=True
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the plain values, as JSON has them: what nobody wrote stays absent."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def keep_unknown(self, earlier: Part) -> None:
        """Take over the keys of an earlier state of this part that this version does not know."""
        for name, value in (earlier.model_extra or {}).items():
            if name not in (self.model_extra or {}):
                setattr(self, name, value)
        for name in type(self).model_fields:
            ours, theirs = getattr(self, name), getattr(earlier, name)
            if isinstance(ours, Part) and isinstance(theirs, Part):
                ours.keep_unknown(theirs)


class ShotsInfo(Part):
    """How worked examples were put before a question."""

    k: Count = Field(default=0, description="worked examples in a prompt")
    from_: str | None = Field(
        default=None,
        validation_alias="from",
        serialization_alias="from",
        description="split they are drawn from",
    )
    draw: str | None = Field(default=None, description="`per_example`, or `fixed` for all examples")


class TaskInfo(Part):
    """The task, as far as a table of runs needs it; `task.yaml` beside it has all of it."""

    name: str = Field(description="its name")
    version: Whole = Field(description="its version; a change of the task makes another")
    sha256: str | None = Field(
        default=None, description="hash of `task.yaml` as resolved; null while scores are nobody's"
    )
    ask: str | None = Field(default=None, description="what is asked: `choose`, `generate`, `score`, …")
    template: str | None = Field(default=None, description="name of the prompt template")
    shots: ShotsInfo | None = Field(default=None, description="worked examples in the prompt")
    split: str = Field(description="the split that is evaluated")
    n: Count = Field(default=0, description="examples that are evaluated")
    limit: Count | Number | None = Field(
        description="first so many examples, or a share of them; null for all"
    )
    repeat: Annotated[int, Field(ge=1, lt=2**31)] = Field(
        default=1, description="times that each example is asked"
    )
    perturb: str | None = Field(
        default=None, description="how its inputs were perturbed; absent where they were not"
    )
    context: str | None = Field(
        default=None,
        description="passages that it was asked with: `closed`, `gold`, or retriever and k; "
        "absent where that was not chosen",
    )
    tags: list[str] = Field(description="the task's tags")


class BackendInfo(Part):
    """The system under test; `backend.yaml` beside it has all of it."""

    name: str = Field(description="name of the profile")
    adapter: str = Field(default="", description="the code that drives it")
    model: str | None = Field(default=None, description="name or folder of the model")
    revision: str | None = Field(default=None, description="resolved revision of the weights")
    identity: dict[str, Any] | None = Field(
        default=None, description="what tells its weights or its server from others"
    )
    parameters: Number | None = Field(default=None, description="number of parameters, where it is known")
    kind: str | None = Field(description="`classical`, `neural`, `base`, `instruct`, …")
    licence: str | None = Field(default=None, description="licence of the weights")
    settings: dict[str, Any] | None = Field(default=None, description="the adapter's settings, keys left out")
    concurrency: Any = Field(default=None, description="most calls in flight at a time")
    engine: dict[str, Any] | None = Field(
        default=None, description="what the engine said of itself once it was loaded"
    )


class DecodingInfo(Part):
    """How text was decoded."""

    asked: dict[str, Any] = Field(
        default_factory=dict, description="decoding that was asked for, in the harness's vocabulary"
    )
    sent: dict[str, Any] | None = Field(
        default=None, description="what the engine was told, in its own words"
    )
    applied_here: list[str] = Field(
        default_factory=list, description="what of it was done here and not by the engine"
    )


class FilesInfo(Part):
    """Where a part of the data set's files is missing, or is not as its authors published it."""

    expected: Count = Field(default=0, description="files that the task's addresses have")
    found: Count = Field(default=0, description="files of these that are here")
    missing: list[str] = Field(default_factory=list, description="names of the others")
    altered: list[str] = Field(
        default_factory=list, description="names of files that are not the authors', by their hash"
    )


class DataInfo(Part):
    """The data that was evaluated."""

    source: str | None = Field(default=None, description="where it was found")
    sample: bool = Field(description="whether it is the small sample that the task ships")
    revision: str | None = Field(default=None, description="revision of a data set of a hub")
    sha256: dict[str, str] = Field(description="hash of the files of each split that was read")
    rows: Count | None = Field(default=None, description="examples evaluated")
    files: FilesInfo | None = Field(
        default=None, description="what of the files is missing or altered; absent if all is there"
    )
    leaked: Count | None = Field(
        default=None, description="evaluated examples whose input is in the train split too"
    )
    dropped_from_train: Count | None = Field(
        default=None, description="training rows left out for that (`--dedupe-train`)"
    )


class HardwareInfo(Part):
    """The machine that the run was made on."""

    cpu: str | None = Field(default=None, description="name of the processor")
    cores: Count | None = Field(default=None, description="its logical cores")
    memory_gib: Number | None = Field(default=None, description="main memory, GiB")


class EnvironmentInfo(Part):
    """What the run was made with."""

    harness: str | None = Field(default=None, description="version of the harness")
    python: str | None = Field(default=None, description="version of Python")
    platform: str | None = Field(default=None, description="operating system")
    packages: dict[str, str] = Field(
        default_factory=dict, description="versions of the packages that can change an answer"
    )
    git: str | None = Field(default=None, description="commit of the folder that the run was started in")
    hardware: HardwareInfo | None = Field(default=None, description="the machine")


class EnergyInfo(Part):
    """Energy that was measured."""

    joules: Number | None = Field(default=None, description="energy, J")
    co2_g: Number | None = Field(default=None, description="carbon dioxide, g")
    examples: Count = Field(default=0, description="examples answered meanwhile")
    method: str | None = Field(default=None, description="how it was measured or estimated")


class SessionInfo(Part):
    """One stretch of a run in one process; a resumed run has several."""

    started: Moment | None = Field(default=None, description="when it began, ISO 8601 in UTC")
    finished: Moment | None = Field(
        default=None, description="when its inference ended; null where it was killed"
    )
    seconds: Number = Field(default=0.0, description="seconds of inference; 0 where it was killed")
    cpu_seconds: Number | None = Field(
        default=None, description="CPU seconds of this process meanwhile, all its threads; null where unknown"
    )
    requests: Count = Field(default=0, description="requests that ended, cached and failed ones too")
    failed: Count = Field(default=0, description="requests that failed")
    answered: Count = Field(default=0, description="requests that were answered and not by a cache")
    output_tokens: Count = Field(default=0, description="tokens of those answers")
    energy: EnergyInfo | None = Field(
        default=None, description="energy of the session, where it was measured"
    )


class GroupResult(Part):
    """A metric over the examples of one group, or its mean over groups."""

    value: Number | None = Field(default=None, description="the figure; null where it is undefined")
    ci_low: Number | None = Field(default=None, description="lower end of the 95 % interval")
    ci_high: Number | None = Field(default=None, description="upper end of the 95 % interval")
    stderr: Number | None = Field(default=None, description="standard error")
    n: Count | None = Field(default=None, description="examples in the group; absent from a mean over groups")
    groups: Count | None = Field(default=None, description="groups that a mean is over")


class MetricResult(Part):
    """A metric over all examples of a run."""

    value: Number | None = Field(description="the figure; null where it is undefined")
    ci_low: Number | None = Field(description="lower end of the 95 % interval; null where there is none")
    ci_high: Number | None = Field(description="upper end of the 95 % interval; null where there is none")
    stderr: Number | None = Field(default=None, description="standard error, in the metric's unit")
    n: Count = Field(description="examples it is over: answered and unanswered, not failed")
    units: Count | None = Field(
        default=None, description="clusters that were resampled; absent where each example is one"
    )
    unit: str = Field(description="`0-1`, `0-100`, `bits`, …")
    higher_is_better: bool = Field(description="direction")
    signature: str = Field(description="what fixes the figure: name, version, normalisation, n")

    def over(self, group: GroupResult) -> MetricResult:
        """Return the result of the same metric over a group, or the mean of its groups."""
        return self.model_copy(update=group.to_dict())


class Counts(Part):
    """How the examples ended."""

    examples: Count = Field(default=0, description="examples (times repeats) that ended")
    answered: Count = Field(default=0, description="replies with an answer in them")
    unanswered: Count = Field(default=0, description="replies without one: refusals, filters, nothing found")
    failed: Count = Field(default=0, description="requests without a reply; they enter no metric")
    cached: Count = Field(default=0, description="replies that the answer cache gave")
    truncated: Count = Field(default=0, description="prompts that were cut to fit")


class UsageTotals(Part):
    """Tokens of all replies."""

    prompt_tokens: Count | None = Field(default=None, description="tokens read")
    cached_tokens: Count | None = Field(default=None, description="of these, read from the engine's cache")
    completion_tokens: Count | None = Field(default=None, description="tokens written")
    reasoning_tokens: Count | None = Field(default=None, description="of these, thoughts")


class LatencySummary(Part):
    """Seconds over the successful requests that no cache answered."""

    p50: Number | None = Field(default=None, description="median, s")
    p90: Number | None = Field(default=None, description="90th percentile, s")
    p95: Number | None = Field(default=None, description="95th percentile, s")
    p99: Number | None = Field(default=None, description="99th percentile, s")
    mean: Number | None = Field(default=None, description="mean, s")
    n: Count = Field(default=0, description="requests measured")


class ThroughputSummary(Part):
    """Rates over the seconds of inference."""

    examples_per_s: Number | None = Field(default=None, description="examples answered a second")
    output_tokens_per_s: Number | None = Field(default=None, description="tokens written a second")
    cpu_ms_per_example: Number | None = Field(
        default=None, description="CPU milliseconds of this process an example answered, judging counted in"
    )


class CostSummary(Part):
    """What the answers cost."""

    currency: str | None = Field(default=None, description="currency of the amounts, `USD` or `KRW`")
    total: Number | None = Field(
        default=None, description="at list price, cached answers too; null where unknown"
    )
    paid: Number | None = Field(default=None, description="without what the cache gave")
    retried: Number | None = Field(default=None, description="what failed, was billed, and was asked again")
    unaccounted: Number | None = Field(
        default=None, description="most that requests of unknown fate may have cost"
    )
    unaccounted_requests: Count | None = Field(default=None, description="number of these requests")
    responses_without_usage: Count | None = Field(
        default=None, description="answers that tell no usage; they are in no sum"
    )
    estimated: Count | None = Field(default=None, description="answers whose tokens were counted here")
    per_1k_examples: Number | None = Field(default=None, description="cost of a thousand examples")
    per_correct: Number | None = Field(default=None, description="cost of a right answer")
    price_source: str | None = Field(default=None, description="where the price is from")
    price_date: str | None = Field(default=None, description="day of the price")


class BudgetInfo(Part):
    """What `--max-cost` allowed."""

    limit: str | None = Field(default=None, description="amount and currency")
    usd_krw: Number | None = Field(default=None, description="won a dollar, where a rate was stated")
    usd_krw_date: str | None = Field(default=None, description="day of that rate")


class GoodputSummary(Part):
    """Requests that kept to every bound on their time."""

    slo: dict[str, Number] = Field(default_factory=dict, description="time → most seconds")
    share: Number | None = Field(
        default=None, description="share of the requests that met all bounds, 0 to 1"
    )
    requests_per_s: Number | None = Field(default=None, description="as many requests a second")
    n: Count = Field(default=0, description="requests judged")
    unmeasured: Count = Field(default=0, description="requests that have no such time")


class FitInfo(Part):
    """What a fitted system's learning took."""

    seconds: Number = Field(default=0.0, description="seconds of the original fit, also where it was reused")
    cpu_seconds: Number | None = Field(
        default=None, description="CPU seconds of the original fit, all threads; null where unknown"
    )
    examples: Count = Field(default=0, description="training examples")
    steps: Count | None = Field(default=None, description="updates of the weights; null where there are none")
    device: str | None = Field(default=None, description="where they were made")
    reused: bool = Field(default=False, description="whether a kept fit was loaded")


class IndexInfo(Part):
    """The passages that were looked through, and what making them ready took."""

    passages: Count = Field(default=0, description="passages of the corpus")
    sha256: str = Field(default="", description="hash of their ids and texts")
    seconds: Number | None = Field(
        default=None, description="s that taking them took, beside the answers; null of a recorded ranking"
    )
    tokens: Count | None = Field(
        default=None, description="tokens that a service counted of them, which no `cost` holds; else null"
    )


class RetrievalInfo(Part):
    """The passages that questions were asked with, beside the answers' own figures."""

    passages: Count = Field(default=0, description="passages of the split, each once")
    retriever: str | None = Field(
        default=None, description="backend that found them; null where none was looked for"
    )
    k: Count = Field(default=0, description="passages shown at most")
    answer: Number | None = Field(
        default=None,
        description="share of answered requests with an answer in a passage shown (hit@k), 0 to 1",
    )
    own: Number | None = Field(
        default=None, description="share whose own passage was among those shown, 0 to 1"
    )
    attributed: Number | None = Field(
        default=None,
        description="share of written answers' sentences that come from a passage shown, by rule, 0 to 1",
    )
    seconds: Number | None = Field(
        default=None,
        description="s that loading, indexing and searching took; null where nothing was looked for",
    )


class ForeignFigureInfo(Part):
    """A figure that another harness printed."""

    value: Number = Field(description="the figure")
    stderr: Number | None = Field(default=None, description="its standard error")
    n: Count | None = Field(default=None, description="examples it is over")


class ForeignInfo(Part):
    """Whose run it is, where another harness made it."""

    harness: str = Field(description="the other harness")
    version: str = Field(default="unknown", description="its version")
    task: str = Field(description="name of the task there")
    task_version: Whole = Field(default=1, description="its version there")
    file: str = Field(default="", description="name of the file or folder it was read from")
    figures: dict[str, ForeignFigureInfo] = Field(default_factory=dict, description="score → their figure")
    settings: dict[str, Any] = Field(default_factory=dict, description="what it was made with, as told there")
    columns: dict[str, str] = Field(
        default_factory=dict, description="column of the data there → field here that says the same"
    )
    notes: list[str] = Field(default_factory=list, description="what else is known of it")


class ExecutionInfo(Part):
    """In what the programs were run that the system wrote."""

    language: str = Field(description="language of the programs")
    sandbox: str = Field(description="`bubblewrap`, `unshare`, or `none`: nothing around them")
    python: str | None = Field(default=None, description="version of the Python that ran them")
    limits: dict[str, Any] = Field(
        default_factory=dict, description="bounds of one program: seconds, bytes, processes"
    )


class UnderWay(Part):
    """Who makes the run, while it is made."""

    process: Count = Field(description="number of the process that makes it")
    host: str = Field(description="machine that it runs on")
    since: Moment = Field(description="when it began to ask, or to get ready for that")
    answered: Count | None = Field(
        default=None, description="examples that had ended then; null while it gets ready"
    )


class RunDocument(Part):
    """A run: its settings, its figures, and what they took."""

    schema_version: Whole = Field(
        default=SCHEMA_VERSION, description="version of this layout and of `samples.jsonl`"
    )
    id: str = Field(description="name of its directory when it began")
    label: str = Field(description="name of its row: the backend with what differs from its profile")
    given: dict[str, Any] = Field(
        default_factory=dict, description="settings that were given on the command line"
    )
    name: str | None = Field(default=None, description="name that the user gave the row")
    status: Status = Field(description="`running`, `complete`, `partial` or `failed`")
    fingerprint: str | None = Field(default=None, description="hash of all that can change a response")
    command: str | None = Field(default=None, description="command or call that made it")
    task: TaskInfo = Field(description="the task")
    backend: BackendInfo = Field(description="the system under test")
    decoding: DecodingInfo = Field(default_factory=DecodingInfo, description="how text was decoded")
    choose_by: str | None = Field(
        default=None, description="how an option is chosen: `logprobs`, `structured`, `extract`"
    )
    data: DataInfo = Field(description="the data")
    seed: Whole = Field(description="seed of shots, limits and sampling")
    environment: EnvironmentInfo = Field(default_factory=EnvironmentInfo, description="versions and hardware")
    started: Moment = Field(description="when it began, ISO 8601 in UTC")
    finished: Moment | None = Field(default=None, description="when it ended last; null while it runs")
    rescored: Moment | None = Field(default=None, description="when `harness rescore` judged it again")
    sessions: list[SessionInfo] = Field(default_factory=list, description="its stretches, one a process")
    metrics: dict[str, MetricResult] = Field(
        default_factory=dict, description="metric → result, the main one first"
    )
    counts: Counts = Field(default_factory=Counts, description="how the examples ended")
    unanswered_because: dict[str, Count] = Field(
        default_factory=dict, description="reason → unanswered examples"
    )
    failed_because: dict[str, Count] = Field(default_factory=dict, description="kind of failure → examples")
    execution: ExecutionInfo | None = Field(
        default=None, description="in what programs were run, where the task has that done"
    )
    outcomes: dict[str, Count] = Field(
        default_factory=dict, description="outcome of running what was written → examples"
    )
    confusion: dict[str, dict[str, Count]] | None = Field(
        default=None, description="right label → predicted → examples"
    )
    breakdown: dict[str, dict[str, dict[str, GroupResult]]] = Field(
        default_factory=dict, description="field → group → metric → result"
    )
    macro: dict[str, dict[str, GroupResult]] = Field(
        default_factory=dict, description="field → metric → mean over its groups"
    )
    usage: UsageTotals | None = Field(default=None, description="tokens; null where nobody counted")
    served: dict[str, Count] = Field(
        default_factory=dict, description="model that a server says answered → replies"
    )
    latency_s: dict[str, LatencySummary] = Field(
        default_factory=dict, description="`e2e`, `ttft`, `tpot`, `queue`, `wait` → percentiles, s"
    )
    throughput: ThroughputSummary = Field(default_factory=ThroughputSummary, description="rates")
    cost: CostSummary | None = Field(default=None, description="costs; null where nothing is billed")
    budget: BudgetInfo | None = Field(default=None, description="the limit on costs")
    goodput: GoodputSummary | None = Field(default=None, description="goodput, where bounds were set")
    energy: EnergyInfo | None = Field(default=None, description="energy, where it was measured")
    fit: FitInfo | None = Field(default=None, description="learning, of a fitted system")
    index: IndexInfo | None = Field(default=None, description="the corpus of `retrieve`")
    retrieval: RetrievalInfo | None = Field(
        default=None, description="the passages that questions were asked with, where `--context` chose them"
    )
    lost: Count | None = Field(
        default=None, description="answers that are in the figures and no longer in the journal"
    )
    foreign: ForeignInfo | None = Field(
        default=None, description="whose run it is, where another harness made it"
    )
    stopped_because: str | None = Field(default=None, description="why it is not complete")
    under_way: UnderWay | None = Field(
        default=None, description="who makes it; absent once that has ended, and left by a kill"
    )

    @field_serializer("latency_s", mode="wrap")
    def _null_where_nothing_was_timed(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return handler(value) or None

    @model_validator(mode="after")
    def _has_its_data(self) -> RunDocument:
        if self.metrics and self.task.split not in self.data.sha256:
            raise ValueError(f"data.sha256: lacks the split {self.task.split!r}")
        return self
