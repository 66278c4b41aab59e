"""IFEval's four accuracies: of prompts and of instructions, each strict and loose.

Zhou et al. (2023), "Instruction-Following Evaluation for Large Language Models", arXiv:2311.07911. A prompt
is followed where all of its instructions are. Loosely, an instruction is followed where any of eight versions
of the reply follows it: with its first line, its last line and its stars, or without.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from harness.errors import BadInput, did_you_mean
from harness.metrics.aggregates import OfSums, ratio, weighted_mean
from harness.metrics.instructions.registry import CHECKS
from harness.schema import Metric

_SIGNATURE = "v:1|checks:ifeval"


def prompt_strict(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of prompts of which every instruction is followed, 0 to 1."""
    return _of_prompts("prompt_strict", loosely=False)


def prompt_loose(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of prompts that some version of the reply follows wholly, 0 to 1."""
    return _of_prompts("prompt_loose", loosely=True)


def instruction_strict(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of instructions that are followed, 0 to 1."""
    return _of_instructions("instruction_strict", loosely=False)


def instruction_loose(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of instructions that some version of the reply follows, 0 to 1."""
    return _of_instructions("instruction_loose", loosely=True)


def _of_prompts(name: str, *, loosely: bool) -> Metric:
    def judge(reply: str | None, target: object) -> tuple[float]:
        return (float(all(verdicts(reply, str(target), loosely=loosely))),)

    return Metric(
        name,
        judge,
        weighted_mean,
        f"{name}|{_SIGNATURE}",
        interval="wilson",
        reads="text",
        prepare=_prepare,
    )


def _of_instructions(name: str, *, loosely: bool) -> Metric:
    def judge(reply: str | None, target: object) -> tuple[float, float]:
        found = verdicts(reply, str(target), loosely=loosely)
        return float(sum(found)), float(len(found))

    return Metric(name, judge, OfSums(ratio), f"{name}|{_SIGNATURE}", reads="text", prepare=_prepare)


def _prepare() -> None:
    from harness.metrics.instructions.language import detector

    detector()


@lru_cache(maxsize=256)  # four metrics ask the same of one reply
def verdicts(reply: str | None, target: str, *, loosely: bool) -> tuple[bool, ...]:
    """Return whether each instruction of a target is followed; an empty reply follows none.

    A target is JSON: `{"ids": [NAME, …], "kwargs": [{…}, …]}`.

    Raises:
        BadInput: the target is none, or names an instruction that is not known or is told too little.
    """
    asked = _asked(target)
    if reply is None:
        return (False,) * len(asked)
    versions = _versions(reply) if loosely else [reply]
    return tuple(any(_follows(version, name, told) for version in versions) for name, told in asked)


@lru_cache(maxsize=256)
def _asked(target: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    try:
        found = json.loads(target)
        pairs = zip(found["ids"], found["kwargs"], strict=True)
        # Parquet has a column for every key there is: a null is what the instruction does not say.
        return tuple((name, {k: v for k, v in (told or {}).items() if v is not None}) for name, told in pairs)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"instructions should be JSON with ids and kwargs, as many of each: {error}") from None


def _follows(reply: str, name: str, told: dict[str, Any]) -> bool:
    if name not in CHECKS:
        raise BadInput(f"no instruction is called {name!r}.{did_you_mean(name, CHECKS)}")
    try:
        return bool(reply.strip()) and CHECKS[name](reply, **told)
    except (TypeError, KeyError, re.error) as error:
        raise BadInput(f"the instruction {name!r} says what cannot be checked: {error}") from None


def _versions(reply: str) -> list[str]:
    """Return the reply with and without its first line, its last line, and its stars."""
    lines = reply.split("\n")
    cuts = [lines[first:last] for first, last in itertools.product((0, 1), (None, -1))]
    texts = [reply, *("\n".join(cut).strip() for cut in cuts[1:])]
    return [*texts, *(text.replace("*", "") for text in texts)]
