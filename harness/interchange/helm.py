"""HELM: a run's folder: `run_spec.json`, `scenario_state.json`, `per_instance_stats.json`, `stats.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    read_json,
    text,
)

NAME, SPEC, STATE, EACH, STATS = (
    "helm",
    "run_spec.json",
    "scenario_state.json",
    "per_instance_stats.json",
    "stats.json",
)
# What HELM measures of each request beside its scores: times, tokens, what was cut.
_NO_SCORES = (
    *("num_", "inference_", "batch_", "finish_reason", "training_", "prompt_truncated"),
    *("max_prob", "logprob", "perplexity"),
)
_CORRECT = "correct"


def read(folder: Path) -> ForeignRun:
    """Return the run of a HELM folder.

    Raises:
        BadInput: a file is missing, a link, or not as HELM writes it.
    """
    spec, state = mapping(read_json(folder / SPEC)), mapping(_read(folder / STATE))
    adapter = mapping(spec.get("adapter_spec"))
    each, lower = _scores(items(_read(folder / EACH))), _lower(spec)
    samples = list(_samples(items(state.get("request_states")), each))
    splits = [
        text(mapping(one.get("instance")).get("split"))
        for one in map(mapping, items(state.get("request_states")))
    ]
    decoding = {
        key: adapter[theirs]
        for key, theirs in (
            ("max_tokens", "max_tokens"),
            ("temperature", "temperature"),
            ("stop", "stop_sequences"),
        )
        if adapter.get(theirs) is not None
    }
    joint = adapter.get("method") in ("multiple_choice_joint", "multiple_choice_separate_original")
    before, after = adapter.get("input_prefix", ""), adapter.get("input_suffix", "")
    settings = {
        "task.ask": "choose" if joint else "generate",
        "task.prompt.method": adapter.get("method"),
        "task.prompt.query": f"{before}{{{{ input }}}}{after}",
        "task.prompt.delimiter": adapter.get("output_prefix"),
        "task.prompt.shot_end": adapter.get("instance_prefix"),
        "task.prompt.instruction": adapter.get("instructions") or None,
    }
    if not samples and not (folder / STATS).is_file():
        raise BadInput(f"neither {STATE} nor {STATS} says anything", place=Place(folder))
    shots = number(adapter.get("max_train_instances"))
    return ForeignRun(
        NAME,
        "unknown",  # HELM writes its version nowhere in a run
        folder,
        _scenario(text(spec.get("name")) or folder.name),
        text(adapter.get("model")) or "unknown",
        dict(_figures(items(_read(folder / STATS)), lower, main_split := _most(splits))),
        samples,
        split=main_split or "test",
        shots=None if shots is None else int(shots),
        decoding=decoding,
        settings={key: value for key, value in settings.items() if value is not None},
    )


def _scenario(name: str) -> str:
    """Return the name of a run without the model, so that two models are of one task."""
    head, colon, told = name.partition(":")
    kept = [one for one in told.split(",") if not one.startswith(("model=", "model_deployment="))]
    return head + (colon + ",".join(kept) if any(kept) else "")


def _read(path: Path) -> Any:
    return read_json(path) if path.is_file() else None


def _lower(spec: Mapping[str, Any]) -> set[str]:
    return {"bits_per_byte", "logprob"} if spec else set()


def _most(splits: list[str | None]) -> str | None:
    named = [split for split in splits if split]
    return max(dict.fromkeys(named), key=named.count) if named else None


def _is_plain(stat: Mapping[str, Any]) -> bool:
    """Return whether a statistic is a score of the instances as they are, none of HELM's perturbed ones."""
    name = mapping(stat.get("name"))
    named = text(name.get("name")) or ""
    return bool(named) and not named.startswith(_NO_SCORES) and not name.get("perturbation")


def _scores(each: list[Any]) -> dict[tuple[str, int], dict[str, float]]:
    """Return (instance, trial) → its scores."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for one in map(mapping, each):
        if one.get("perturbation"):
            continue
        key = str(one.get("instance_id")), int(number(one.get("train_trial_index")) or 0)
        stats = [mapping(stat) for stat in items(one.get("stats"))]
        found.setdefault(key, {}).update(
            {
                str(mapping(stat["name"])["name"]): value
                for stat in stats
                if _is_plain(stat) and (value := number(stat.get("mean", stat.get("sum")))) is not None
            }
        )
    return found


def _figures(stats: list[Any], lower: set[str], split: str | None) -> Iterator[tuple[str, ForeignFigure]]:
    for one in map(mapping, stats):
        name, value = mapping(one.get("name")), number(one.get("mean"))
        if (
            not _is_plain(one)
            or value is None
            or name.get("split") not in (split, None)
            or name.get("sub_split")
        ):
            continue
        count = number(one.get("count"))
        yield (
            str(name["name"]),
            ForeignFigure(value, None, None if count is None else int(count), name["name"] not in lower),
        )


def _samples(
    states: list[Any], each: Mapping[tuple[str, int], Mapping[str, float]]
) -> Iterator[ForeignSample]:
    """Yield an example for each instance and trial; of options asked one by one, their log-probabilities."""
    asked: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for state in map(mapping, states):
        instance = mapping(state.get("instance"))
        if instance.get("perturbation") or state.get("request_mode") == "calibration":
            continue
        key = str(instance.get("id")), int(number(state.get("train_trial_index")) or 0)
        asked.setdefault(key, []).append(state)
    for (name, trial), of_it in asked.items():
        yield _sample(name, trial, of_it, each.get((name, trial), {}))


def _sample(
    name: str, trial: int, states: list[Mapping[str, Any]], scores: Mapping[str, float]
) -> ForeignSample:
    first = states[0]
    instance, mapped = mapping(first.get("instance")), mapping(first.get("output_mapping"))
    references = [mapping(one) for one in items(instance.get("references"))]
    texts = [str(mapping(one.get("output")).get("text")) for one in references]
    right = next((i for i, one in enumerate(references) if _CORRECT in items(one.get("tags"))), None)
    given = text(mapping(instance.get("input")).get("text")) or ""
    results = [mapping(state.get("result")) for state in states]
    said = [mapping(one) for one in items(results[0].get("completions"))]
    reply = text(said[0].get("text")) if said else None
    separate = len(states) > 1 and len(states) == len(texts)
    sums = [number(mapping(next(iter(items(r.get("completions"))), {})).get("logprob")) for r in results]
    chosen = mapped.get((reply or "").strip()) if mapped else None
    error = text(results[0].get("error"))
    return ForeignSample(
        id=name,
        target=None if right is None else texts[right],
        prompt=text(mapping(first.get("request")).get("prompt")),
        repeat=trial,
        texts=[given],
        options=texts if len(texts) > 1 else (),
        text=None if separate else reply,
        option_scores=[one for one in sums if one is not None] if separate and None not in sums else None,
        chosen=texts.index(chosen) if chosen in texts else None,
        scores=dict(scores),
        seconds=number(results[0].get("request_time")),
        error=error if results[0].get("success") is False else None,
    )
