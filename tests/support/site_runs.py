"""Runs for a site: two systems on 50,000 reviews, and a small task with what the filters choose by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.config.documents import dump
from tests.support.fake_runs import fake_run

MANY = 50_000
WORDS = ("지루하고 별로", "정말 재미있다")
KOREAN = {
    **{"language": "ko", "tags": ["korean", "sentiment"], "description": "영화 리뷰"},
    "metrics": ["accuracy"],
}
ENGLISH = {
    "language": "en",
    "tags": ["english"],
    "description": "questions",
    "reference": [
        {"system": "Published One", "source": "a paper", "template": "plain", "accuracy": 0.694},
        {"system": "Published One", "source": "a paper", "template": "other", "accuracy": 0.768},
    ],
    "templates": {"plain": {"query": "{{ input }}"}, "other": {"query": "Q: {{ input }}"}},
}
# parameters, kind, licence, model, tags
PROFILES: dict[str, tuple[float | None, str, str | None, str | None, list[str]]] = {
    "small": (2.4e9, "instruct", "Apache-2.0", "acme/small-2b", ["official"]),
    "middle": (7e9, "instruct", "MIT", "acme/middle-7b", ["official"]),
    "large": (65e9, "base", "MIT", "someone/large-65b-copy", []),
    "huge": (7e10, "base", None, "./huge", []),
    "tfidf": (None, "classical", None, None, []),
}


def review(row: int, *, seconds: float = 0.002, score: float = 1.5) -> dict[str, Any]:
    """Return what the record of a review holds: its text, scores, and time."""
    target = row % 2
    asked = {"fields": {"input": f"{WORDS[target]} {row}번째"}, "options": ["부정", "긍정"]}
    scores = [-score, -0.25] if target else [-0.25, -score]
    timing = {"queue": None, "ttft": None, "e2e": seconds * (1 + row % 7)}
    return {"request": asked, "response": {"option_scores": scores, "text": None, "timing_s": timing}}


def reply(row: int) -> dict[str, Any]:
    """Return what the record of a question holds: a prompt, a reply and its tokens."""
    usage = {"prompt_tokens": 20 + row, "completion_tokens": 3 + row % 5}
    timing = {"queue": None, "ttft": 0.1, "e2e": 0.4 + row / 100}
    response = {"text": f"The answer is {row}.", "usage": usage, "timing_s": timing}
    return {"request": {"prompt": f"Question {row}?", "options": ["부정", "긍정"]}, "response": response}


def profiled(folder: Path, name: str, answers: str, **more: Any) -> Path:
    """Write a run of a system as PROFILES has it, on the task `questions`."""
    parameters, kind, licence, model, tags = PROFILES[name]
    backend = {"name": name, "parameters": parameters, "kind": kind, "licence": licence, "model": model}
    given: Mapping[str, Any] = more.pop("given", {})
    asked: Mapping[str, Any] = more.pop("asked", {})
    label = name + (f" [{', '.join(f'{k}={v}' for k, v in given.items())}]" if given else "")
    run = {
        **{
            "label": label,
            "given": given,
            "backend": backend,
            "decoding": {"asked": dict(asked), "sent": {}},
        },
        **{"cost": {"currency": "USD", "price_source": "list", "per_1k_examples": (parameters or 1e8) / 1e9}},
        **more.pop("run", {}),
    }
    run["task"] = {"template": given.get("template", "plain")}
    journal: Callable[[int], Mapping[str, Any]] = more.pop("journal", reply)
    directory = fake_run(folder, label, answers, task="questions", changes=ENGLISH, run=run, journal=journal)
    (directory / "backend.yaml").write_text(dump({"adapter": "huggingface", "tags": tags}), encoding="utf-8")
    return directory


def questions(folder: Path) -> None:
    """Write a run of each profile, with other templates, decodings and fits beside some."""
    for place, name in enumerate(PROFILES):
        wrong = 4 * place
        profiled(folder, name, "0" * wrong + "1" * (40 - wrong))
    profiled(folder, "small", "1" * 30 + "0" * 10, given={"template": "other"})
    for heat, right in ((0.5, 34), (1.0, 25)):
        asked = {"temperature": heat}
        profiled(folder, "middle", "1" * right + "0" * (40 - right), given=asked, asked=asked)
    for count, right in ((100, 22), (1000, 29)):
        fit = {"fit": {"seconds": count / 100, "examples": count, "reused": False}}
        profiled(folder, "tfidf", "1" * right + "0" * (40 - right), given={"train_limit": count}, run=fit)
    profiled(folder, "huge", "1" * 20 + "-" * 10 + "x" * 10, run={"status": "partial"}, given={"seed": 2})


def reviews(folder: Path, n: int = MANY) -> None:
    """Write two systems' runs on the same `n` reviews; they part on every tenth and every fifteenth."""
    for system, every in (("한국어-tfidf", 10), ("nb", 15)):
        answers = "".join("0" if row % every == 3 else "1" for row in range(n))
        fake_run(folder, system, answers, task="reviews", changes=KOREAN, journal=review)
