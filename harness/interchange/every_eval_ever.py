"""Every Eval Ever, the common format of evaluation results: read, and written.

https://github.com/evaleval/every_eval_ever: a JSON document a run, and instances as JSONL beside it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from harness.config import documents
from harness.errors import HarnessError
from harness.interchange.foreign import (
    ForeignFigure,
    ForeignRun,
    ForeignSample,
    items,
    mapping,
    number,
    read_lines,
    text,
)
from harness.records import atomic, run_file
from harness.records import journal as records
from harness.records.serialization import to_json

NAME = "every_eval_ever"
VERSION = "0.3.0"  # of the schema that is written
LIBRARY = "harness-ko"


def is_document(document: Any) -> bool:
    """Return whether a JSON document is a run in this format."""
    return (
        isinstance(document, dict)
        and {"schema_version", "evaluation_results", "model_info"} <= document.keys()
    )


def read(path: Path, document: Mapping[str, Any]) -> Iterator[ForeignRun]:
    """Yield a run for each evaluation of a document, with its instances where their file lies beside it.

    The path that the document names is not followed: only a file of that name in the same folder is read.

    Raises:
        BadInput: the file of instances is not as it should be.
    """
    results = [mapping(one) for one in items(document["evaluation_results"])]
    library, model = mapping(document.get("eval_library")), mapping(document.get("model_info"))
    told = list(_instances(path, document))
    names = dict.fromkeys(str(one.get("evaluation_name")) for one in results)
    for name in names:
        own = [one for one in results if str(one.get("evaluation_name")) == name]
        metrics = {str(one.get("evaluation_result_id")): _metric(one) for one in own}
        yield ForeignRun(
            f"{text(library.get('name')) or 'unknown'}",
            text(library.get("version")) or "unknown",
            path,
            name,
            text(model.get("id")) or text(model.get("name")) or "unknown",
            {_metric(one): _figure(one) for one in own},
            _samples([one for one in told if str(one.get("evaluation_name")) == name], metrics),
            started=_moment(document.get("evaluation_timestamp")),
            decoding=_decoding(own[0]),
            notes=["told in the format Every Eval Ever"],
        )


def _metric(result: Mapping[str, Any]) -> str:
    config = mapping(result.get("metric_config"))
    return text(config.get("metric_name")) or text(config.get("metric_id")) or "score"


def _figure(result: Mapping[str, Any]) -> ForeignFigure:
    details = mapping(result.get("score_details"))
    unsure = mapping(details.get("uncertainty"))
    n = number(unsure.get("num_samples"))
    return ForeignFigure(
        number(details.get("score")) or 0.0,
        number(mapping(unsure.get("standard_error")).get("value")),
        None if n is None else int(n),
        not mapping(result.get("metric_config")).get("lower_is_better"),
    )


def _decoding(result: Mapping[str, Any]) -> dict[str, Any]:
    args = mapping(mapping(result.get("generation_config")).get("generation_args"))
    return {
        key: args[key] for key in ("temperature", "top_p", "top_k", "max_tokens") if args.get(key) is not None
    }


def _moment(value: Any) -> str | None:
    """Return a time, which is told in seconds since 1970 as text, or in ISO 8601."""
    told = text(value)
    if told is None:
        return None
    try:
        return datetime.fromtimestamp(float(told), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return told


def _instances(path: Path, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    told = text(mapping(document.get("detailed_evaluation_results")).get("file_path"))
    name = PurePosixPath(told.replace("\\", "/")).name if told else f"{path.stem}_samples.jsonl"
    beside = path.with_name(name)
    if name not in ("", ".", "..") and beside.is_file() and not beside.is_symlink():
        yield from (mapping(line) for _, line in read_lines(beside))


def _samples(told: list[Mapping[str, Any]], metrics: Mapping[str, str]) -> list[ForeignSample]:
    """Return the examples; lines of one example under several metrics are one."""
    usual = next(iter(metrics.values()), "score")
    found: dict[str, tuple[Mapping[str, Any], dict[str, float]]] = {}
    for line in told:
        value = number(mapping(line.get("evaluation")).get("score"))
        metric = metrics.get(str(line.get("evaluation_result_id")), usual)
        _, scores = found.setdefault(str(line.get("sample_id")), (line, {}))
        if value is not None:
            scores[metric] = value
    return [_sample(name, line, scores) for name, (line, scores) in found.items()]


def _sample(name: str, line: Mapping[str, Any], scores: Mapping[str, float]) -> ForeignSample:
    asked, output = mapping(line.get("input")), mapping(line.get("output"))
    chat = [mapping(one) for one in items(line.get("messages"))]
    written = items(output.get("raw")) or [
        one.get("content") for one in chat if one.get("role") == "assistant"
    ]
    usage, took = mapping(line.get("token_usage")), mapping(line.get("performance"))
    milliseconds = number(took.get("latency_ms"))
    known = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    counts = {ours: usage.get(theirs) for ours, theirs in known.items()}
    options = [str(one) for one in items(asked.get("choices"))]
    read = [mapping(one) for one in items(line.get("answer_attribution"))]
    value = text(read[-1].get("extracted_value")) if read else None
    return ForeignSample(
        id=name,
        target=text(next(iter(items(asked.get("reference"))), None)),
        prompt=text(asked.get("formatted")) or text(asked.get("raw")),
        texts=[raw] if (raw := text(asked.get("raw"))) else [],
        options=options,
        text=text(written[-1]) if written else None,
        chosen=options.index(value) if value in options else None,
        scores=dict(scores),
        usage={key: count for key, count in counts.items() if isinstance(count, int) and count >= 0},
        seconds=None if milliseconds is None else milliseconds / 1000,
        error=text(line.get("error")),
    )


def write(directory: Path, to: Path) -> Path:
    """Write a run as Every Eval Ever below `to`, and return the document: instances lie beside it.

    The layout is the format's own, `data/<task>/<developer>/<model>/<uuid>.json`. Every metric is a result;
    an example has a line for each metric that is one number of it. The uuid follows from the run's id.

    Raises:
        BadInput: not a run.
        Stopped: the disk is full.
    """
    run = run_file.read_run(directory).to_dict()
    backend, task = run["backend"], run["task"]
    model = str(backend.get("model") or backend["name"])
    developer, _, name = model.rpartition("/")
    developer = developer or "unknown"
    content = f"{run['id']}/{run.get('fingerprint')}".encode()
    mark = str(uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4))  # the form they ask for
    folder = to / "data" / _safe(task["name"]) / _safe(developer) / _safe(name)
    identity = f"{task['name']}/{developer}_{name}/{_seconds(run['started'])}"
    about = {
        "evaluation_id": identity,
        "model_id": f"{developer}/{name}",
        "evaluation_name": str(task["name"]),
    }
    lines = b"".join(_lines(directory, run, about))
    document = {
        "schema_version": VERSION,
        "evaluation_id": identity,
        "evaluation_timestamp": _seconds(run["started"]),
        "retrieved_timestamp": _seconds(run.get("finished") or run["started"]),
        "source_metadata": {
            "source_name": "harness",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": LIBRARY, "version": _version(run)},
        "model_info": {
            "name": name,
            "id": f"{developer}/{name}",
            "developer": developer,
            "additional_details": {
                "deployment_type": "unknown",
                "model_availability": "unknown",
                "adapter": str(backend.get("adapter")),
                "label": str(run["label"]),
            },
        },
        "evaluation_results": [
            _result(run, metric, one) for metric, one in (run.get("metrics") or {}).items()
        ],
        **(
            {
                "detailed_evaluation_results": {
                    "format": "jsonl",
                    "file_path": (folder.relative_to(to) / f"{mark}_samples.jsonl").as_posix(),
                    "hash_algorithm": "sha256",
                    "checksum": hashlib.sha256(lines).hexdigest(),
                    "total_rows": lines.count(b"\n"),
                }
            }
            if lines
            else {}
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    if lines:
        atomic.write_atomically(folder / f"{mark}_samples.jsonl", lines)
    path = folder / f"{mark}.json"
    atomic.write_atomically(path, to_json(document, orjson.OPT_INDENT_2) + b"\n")
    return path


def _safe(name: str) -> str:
    kept = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in name)
    return kept.lstrip(".") or "_"


def _seconds(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).timestamp():.0f}"


def _version(run: Mapping[str, Any]) -> str:
    packages = mapping(mapping(run.get("environment")).get("packages"))
    return str(packages.get("harness-ko") or packages.get("harness") or "unknown")


def _result(run: Mapping[str, Any], metric: str, one: Mapping[str, Any]) -> dict[str, Any]:
    task, data = run["task"], run["data"]
    unsure: dict[str, Any] = {"num_samples": one["n"]}
    if one.get("stderr") is not None:
        unsure["standard_error"] = {"value": one["stderr"]}
    if one.get("ci_low") is not None and one.get("ci_high") is not None:
        unsure["confidence_interval"] = {
            **{"lower": one["ci_low"], "upper": one["ci_high"], "confidence_level": 0.95}
        }
    ends: dict[str, Any] = {"0-1": (0.0, 1.0), "0-100": (0.0, 100.0)}
    low, high = ends.get(one["unit"], ("-Infinity", "Infinity"))
    asked = mapping(mapping(run.get("decoding")).get("asked"))
    args = {key: asked[key] for key in ("temperature", "top_p", "top_k", "max_tokens") if key in asked}
    return {
        "evaluation_result_id": f"{task['name']}#{metric}",
        "evaluation_name": str(task["name"]),
        "source_data": {
            "dataset_name": str(task["name"]),
            "source_type": "other",
            "additional_details": {
                "split": str(task["split"]),
                "sha256": str(data["sha256"].get(task["split"])),
            },
        },
        "metric_config": {
            "metric_id": metric,
            "metric_name": metric,
            "metric_unit": one["unit"],
            "lower_is_better": not one["higher_is_better"],
            "score_type": "continuous",
            "min_score": low,
            "max_score": high,
            "additional_details": {"signature": one["signature"]},
        },
        "score_details": {"score": one["value"], "uncertainty": unsure},
        **({"generation_config": {"generation_args": args}} if args else {}),
    }


def _lines(directory: Path, run: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a line of JSONL for each example and metric."""
    path = directory / run_file.SAMPLES
    if not path.is_file():
        return
    copies = _may_copy(directory)
    singles = [name for name, one in (run.get("metrics") or {}).items() if one["value"] is not None]
    for line in records.last_lines(path):
        record = line.record.to_dict() if copies else _without_texts(line.record.to_dict())
        for metric in singles:
            row = (record.get("scores") or {}).get(metric)
            if row is not None and len(row) == 1 and row[0] is not None:
                told = _instance(record, metric, float(row[0]), about)
                yield to_json(told, orjson.OPT_APPEND_NEWLINE)


