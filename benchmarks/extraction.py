"""How often the extraction steps read the right option out of an answer, and how long they take.

python -m benchmarks.extraction [--misses]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from harness.extraction.steps import Step, first_option, stated_option
from harness.schema import Option
from tests.support.gold_answers import Answer, gold, measured


def substring() -> Step:
    """Return the option whose text comes first in the reply: what plain harnesses do."""

    def step(text: str, options: Sequence[Option]) -> str | None:
        found = [(text.find(option.text), -len(option.text), option.text) for option in options]
        return min((place for place in found if place[0] >= 0), default=(0, 0, None))[2]

    return step


STEPS: dict[str, Callable[[], Step]] = {
    "substring": substring,
    "first_option": first_option,
    "stated_option": stated_option,
}


def microseconds(step: Step, answers: Sequence[Answer], rounds: int = 20) -> float:
    """Return the CPU microseconds that one answer takes."""
    began = time.process_time()
    for _ in range(rounds):
        for answer in answers:
            step(answer.said, answer.options)
    return (time.process_time() - began) / rounds / len(answers) * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument(
        "--misses", action="store_true", help="what stated_option misses, without the held-out half"
    )
    given = arguments.parse_args()
    answers = gold()
    groups = {
        "all": answers,
        "hard": [answer for answer in answers if answer.hard],
        "tuned on": [answer for answer in answers if not answer.held_out and not answer.later],
        "held out": [answer for answer in answers if answer.held_out],
        "written later": [answer for answer in answers if answer.later],
    }
    groups |= {kind: [a for a in answers if a.kind == kind] for kind in sorted({a.kind for a in answers})}
    steps = {name: make() for name, make in STEPS.items()}
    print(f"{'precision recall':24} {'n':>4}  " + "  ".join(f"{name:>13}" for name in steps))
    for name, group in groups.items():
        found = [measured(step, group) for step in steps.values()]
        print(f"{name:24} {len(group):4}  " + "  ".join(map(str, found)))
    print(f"{'µs an answer':29}  " + "  ".join(f"{microseconds(s, answers):13.1f}" for s in steps.values()))
    if given.misses:
        step = steps["stated_option"]
        for answer in answers:
            read = step(answer.said, answer.options)
            if read != answer.answer and not answer.held_out:
                texts = "/".join(option.text for option in answer.options)
                print(f"{answer.kind}: {answer.said!r} ({texts}): {read}, not {answer.answer}")


if __name__ == "__main__":
    main()
