"""Which reviews were read by hand for kept labels: `python -m benchmarks.perturbations FILE [KIND…]`.

Prints id, label, text and perturbed text of the first 200 test reviews of NSMC (8 to 45 signs) that a kind
changes, so that anybody can read them again. The verdicts stand in `perturbations.md`.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from harness.perturbations.kinds import TEXTS

SEED, READ, SHORTEST, LONGEST = 1234, 200, 8, 45


def reviews(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, text and label of each review that is neither very short nor very long."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            name, text, label = line.rstrip("\n").split("\t")
            if SHORTEST <= len(text) <= LONGEST:
                yield name, text, label


def changed(path: Path, kind: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, label, text and perturbed text of the reviews that a kind changes."""
    for name, text, label in reviews(path):
        written = TEXTS[kind].change(text, (SEED, "perturb", kind, name, "input"))
        if written != text:
            yield name, label, text, written


def main() -> None:
    path, kinds = Path(sys.argv[1]), sys.argv[2:] or list(TEXTS)
    for kind in kinds:
        print(f"# {kind}")
        for row in islice(changed(path, kind), READ):
            print(*row, sep="\t")


if __name__ == "__main__":
    main()
