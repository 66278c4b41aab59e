"""Runs that a site must look well with, and what a script can see of a page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support import judged_runs
from tests.support.fake_runs import fake_run
from tests.support.hostile import HOSTILE

KINDS = ("api", "instruct", "base", "fine-tuned", "scratch", "classical", "baseline")
FAMILIES = ("Qwen3", "Llama", "EXAONE", "Kanana", "Midm", "Solar", "HyperCLOVA")
TASKS = ("kobest_boolq", "nsmc_fewshot", "한국어 상식")
LONG = "EXAONE-3.5-32B-Instruct-AWQ-quantised-to-four-bits-by-somebody-with-a-long-name-2026-11-30"


def _answers(rate: float, n: int, seed: int) -> str:
    draw = random.Random(seed)
    return "".join("1" if draw.random() < rate else "0" for _ in range(n))


def _about(kind: str, place: int, parameters: float | None = None) -> dict[str, Any]:
    return {
        **{
            "backend": {
                "kind": kind,
                "parameters": parameters,
                "licence": "MIT" if place % 2 else "Apache-2.0",
            }
        },
        "cost": {"currency": "USD", "price_source": "list", "per_1k_examples": 0.02 * 1.13**place},
        "throughput": {"examples_per_s": 400 / (1 + place)},
        "latency_s": {"e2e": {"p50": 0.1, "p95": 0.2 + place / 50, "mean": 0.2, "n": 60}},
    }


def _journal(shots: bool = False, finish: str = "stop") -> Callable[[int], dict[str, Any]]:
    """Return records of questions; with shots each stands behind three worked examples."""

    def record(row: int) -> dict[str, Any]:
        worked = (
            "".join(f"문장: 예시 {row}-{n} 정말 재미있다\n감정: 긍정\n" for n in range(3)) if shots else ""
        )
        said = "긍정입니다. 표현이 밝습니다." if row % 3 else "부정"
        return {
            "request": {
                "prompt": f"{worked}문장: 질문 {row}, 배우의 연기가 좋았다\n감정:",
                "options": ["부정", "긍정"],
            },
            "response": {
                "text": said,
                "finish": finish,
                "usage": {"prompt_tokens": 30 + row, "completion_tokens": 2 + row % 4},
            },
        }

    return record


def _changes() -> dict[str, Any]:
    return {
        **{
            "language": "ko",
            "description": "영화 리뷰의 감성 / is a film review kind",
            "metrics": ["accuracy"],
        },
        "templates": {"plain": {"query": "문장: {{ input }}\n감정:", "shot_end": "\n"}},
    }


def three(folder: Path) -> None:
    """Write three systems on two tasks, one of them a baseline far below."""
    systems = (
        ("gpt-oss-120b", "api", 0.9),
        ("EXAONE-4.0-1.2B", "instruct", 0.8),
        ("majority", "baseline", 0.3),
    )
    for place, (name, kind, rate) in enumerate(systems):
        for number, task in enumerate(TASKS[:2]):
            answers = _answers(rate - number / 20, 200, 10 * place + number)
            about = _about(kind, place)
            fake_run(folder, name, answers, task=task, changes=_changes(), run=about, journal=_journal())


def sixty(folder: Path) -> None:
    """Write sixty systems on three tasks, some tasks not run by some."""
    for place in range(60):
        kind = KINDS[place % len(KINDS)]
        name = f"{FAMILIES[place % len(FAMILIES)]}-{place}B-{kind}"
        rate = 0.25 if kind == "baseline" else 0.45 + 0.5 * place / 60
        for number, task in enumerate(TASKS):
            if (place + number) % 5 == 0:
                continue
            about = _about(kind, place, 1e9 * (place + 1))
            answers = _answers(rate - number / 20, 60, 100 * place + number)
            fake_run(folder, name, answers, task=task, changes=_changes(), run=about, journal=_journal())


def odd(folder: Path) -> None:
    """Write what goes wrong: long and hostile names, failures, nothing readable, shots first."""
    changes = _changes()

    def run(
        name: str, answers: str, kind: str = "instruct", *, shots: bool = False, finish: str = "stop"
    ) -> None:
        about, journal = _about(kind, len(name) % 7), _journal(shots, finish)
        fake_run(folder, name, answers, task=TASKS[1], changes=changes, run=about, journal=journal)

    run(LONG, _answers(0.8, 60, 1))
    run("가나다라마바사아자차카타파하" * 5, _answers(0.7, 60, 2), "fine-tuned")
    for number, name in enumerate(list(HOSTILE.values())[:6]):
        run(name[:300], _answers(0.6, 60, 3 + number), "base")
    run("fails", _answers(0.7, 50, 20) + "x" * 10, "api")
    run("says nothing readable", "-" * 60, finish="length")
    run("few-shot", _answers(0.75, 60, 21), "base", shots=True)
    run("majority", _answers(0.2, 60, 22), "baseline")


def asked(folder: Path) -> None:
    """Write what is asked in other ways: perturbed, with more shots, in groups; and conversations, judged."""
    journal, changes = _journal(), _changes()
    for place, name in enumerate(("Kanana-1.5-8B-Instruct", "Midm-2.0-Base", "nb")):
        kind = ("instruct", "base", "classical")[place]
        for number, way in enumerate(("", "typo", "romanise", "spacing")):
            told: dict[str, Any] = {"backend": {"name": name, "kind": kind}}
            if way:
                told |= {"task": {"perturb": way}, "given": {"perturb": way}}
            label, rate = f"{name} [perturb={way}]" if way else name, 0.85 - place / 10 - number / 20
            answers = _answers(rate, 120, 40 + 4 * place + number)
            fake_run(folder, label, answers, task=TASKS[1], changes=changes, run=told, journal=journal)
    judged_runs.make(folder, kills=())


def _run(site: Path, name: str) -> str:
    return next(f"runs/{path.name}" for path in sorted((site / "runs").iterdir()) if name in path.name)


def _first(site: Path, folder: str, name: str = "") -> str:
    return next(f"{folder}/{path.name}" for path in sorted((site / folder).iterdir()) if name in path.name)


# Of each set of runs, the pages that are looked at.
PAGES_OF: dict[str, Callable[[Path], Iterator[tuple[str, str]]]] = {
    "three": lambda site: iter([("index", "index.html"), ("run", _run(site, "exaone"))]),
    "sixty": lambda site: iter(
        [
            ("index", "index.html"),
            ("task", _first(site, "tasks")),
            ("system", _first(site, "systems", "-50b")),
            ("items", _first(site, "items")),
            ("compare", "compare.html"),
        ]
    ),
    "odd": lambda site: iter(
        [
            ("index", "index.html"),
            ("failed", _run(site, "-fails-")),
            ("silent", _run(site, "says-nothing")),
            ("fewshot", _run(site, "-few-shot-")),
            ("long", _first(site, "systems", "exaone")),
        ]
    ),
    "asked": lambda site: iter(
        [
            ("index", "index.html"),
            ("perturbed", _first(site, "tasks", "nsmc")),
            ("talks", _first(site, "talks")),
            ("talk-run", _run(site, "mt-bench-strong")),
            ("judging", _run(site, "judge-pair")),
        ]
    ),
    "given": lambda site: iter(
        [
            ("index", "index.html"),
            ("task", _first(site, "tasks", "click")),
            ("run", _run(site, "oss-120b")),
            ("items", _first(site, "items", "click")),
            ("compare", "compare.html"),
        ]
    ),
}

# Labels whose boxes meet; pictures with nothing in them; text that its box cuts off without an ellipsis.
SEEN = r"""() => {
  const wrong = [];
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  const worded = (text) => [...text.childNodes].map((one) => (one.nodeType === 3 ? one.data : "")).join("");
  const beside = (a, b) => a.left >= b.right - 0.5 || b.left >= a.right - 0.5;
  const meet = (a, b) => !beside(a, b) && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const within = (a, b) =>
    a.left >= b.left - 2 && a.right <= b.right + 2 && a.top >= b.top - 2 && a.bottom <= b.bottom + 2;
  for (const svg of seen("figure svg.drawn")) {
    const title = svg.closest("figure").querySelector("strong").textContent;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((one) => [worded(one), one.getBoundingClientRect()]);
    if (!svg.querySelector("circle, polygon, rect")) wrong.push(`empty picture: ${title}`);
    if (frame.width < 40 || frame.height < 40) wrong.push(`flat picture: ${title}`);
    texts.forEach(([words, box], place) => {
      if (!within(box, frame)) wrong.push(`outside ${title}: ${words}`);
      for (const [others, other] of texts.slice(place + 1)) {
        if (meet(box, other)) wrong.push(`overprinted in ${title}: ${words} / ${others}`);
      }
    });
  }
  for (const one of seen("figure, .scroll, #list")) {
    if (one.getBoundingClientRect().height < 24) wrong.push(`empty box: ${one.className || one.id}`);
  }
  for (const one of seen("h1, h2, h3, figcaption, .headline, .mark, thead th")) {
    const flows = getComputedStyle(one).display === "inline" || !one.clientWidth;
    if (!flows && one.scrollWidth > one.clientWidth + 1) wrong.push(`cut: ${one.textContent.slice(0, 60)}`);
  }
  return wrong.slice(0, 12);
}"""


def wrong_with(page: Any, width: int) -> list[str]:
    """Return what a script sees wrong on an open page: sideways scrolling, labels that meet, empty boxes."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"scrolls sideways: {wide} > {width}"] if wide > width else []
    return [*found, *page.evaluate(SEEN)]
