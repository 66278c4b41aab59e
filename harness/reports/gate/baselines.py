"""What a gate compares with: a folder of runs, or a file small enough to be committed.

The file holds for each run the statistics of its main metric, example by example, as the paired test needs
them: bytes packed by bzip2 and written in base64, one line a run. Examples that several runs share (their
ids, repeats and clusters) stand once. Nothing in it tells the time unless that is asked for, so that the
same answers make the same file but for cost and latency.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import BadInput, Place
from harness.records import atomic
from harness.records.run_schema import COMPLETE, MetricResult
from harness.records.user_files import replacing
from harness.reports.columns import Column
from harness.reports.gate.measurements import RunKey, RunSummary, latest, latest_complete, measured
from harness.reports.leaderboard.ranks import Statistics
from harness.reports.run import Warn, load

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_MOST = 2**31  # bytes that a packed array may hold: what claims more is no baseline


def read(path: Path, warn: Warn) -> dict[RunKey, RunSummary]:
    """Return the baseline's runs: of a folder the latest complete ones, or what the file holds.

    Raises:
        BadInput: nothing is there, or it is not a baseline.
    """
    if path.is_dir():
        return latest_complete(map(measured, load([path], warn)))
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror
        raise BadInput(f"--baseline {path}: {why}; `harness gate --update {path}` makes one") from None
    return latest(_parsed(content, path))


def write(path: Path, runs: Iterable[RunSummary], *, dated: bool = False) -> int:
    """Write the runs as a baseline, in a stable order, and return its size in bytes.

    `dated` adds the time at which it was made.

    Raises:
        BadInput: a run's statistics cannot be read, or the file cannot be written; it is left as it
            was.
    """
    examples: dict[str, Any] = {}
    rows = [_row(run, examples) for run in sorted(runs, key=lambda run: run.slot)]
    made = {"made": atomic.now()} if dated else {}
    values = {"baseline": VERSION, **made, "runs": rows, "examples": dict(sorted(examples.items()))}
    content = orjson.dumps(values, option=orjson.OPT_INDENT_2) + b"\n"
    try:
        with replacing(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise BadInput(f"--update {path}: {error.strerror}") from None
    return len(content)


# Into the file


def _row(run: RunSummary, examples: dict[str, Any]) -> dict[str, Any]:
    assert run.column is not None
    kept = _kept(run)
    return {
        **{"task": run.slot.task, "system": run.slot.system},
        **{name: value for name, value in run.column._asdict().items() if name != "task"},
        **{name: getattr(run.figure, name) for name in ("unit", "value", "ci_low", "ci_high", "n")},
        **{name: getattr(run, name) for name in ("examples", "failed", "unanswered")},
        **{name: getattr(run, name) for name in ("cost", "currency", "p95", "hardware")},
        "of_examples": _shared(kept, examples) if kept else None,
        "statistics": _packed(kept.rows.T) if kept else None,
    }


def _kept(run: RunSummary) -> Statistics | None:
    """Return the statistics of each example, None where the metric has none of single examples."""
    metric = run.metric() if run.metric else None
    return None if metric is None or metric.corpus is not None else run.statistics()


def _shared(kept: Statistics, examples: dict[str, Any]) -> str:
    """Return the name under which the examples are kept, after keeping them."""
    import numpy as np

    ids, repeats = kept.keys
    clusters = kept.clusters if kept.clusters is not None else np.zeros(0, np.int64)
    parts = [ids, repeats, clusters.astype("<i8").tobytes()]
    name = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]
    examples[name] = {
        "ids": _text(ids),
        "repeats": _packed(np.frombuffer(repeats, np.int64)),
        "clusters": None if kept.clusters is None else _packed(kept.clusters),
    }
    return name


def _packed(numbers: NDArray[Any]) -> str:
    """Return an array of 8-byte numbers as text: their first bytes, then their second, …, by bzip2.

    bzip2, since every library that writes it makes the same bytes of the same data.
    """
    import numpy as np

    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<")).reshape(-1, 1)
    return _text(little.view(np.uint8).T.tobytes())


def _text(content: bytes) -> str:
    return base64.b64encode(bz2.compress(content)).decode()


# Out of the file


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Count = Annotated[int, Field(ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Row(_Strict):
    task: str
    system: str
    version: int
    split: str
    limit: str | None
    sha256: str
    metric: str
    signature: str
    sample: bool
    higher_is_better: bool
    unit: str
    value: Finite | None
    ci_low: Finite | None
    ci_high: Finite | None
    n: Count
    examples: Count
    failed: Count
    unanswered: Count
    cost: Finite | None
    currency: str | None
    p95: Finite | None
    hardware: str | None
    of_examples: str | None
    statistics: str | None


class _Examples(_Strict):
    ids: str
    repeats: str
    clusters: str | None


class _File(_Strict):
    baseline: int
    made: str | None = None
    runs: list[_Row]
    examples: dict[str, _Examples]


def _parsed(content: bytes, path: Path) -> list[RunSummary]:
    try:
        values = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error}", place=Place(path, error.lineno)) from None
    if not isinstance(values, dict) or "baseline" not in values:
        raise BadInput("not a baseline; `harness gate --update` makes one", place=Place(path))
    if isinstance(values["baseline"], int) and values["baseline"] > VERSION:
        raise BadInput("written by a later harness; update this one", place=Place(path))
    try:
        file = _File.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"not as the harness writes it: {where}: {first['msg']}", place=Place(path)) from None
    return [_measured(row, file.examples, path) for row in file.runs]


def _measured(row: _Row, examples: Mapping[str, _Examples], path: Path) -> RunSummary:
    about = row.model_dump()
    column = Column(**{name: about[name] for name in Column._fields})
    same = ("examples", "failed", "unanswered", "cost", "currency", "p95", "hardware")
    return RunSummary(
        slot=RunKey(row.task, row.system, row.split, row.limit or "", row.sample),
        status=COMPLETE,
        column=column,
        figure=MetricResult(
            value=row.value,
            ci_low=row.ci_low,
            ci_high=row.ci_high,
            n=row.n,
            unit=row.unit,
            higher_is_better=row.higher_is_better,
            signature=f"{row.signature}|n:{row.n}",
        ),
        statistics=partial(_statistics, row, examples, path),
        **{name: about[name] for name in same},
    )


def _statistics(row: _Row, examples: Mapping[str, _Examples], path: Path) -> Statistics:
    """Return what the file keeps of each example of a run.

    Raises:
        BadInput: it is not there, or is damaged.
    """
    import numpy as np

    try:
        shared = examples[row.of_examples or ""]
        keys = _bytes(shared.ids), _unpacked(shared.repeats, "<i8").tobytes()
        clusters = None if shared.clusters is None else _unpacked(shared.clusters, "<i8")
        numbers, count = _unpacked(row.statistics or "", "<f8"), keys[0].count(b"\n") + 1
        rows = np.ascontiguousarray(numbers.reshape(-1, count).T)
        if not rows.size or {len(keys[1]) // 8, len(rows if clusters is None else clusters)} != {count}:
            raise ValueError("its columns differ in length")
    except (KeyError, ValueError, OSError, EOFError, binascii.Error) as error:
        about = f"{row.task}, {row.system}"
        raise BadInput(f"{about}: damaged ({error}); make it again", place=Place(path)) from None
    return Statistics(keys, rows, clusters)


def _unpacked(text: str, kind: str) -> NDArray[Any]:
    import numpy as np

    planes = np.frombuffer(_bytes(text), np.uint8).reshape(8, -1)
    return np.ascontiguousarray(planes.T).view(kind).reshape(-1).astype(kind[1:], copy=False)


def _bytes(text: str) -> bytes:
    unpacker = bz2.BZ2Decompressor()
    content = unpacker.decompress(base64.b64decode(text, validate=True), max_length=_MOST)
    if not unpacker.eof:
        raise ValueError("it is cut off")
    return content