def _may_copy(directory: Path) -> bool:
    """Return whether the task that a run kept lets texts of its data leave it."""
    try:
        source = documents.read(directory / run_file.TASK).values.get("source")
    except HarnessError:
        return True
    return not isinstance(source, dict) or source.get("copies") is not False


def _without_texts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what was asked, wanted and replied."""
    response = {**record["response"], "text": None}
    return {**record, "request": {"prompt": ""}, "target": "", "prediction": None, "response": response}


def _instance(
    record: Mapping[str, Any], metric: str, score: float, about: Mapping[str, Any]
) -> dict[str, Any]:
    asked, response = record.get("request") or {}, record["response"]
    options = [str(one) for one in asked.get("options") or []]
    target = record["target"]
    wanted = [str(one) for one in (target if isinstance(target, list) else [target])]
    prompt = asked.get("prompt")
    if prompt is None:
        shown = asked.get("messages", asked.get("fields"))
        prompt = shown if isinstance(shown, str) else orjson.dumps(shown).decode()
    reply = response.get("text")
    said = record["prediction"] if reply is None else reply
    usage, times = response.get("usage") or {}, response.get("timing_s") or {}
    read, wrote = usage.get("prompt_tokens"), usage.get("completion_tokens")
    name = record["id"] + (f"#{record['repeat']}" if record["repeat"] else "")
    return {
        "schema_version": VERSION,
        **about,
        "evaluation_result_id": f"{about['evaluation_name']}#{metric}",
        "sample_id": name,
        "interaction_type": "single_turn",
        "input": {"raw": prompt, "reference": wanted, **({"choices": options} if options else {})},
        "output": {"raw": ["" if said is None else str(said)]},
        "answer_attribution": [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": "" if record["prediction"] is None else str(record["prediction"]),
                "extraction_method": "custom",
                "is_terminal": True,
            }
        ],
        "evaluation": {"score": score, "is_correct": score >= 1.0},
        **(
            {"token_usage": {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}}
            if read is not None and wrote is not None
            else {}
        ),
        **({"performance": {"latency_ms": times["e2e"] * 1000}} if times.get("e2e") is not None else {}),
    }
