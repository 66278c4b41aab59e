"""How far a sequential gate asks, and how often it is wrong, on simulated nights.

    python -m benchmarks.sequential_gate

Each example falls, rises or stays with known chances; the loop is that of `harness gate --sequential`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from harness.evaluation.sequential_gate import FIRST, GROWTH, verdict_of
from harness.reports.writers.markdown import table

OUT = Path(__file__).with_name("sequential_gate.md")
SIZE = 1000
# what: chances to fall and to rise, level of the proof, margin, nights
NIGHTS = {
    "unchanged, noisy": (0.1, 0.1, 0.05, 0.0, 200),
    "unchanged, noisy, a margin of 0.02": (0.1, 0.1, 0.005, 0.02, 200),
    "unchanged, quiet, a margin of 0.01": (0.002, 0.002, 0.005, 0.01, 100),
    "fallen by 0.02, which is the margin": (0.11, 0.09, 0.05, 0.02, 200),
    "fallen by 0.05": (0.1, 0.05, 0.005, 0.0, 200),
    "fallen by 0.10": (0.15, 0.05, 0.005, 0.0, 200),
    "fallen by 0.20": (0.22, 0.02, 0.005, 0.0, 100),
}


def night(draw: np.random.Generator, down: float, up: float, share: float, margin: float) -> tuple[str, int]:
    """Return the verdict of a night and how many examples it took."""
    falls = draw.choice([1.0, -1.0, 0.0], size=SIZE, p=[down, up, 1 - down - up])
    asked, verdict = 0, "undecided"
    while asked < SIZE and verdict == "undecided":
        asked = min(SIZE, asked + max(FIRST, asked // GROWTH))
        verdict = verdict_of(falls[:asked], SIZE, margin, share)
    return verdict, asked


def main() -> None:
    """Simulate the nights and write the table."""
    draw, lines = np.random.default_rng(0), []
    for name, (down, up, share, margin, nights) in NIGHTS.items():
        found = [night(draw, down, up, share, margin) for _ in range(nights)]
        count = Counter(verdict for verdict, _ in found)
        asked = float(np.mean([asked for _, asked in found])) / SIZE
        said = [str(count[verdict]) for verdict in ("fallen", "ruled out", "undecided")]
        lines.append([name, f"{share:g}", str(nights), *said, f"{asked:.1%}"])
    head = ["night", "level", "nights", "regression", "passed early", "to the end", "asked"]
    text = f"{SIZE:,} examples; made by `python -m benchmarks.sequential_gate`, see there."
    OUT.write_text(f"# A sequential gate\n\n{text}\n\n{table(head, lines)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
