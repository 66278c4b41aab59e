"""Inspect: a `.eval` log, which is a zip of JSON documents, or the same log as one `.json`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Place, Unavailable
from harness.files import open_own
from harness.interchange.foreign import (
    LONGEST_LINE,
    ForeignFigure,
    ForeignRun,
    ForeignSample,
    items,
    mapping,
    number,
    parse,
    text,
)
from harness.tables.torn import TORN_ZIP

NAME = "inspect_ai"
MOST_UNPACKED = 8 * 2**30  # bytes of a whole log
MOST_MEMBERS = 2_000_000
_DECODING = {"max_tokens", "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "seed"}
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}  # correct, incorrect, partial, no answer


def is_log(document: Any) -> bool:
    """Return whether a JSON document is a whole log."""
    return isinstance(document, dict) and {"eval", "plan", "status"} <= document.keys()


def read_zip(path: Path) -> ForeignRun:
    """Return the run of a `.eval` file. Nothing is unpacked to disk, and names in it open nothing.

    Raises:
        BadInput: no such log, or one that unpacks to more than a log would.
        Unavailable: it is packed by zstd, and the package that reads it is not here.
    """
    zipfile = _zipfile()
    try:
        with open_own(path) as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            _require_bounded(members, path)
            names = {member.filename for member in members}
            if "header.json" not in names:
                raise BadInput(
                    "no header.json: not an Inspect log, or one that was cut off", place=Place(path)
                )
            header = parse(_member(archive, "header.json", path), Place(path))
            listed = sorted(name for name in names if name.startswith("samples/") and name.endswith(".json"))
            # One at a time: of a sample with its events, only what is read here stays.
            samples = [_sample(mapping(parse(_member(archive, name, path), Place(path)))) for name in listed]
    except (zipfile.BadZipFile, ValueError, OSError, *TORN_ZIP) as error:
        raise BadInput(f"cannot be read as a zip: {error}", place=Place(path)) from None
    return _run(path, mapping(header), samples)


def read(path: Path, document: Mapping[str, Any]) -> ForeignRun:
    """Return the run of a log that is one JSON document."""
    return _run(path, document, [_sample(mapping(one)) for one in items(document.get("samples"))])


def _zipfile() -> Any:
    """Return a `zipfile` that reads zstd, by which Inspect packs: Python's own from 3.14 on."""
    if sys.version_info >= (3, 14):
        import zipfile

        return zipfile
    try:
        from backports.zstd import zipfile as with_zstd
    except ImportError:
        install = "pip install 'harness-ko[interchange]'"
        raise Unavailable(
            f"logs of Inspect are packed by zstd, which needs backports.zstd: {install}"
        ) from None
    return with_zstd


def _require_bounded(members: list[Any], path: Path) -> None:
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise BadInput("unpacks to more than any log has; it is not read", place=Place(path))


def _member(archive: Any, name: str, path: Path) -> bytes:
    """Return a member; what it says of its own size is not believed."""
    with archive.open(name) as stream:
        content: bytes = stream.read(LONGEST_LINE + 1)
    if len(content) > LONGEST_LINE:
        raise BadInput(f"a member of more than {LONGEST_LINE:,} bytes", place=Place(path))
    return content


