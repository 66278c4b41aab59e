"""A site of 100 runs of 10,000 examples, and how soon a page of 50,000 examples can be read.

python -m benchmarks.site            the site: seconds and megabytes
python -m benchmarks.site --paint    the page, in Chromium: needs playwright
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import HEADS, POOL, harness, machine, run
from tests.support.browsing import browser
from tests.support.fake_runs import fake_run
from tests.support.looks import sixty

RUNS, EXAMPLES, MANY, SHOTS = 100, 10_000, 50_000, 5
TASKS = 4
BOUNDS = "bounds: 60 s, 300 MB"


def reviews(count: int, seed: int) -> list[str]:
    """Return reviews of which few are alike; every second one is positive."""
    draw = random.Random(seed)
    return [
        f"{draw.choice(HEADS)} {draw.choice(POOL[str(row % 2)])}, {draw.choice(POOL[str(row % 2)])} {row}"
        for row in range(count)
    ]


def prompts(texts: list[str], seed: int) -> list[str]:
    """Return each review after worked examples of its own."""
    draw = random.Random(seed)
    shots = [f"문장: {text}\n감정: {'부정긍정'[2 * (row % 2) :][:2]}\n" for row, text in enumerate(texts)]
    return ["".join(draw.sample(shots, SHOTS)) + f"문장: {text}\n감정:" for text in texts]


def journal(texts: list[str], asked: list[str], seed: int) -> Callable[[int], Mapping[str, Any]]:
    """Return what the records of one system hold: of every second system a prompt, a reply and tokens."""
    draw = random.Random(seed)

    def record(row: int) -> dict[str, Any]:
        scores = [-draw.expovariate(1), -draw.expovariate(1)]
        timing = {"queue": None, "ttft": None, "e2e": draw.expovariate(20)}
        response: dict[str, Any] = {"option_scores": scores, "text": None, "timing_s": timing}
        request: dict[str, Any] = {"fields": {"input": texts[row]}}
        if seed % 2:
            request = {"prompt": asked[row]}
            response["text"] = f" {draw.choice(['긍정', '부정'])}입니다. {draw.choice(HEADS)}"
            response["usage"] = {
                "prompt_tokens": len(asked[row]) // 2,
                "completion_tokens": draw.randint(3, 9),
            }
        return {"request": request | {"options": ["부정", "긍정"]}, "response": response}

    return record


def write(folder: Path, runs: int, examples: int, tasks: int) -> None:
    """Write the runs of `tasks` tasks by as many systems as that takes."""
    for task in range(tasks):
        texts = reviews(examples, task)
        asked = prompts(texts, task)
        for system in range(runs // tasks):
            draw = random.Random(100 * task + system)
            answers = "".join("0" if draw.random() < 0.1 + system / 100 else "1" for _ in range(examples))
            changes = {"metrics": ["accuracy"]}
            kept = journal(texts, asked, system)
            fake_run(folder, f"system{system}", answers, task=f"task{task}", changes=changes, journal=kept)


def size(folder: Path) -> float:
    """Return megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def many_runs(folder: Path) -> None:
    write(folder / "runs", RUNS, EXAMPLES, TASKS)
    cost = run([*harness(), "report", str(folder / "runs"), "--out", str(folder / "site")])
    print(f"{RUNS} runs of {EXAMPLES:,} examples, journals {size(folder / 'runs'):,.0f} MB")
    print(f"wall {cost.wall:.1f} s, CPU {cost.cpu:.1f} s, peak {cost.rss:.0f} MiB; {BOUNDS}")
    site = folder / "site"
    data = sum(1 for _ in (site / "data").iterdir())
    print(f"site {size(site):,.0f} MB, {size(site / 'data'):,.0f} of it data in {data:,} files")


def first_paint(folder: Path) -> None:
    write(folder / "runs", 1, MANY, 1)
    run([*harness(), "report", str(folder / "runs"), "--out", str(folder / "site")])
    (page,) = (folder / "site/runs").iterdir()
    sixty(folder / "sixty")
    run([*harness(), "report", str(folder / "sixty"), "--out", str(folder / "board")])
    painted, listed, board = [], [], []
    with browser() as chromium:
        for _ in range(7):
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            opened = context.new_page()
            opened.goto(page.as_uri())
            opened.wait_for_selector('#list[aria-busy="false"]')
            listed.append(opened.evaluate("performance.now()"))
            painted.append(
                opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            opened.goto((folder / "board/index.html").as_uri())
            board.append(
                opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            context.close()
    told = (("first paint", painted, 500), ("examples listed", listed, 1500), ("board of 60", board, 500))
    for what, times, bound in told:
        middle, longest = statistics.median(times), max(times)
        print(f"{what}: median {middle:.0f} ms, longest {longest:.0f} ms; bound {bound:,} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paint", action="store_true")
    chosen = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as made:
        (first_paint if chosen.paint else many_runs)(Path(made))


if __name__ == "__main__":
    main()
