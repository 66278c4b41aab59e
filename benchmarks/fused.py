"""Two runs' rankings as one, the weight of each chosen on the questions of other articles (cross-fitting).

    python -m benchmarks.fused RUN RUN OUT.jsonl [--fuse zscore]
    harness run -t korquad_retrieval -b recorded -m file=OUT.jsonl -m ranking=ranking

The articles (a task's clusters) are parted into `FOLDS` by a hash of their names. For each part the weight of
the second run is the one of `WEIGHTS` with the highest mean nDCG@10 on all other parts; both runs are fused
with it for the part's own questions. So no figure is of a question that had a say in its weight. What was
chosen is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness import runs
from harness.metrics.retrieval import ndcg
from harness.models.fusion import Fuse, fused
from harness.models.ranked import ranked

FOLDS, DEPTH = 5, 100
WEIGHTS = tuple(n / 10 for n in range(11))


class Asked(NamedTuple):
    """A question: its id, its article, what is relevant, and what either run found."""

    id: str
    article: str
    relevant: Sequence[str]
    found: tuple[Any, Any]

    def joint(self, weight: float, fuse: Fuse) -> list[tuple[str, float]]:
        """Return the joint ranking where the second run weighs `weight` and the first one the rest."""
        return fused(self.found, (1 - weight, weight), fuse, DEPTH)


def asked(first: runs.Run, second: runs.Run) -> list[Asked]:
    """Return the questions that both runs answered.

    Raises:
        ValueError: one of them lacks a question of the other.
    """
    ours, theirs = _lines(first), _lines(second)
    if ours.keys() != theirs.keys():
        raise ValueError(f"{first.label} and {second.label} were not asked the same questions")
    return [
        Asked(name, str(line["cluster"]), line["target"], (_ranking(line), _ranking(theirs[name])))
        for name, line in ours.items()
    ]


def _lines(run: runs.Run) -> dict[str, Any]:
    with (run.directory / "samples.jsonl").open(encoding="utf-8") as journal:
        return {line["id"]: line for line in map(json.loads, journal)}


def _ranking(line: dict[str, Any]) -> Any:
    return line["response"]["ranking"]


def fold(article: str) -> int:
    """Return the part that an article is in."""
    return int.from_bytes(blake2b(article.encode(), digest_size=8).digest()) % FOLDS


def cross_fitted(questions: Sequence[Asked], fuse: Fuse) -> tuple[list[float], list[Any]]:
    """Return the weight of the second run in each part, and each question's joint ranking under it."""
    measure = ndcg("10")
    gained = np.array(
        [
            [measure.statistics(ranked(one.joint(weight, fuse)), one.relevant)[0] for weight in WEIGHTS]
            for one in questions
        ]
    )  # (N, W)
    folds = np.array([fold(one.article) for one in questions])
    chosen = [WEIGHTS[int(gained[folds != part].mean(axis=0).argmax())] for part in range(FOLDS)]
    return chosen, [one.joint(chosen[part], fuse) for one, part in zip(questions, folds, strict=True)]


def write(first: Path, second: Path, out: Path, fuse: Fuse) -> list[float]:
    """Write the joint rankings of two run directories as a file that `recorded` reads; return the weights."""
    questions = asked(*runs.load(first), *runs.load(second))
    chosen, rankings = cross_fitted(questions, fuse)
    with out.open("w", encoding="utf-8") as stream:
        for one, ranking in zip(questions, rankings, strict=True):
            stream.write(json.dumps({"id": one.id, "ranking": ranking}) + "\n")
    return chosen


def main() -> None:
    """Fuse two runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fuse", choices=["zscore", "rrf"], default="zscore")
    said = parser.parse_args()
    print("weights of the second run:", *write(said.first, said.second, said.out, said.fuse))


if __name__ == "__main__":
    main()