def _run(path: Path, log: Mapping[str, Any], samples: list[ForeignSample]) -> ForeignRun:
    said = mapping(log.get("eval"))
    plan, config = mapping(log.get("plan")), mapping(said.get("config"))
    asked = {**mapping(said.get("model_generate_config")), **mapping(plan.get("config"))}
    decoding = {key: value for key, value in asked.items() if key in _DECODING and value is not None}
    if stop := asked.get("stop_seqs"):
        decoding["stop"] = stop
    solvers = [text(mapping(step).get("solver")) or "?" for step in items(plan.get("steps"))]
    several = sum(bool(sample.options) for sample in samples)
    settings = {
        "task.ask": "choose" if several else "generate",
        "task.prompt.solvers": ", ".join(solvers) or None,
        "task.extract": ", ".join(str(mapping(one).get("name")) for one in items(said.get("scorers")))
        or None,
        "task.repeat": config.get("epochs"),
        "backend.chat": True,
    }
    notes = [] if log.get("status") == "success" else [f"Inspect says of it: {log.get('status')}"]
    version = number(said.get("task_version"))
    return ForeignRun(
        NAME,
        text(mapping(said.get("packages")).get("inspect_ai")) or "unknown",
        path,
        text(said.get("task")) or "unknown",
        text(said.get("model")) or "unknown",
        dict(_figures(mapping(log.get("results")))),
        samples,
        task_version=max(1, int(version or 1)),
        chat=True,
        started=text(said.get("created")),
        decoding=decoding,
        settings={key: value for key, value in settings.items() if value is not None},
        notes=notes,
    )


def _figures(results: Mapping[str, Any]) -> Iterator[tuple[str, ForeignFigure]]:
    """Yield each scorer's figures; a scorer's accuracy, which is a mean, has the scorer's name."""
    for one in items(results.get("scores")):
        score = mapping(one)
        metrics, name = mapping(score.get("metrics")), text(score.get("name")) or "score"
        stderr = number(mapping(metrics.get("stderr")).get("value"))
        n = number(score.get("scored_samples"))
        for metric, given in metrics.items():
            value = number(mapping(given).get("value"))
            if value is None or metric in ("stderr", "std", "var", "bootstrap_stderr"):
                continue
            mean = metric in ("accuracy", "mean")
            own = name if mean else f"{name},{metric}"
            yield own, ForeignFigure(value, stderr if mean else None, None if n is None else int(n))


def _sample(sample: Mapping[str, Any]) -> ForeignSample:
    choices = [str(one) for one in items(sample.get("choices"))]
    target = sample.get("target")
    wanted = target[0] if isinstance(target, list) and target else target
    output, scores = mapping(sample.get("output")), mapping(sample.get("scores"))
    usage, messages = mapping(output.get("usage")), [mapping(one) for one in items(sample.get("messages"))]
    answers = (mapping(one).get("answer") for one in scores.values())
    answer = next((one for one in answers if isinstance(one, str)), None)
    given, error = sample.get("input"), mapping(sample.get("error"))
    return ForeignSample(
        id=str(sample.get("id")),
        target=text(wanted),
        prompt=[
            _message(one) for one in messages if one.get("source") == "input" or one.get("role") == "system"
        ],
        repeat=max(0, int(number(sample.get("epoch")) or 1) - 1),
        texts=[given] if isinstance(given, str) else [],
        options=choices,
        text=text(output.get("completion")),
        chosen=_letter(answer, choices),
        scores=dict(_values(scores)),
        usage={
            name: count
            for name, key in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
            if isinstance(count := usage.get(key), int) and count >= 0
        },
        seconds=number(output.get("time")),
        error=text(error.get("message")) if error else None,
    )


def _message(message: Mapping[str, Any]) -> dict[str, str]:
    content = message.get("content")
    if isinstance(content, list):
        content = "\n".join(str(mapping(part).get("text", "")) for part in content)
    return {"role": str(message.get("role")), "content": str(content)}


def _letter(answer: str | None, choices: list[str]) -> int | None:
    """Return which choice a letter names."""
    place = ord(answer) - ord("A") if answer is not None and len(answer) == 1 else -1
    return place if 0 <= place < len(choices) else None


def _values(scores: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of each scorer; grades are numbers as Inspect takes them."""
    for name, one in scores.items():
        given = mapping(one).get("value")
        if isinstance(given, dict):
            yield from (
                (f"{name},{key}", value) for key, leaf in given.items() if (value := number(leaf)) is not None
            )
            continue
        value = _GRADES.get(given) if isinstance(given, str) else number(given)
        if value is not None:
            yield name, value
