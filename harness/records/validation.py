"""What readers may rely on in `run.json` and in a line of the journal, whoever wrote the file last.

What every reader needs is there; other keys may be missing, as older runs lack some. A key that is there has
the type that the harness gives it, so that nobody finds a list where a number should be in a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

# The statuses of run.json.
RUNNING, COMPLETE, PARTIAL, FAILED = "running", "complete", "partial", "failed"

_Count = Annotated[int, Field(ge=0, lt=2**53)]
_Whole = Annotated[int, Field(gt=-(2**53), lt=2**53)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


def _is_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


_Moment = Annotated[str, AfterValidator(_is_moment)]


class _Part(BaseModel):
    """A mapping of which some keys are known; others are kept as they are."""

    model_config = ConfigDict(extra="allow", strict=True, protected_namespaces=())


class _Task(_Part):
    name: str
    version: _Whole
    sha256: str | None = None
    ask: str | None = None
    template: str | None = None
    shots: dict[str, Any] | None = None
    split: str
    n: _Count = 0
    limit: _Count | _Number | None
    repeat: Annotated[int, Field(ge=1, lt=2**31)] = 1
    tags: list[str]


class _Backend(_Part):
    name: str
    adapter: str = ""
    model: str | None = None
    revision: str | None = None
    identity: dict[str, Any] | None = None
    parameters: _Number | None = None
    kind: str | None
    licence: str | None = None
    settings: dict[str, Any] | None = None
    concurrency: Any = None
    engine: dict[str, Any] | None = None


class _Data(_Part):
    source: str | None = None
    sample: bool
    revision: str | None = None
    sha256: dict[str, str]
    rows: _Count | None = None
    leaked: _Count | None = None
    dropped_from_train: _Count | None = None


class _Estimate(_Part):
    value: _Number | None = None
    ci_low: _Number | None = None
    ci_high: _Number | None = None
    stderr: _Number | None = None


class _Figure(_Estimate):
    n: _Count
    unit: str
    higher_is_better: bool
    signature: str
    value: _Number | None
    ci_low: _Number | None
    ci_high: _Number | None


class _Session(_Part):
    started: _Moment | None = None
    finished: _Moment | None = None
    seconds: _Number = 0.0
    requests: _Count = 0
    failed: _Count = 0
    answered: _Count = 0
    output_tokens: _Count = 0
    energy: dict[str, Any] | None = None


class _Cost(_Part):
    currency: str | None = None
    total: _Number | None = None
    paid: _Number | None = None
    retried: _Number | None = None
    untold: _Count | None = None
    estimated: _Count | None = None
    per_1k_examples: _Number | None = None
    per_correct: _Number | None = None
    price_source: str | None = None
    price_date: str | None = None


class _Fit(_Part):
    seconds: _Number | None = None
    examples: _Count | None = None
    steps: _Count | None = None
    device: str | None = None


class _Energy(_Part):
    joules: _Number | None = None
    co2_g: _Number | None = None
    method: str | None = None


class _Goodput(_Part):
    slo: dict[str, _Number] = {}
    share: _Number | None = None


class _Hardware(_Part):
    cpu: str | None = None
    cores: _Count | None = None


class _Environment(_Part):
    packages: dict[str, str] | None = None
    hardware: _Hardware | None = None


class _Decoding(_Part):
    asked: dict[str, Any] | None = None
    sent: dict[str, Any] | None = None


class _RunFile(_Part):
    id: str
    label: str
    given: dict[str, Any] | None = None
    status: Literal["running", "complete", "partial", "failed"]
    fingerprint: str | None = None
    task: _Task
    backend: _Backend
    decoding: _Decoding | None = None
    data: _Data
    environment: _Environment | None = None
    seed: _Whole
    started: _Moment
    finished: _Moment | None = None
    sessions: list[_Session] | None = None
    metrics: dict[str, _Figure] | None = None
    counts: dict[str, _Count] | None = None
    unanswered_because: dict[str, _Count] | None = None
    failed_because: dict[str, _Count] | None = None
    confusion: dict[str, dict[str, _Count]] | None = None
    breakdown: dict[str, dict[str, dict[str, _Estimate]]] | None = None
    macro: dict[str, dict[str, _Estimate]] | None = None
    usage: dict[str, _Count] | None = None
    served: dict[str, _Count] | None = None
    latency_s: dict[str, dict[str, _Number]] | None = None
    throughput: dict[str, _Number | None] | None = None
    cost: _Cost | None = None
    goodput: _Goodput | None = None
    energy: _Energy | None = None
    fit: _Fit | None = None
    lost: _Count | None = None
    choose_by: str | None = None
    stopped_because: str | None = None


def run_problem(values: Mapping[str, Any]) -> str | None:
    """Return what is odd about the values of a `run.json`, None where readers may rely on them.

    >>> run_problem({"id": 1})
    'id: should be a text'
    """
    try:
        _RunFile.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where}: {_WORDS.get(first['type']) or first['msg']}"
    return None


_WORDS = {
    "model_type": "should be a mapping",
    "dict_type": "should be a mapping",
    "list_type": "should be a list",
    "string_type": "should be a text",
    "missing": "is missing",
}

# Every record has these; a line without them is damaged.
REQUIRED = frozenset(("id", "repeat", "response", "prediction", "target", "scores"))


def record_problem(record: Any, *, judged: bool = True) -> str | None:
    """Return what is odd about a line of the journal, None where readers may rely on it.

    Unless it is `judged`, its scores do not matter: they are made anew from its response.

    Called for every line of every journal that is read, so it costs microseconds: the lines of a run have the
    same shape, which is looked up.
    """
    if type(record) is not dict:
        return "should be a mapping"
    if not record.keys() >= REQUIRED:
        return f"lacks {min(REQUIRED - record.keys())!r}"
    problem = _odd_kind(tuple(record), tuple(map(type, record.values())))
    if problem is None:
        response = record["response"]
        problem = _odd_kind(tuple(response), tuple(map(type, response.values())))
        problem = f"response.{problem}" if problem else _odd_inside(record, response)
    if problem is None and judged and record["scores"] and not _are_scores(record["scores"]):
        problem = "scores: should be lists of numbers by metric"
    return problem


def _are_scores(scores: Any) -> bool:
    return type(scores) is dict and all(
        type(row) is list and _NUMBERS.issuperset(map(type, row)) for row in scores.values()
    )


def _odd_inside(record: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    if record["repeat"] < 0:
        return "repeat: should be a number from 0"
    if "error" not in response:
        return "response: lacks 'error'"
    if response["error"] is not None and not isinstance(response["error"].get("kind"), str):
        return "response.error: should say its kind"
    numbers = {
        **{name: (response.get(name) or {}).values() for name in ("usage", "timing_s")},
        **{name: response.get(name) or () for name in ("option_scores", "similarities")},
    }
    for name, found in numbers.items():
        if found and not _NUMBERS.issuperset(map(type, found)):
            return f"response.{name}: should hold numbers"
    if not _TEXTS.issuperset(map(type, (record.get("groups") or {}).values())):
        return "groups: should be texts"
    return None


@lru_cache(1024)
def _odd_kind(names: tuple[str, ...], kinds: tuple[type, ...]) -> str | None:
    """Return which of the values of a record or a response is of another kind than its name says."""
    for name, kind in zip(names, kinds, strict=True):
        if kind not in _KINDS.get(name, (kind,)):
            return f"{name}: of another kind"
    return None


_NONE = type(None)
_NUMBERS = frozenset((int, float, bool, _NONE))  # NaN is null in JSON
_TEXTS = frozenset((str, _NONE))
_KINDS = {
    "id": (str,),
    "repeat": (int,),
    "response": (dict,),
    **dict.fromkeys(("text", "finish", "served", "cluster"), (str, _NONE)),
    **dict.fromkeys(("option_scores", "similarities", "spans"), (list, _NONE)),
    **dict.fromkeys(("usage", "timing_s", "error", "request", "groups"), (dict, _NONE)),
    **dict.fromkeys(("value", "tokens", "attempts"), (int, float, _NONE)),
}
