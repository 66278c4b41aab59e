"""lm-evaluation-harness: `results_<time>.json`, and `samples_<task>_<time>.jsonl` beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Place
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

NAME = "lm_eval"
_DECODING = {
    "max_gen_toks": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "until": "stop",
}


def is_results(document: Any) -> bool:
    """Return whether a document is a `results_….json`."""
    return isinstance(document, dict) and {"results", "configs"} <= document.keys()


def is_samples(path: Path) -> bool:
    """Return whether a file is called as their samples are."""
    return path.name.startswith("samples_") and path.suffix == ".jsonl"


def read(path: Path, document: Mapping[str, Any]) -> Iterator[ForeignRun]:
    """Yield a run for each task of a results file; a group's own row, which has no settings, is none.

    Raises:
        BadInput: a samples file beside it is not as they write it.
    """
    for task, given in mapping(document["configs"]).items():
        config, row = mapping(given), mapping(mapping(document["results"]).get(task))
        figures = dict(
            _figures(row, mapping(mapping(document.get("higher_is_better")).get(task)), document, task)
        )
        yield _run(path, document, task, config, figures, _samples_of(path, task, config))


def read_samples(path: Path) -> ForeignRun:
    """Return a run of samples alone, whose results file is not there."""
    task = re.sub(r"_\d{4}-\d\d-\d\dT.*$", "", path.name.removeprefix("samples_").removesuffix(".jsonl"))
    return _run(path, {}, task, {}, {}, list(_samples(path)))


def _run(
    path: Path,
    document: Mapping[str, Any],
    task: str,
    config: Mapping[str, Any],
    figures: Mapping[str, ForeignFigure],
    samples: list[ForeignSample],
) -> ForeignRun:
    said = mapping(document.get("config"))
    version = number(mapping(document.get("versions")).get(task))
    given = mapping(config.get("generation_kwargs"))
    decoding = {_DECODING[key]: value for key, value in given.items() if key in _DECODING}
    if given.get("do_sample") is False:
        decoding["temperature"] = 0
    shots = number(mapping(document.get("n-shot")).get(task, config.get("num_fewshot")))
    chat = document.get("chat_template")
    settings = {
        "task.ask": "choose" if config.get("output_type") == "multiple_choice" else "generate",
        "task.prompt.query": text(config.get("doc_to_text")),
        "task.prompt.delimiter": text(config.get("target_delimiter")),
        "task.prompt.shot_end": text(config.get("fewshot_delimiter")),
        "task.prompt.system": text(document.get("system_instruction")),
        "task.prompt.instruction": text(config.get("description")) or None,
        "task.extract": _filters(config),
        "data.revision": text(mapping(config.get("dataset_kwargs")).get("revision")),
        "backend.chat": bool(chat),
        "backend.settings.dtype": text(said.get("model_dtype")),
        "backend.revision": text(said.get("model_sha")),
        "environment.packages.transformers": text(document.get("transformers_version")),
    }
    began = number(document.get("date"))
    return ForeignRun(
        NAME,
        text(document.get("lm_eval_version")) or "unknown",
        path,
        task,
        text(document.get("model_name")) or text(said.get("model")) or "unknown",
        figures,
        samples,
        task_version=max(1, int(version or 1)),
        split=text(config.get("test_split")) or text(config.get("validation_split")) or "test",
        shots=None if shots is None else int(shots),
        chat=bool(chat),
        started=None if began is None else datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        decoding=decoding,
        settings={key: value for key, value in settings.items() if value is not None},
    )


def _filters(config: Mapping[str, Any]) -> str | None:
    """Return the names of the filters, which are their extraction."""
    names = [text(mapping(one).get("name")) for one in items(config.get("filter_list"))]
    return ", ".join(name for name in names if name) or None


def _figures(
    row: Mapping[str, Any], higher: Mapping[str, Any], document: Mapping[str, Any], task: str
) -> Iterator[tuple[str, ForeignFigure]]:
    """Yield their figures: `acc,none` is `acc`; a filter's name stays, `exact_match,strict-match`."""
    n = number(mapping(mapping(document.get("n-samples")).get(task)).get("effective"))
    for key, given in row.items():
        metric, _, filtered = key.partition(",")
        value = number(given)
        if value is None or metric.endswith("_stderr") or not filtered:
            continue
        name = metric if filtered == "none" else key
        stderr = number(row.get(f"{metric}_stderr,{filtered}"))
        best = higher.get(metric)
        yield name, ForeignFigure(value, stderr, None if n is None else int(n), best is not False)


def _samples_of(path: Path, task: str, config: Mapping[str, Any]) -> list[ForeignSample]:
    """Return the samples of a task that lie beside its results, written in the same second."""
    time = path.name.removeprefix("results_").removesuffix(".json")
    beside = path.with_name(f"samples_{task}_{time}.jsonl")
    if beside.parent != path.parent or beside.is_symlink() or not beside.is_file():
        return []
    return list(_samples(beside, generates=config.get("output_type") == "generate_until"))


def _samples(path: Path, *, generates: bool | None = None) -> Iterator[ForeignSample]:
    """Yield each example once; lines of it under several filters are one, each filter's scores named."""
    found: dict[str, tuple[Mapping[str, Any], dict[str, float]]] = {}
    for at, line in read_lines(path):
        if not isinstance(line, dict) or "doc_id" not in line or "resps" not in line:
            raise BadInput("not a sample of lm_eval: no doc_id or resps", place=Place(path, at))
        names = [str(name) for name in items(line.get("metrics"))]
        named = text(line.get("filter")) or "none"
        key = str(line["doc_id"])
        _, scores = found.setdefault(key, (line, {}))
        for name in names:
            value = number(line.get(name))
            if value is not None:
                scores[name if named == "none" else f"{name},{named}"] = value
    for line, scores in found.values():
        yield _sample(line, scores, generates=generates)


def _sample(line: Mapping[str, Any], scores: Mapping[str, float], *, generates: bool | None) -> ForeignSample:
    asked = [mapping(one) for one in mapping(line.get("arguments")).values()]
    replies = [items(one) for one in items(line["resps"])]
    first = asked[0] if asked else {}
    written = generates if generates is not None else not isinstance(first.get("arg_1"), str)
    doc = mapping(line.get("doc"))
    known: dict[str, Any] = {
        "id": str(line["doc_id"]),
        "number": int(number(line["doc_id"]) or 0),
        "target": text(line.get("target")),
        "prompt": text(first.get("arg_0")),
        "texts": [value for value in doc.values() if isinstance(value, str)],
        "row": {str(key): value for key, value in doc.items() if isinstance(value, str)},
        "scores": scores,
    }
    if written:
        return ForeignSample(**known, text=text(replies[0][0]) if replies and replies[0] else None)
    pairs = [items(reply[0]) if reply else [] for reply in replies]
    likelihoods = [number_of(pair[0]) if pair else None for pair in pairs]
    contexts = {one.get("arg_0") for one in asked}
    options = [str(one.get("arg_1", "")) for one in asked][: len(likelihoods)]
    if len(contexts) > 1 or None in likelihoods or len(options) != len(likelihoods):
        return ForeignSample(**known)  # contexts are compared, not continuations: no options of one prompt
    return ForeignSample(
        **known, options=options, option_scores=[one for one in likelihoods if one is not None]
    )


def number_of(value: Any) -> float | None:
    """Return a number that may be written as text, as they write log-probabilities."""
    try:
        return number(float(value))
    except (TypeError, ValueError):
        return None
