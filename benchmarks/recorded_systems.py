"""Who had what right, by system and example, of the replies in `../shared/replies`.

A reply counts as its authors counted it: CLIcK's column `pred`, MMLU-Pro's `official_pred`; one that they
did not read is wrong, one that is not there is NaN.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHARED = Path(os.environ.get("HARNESS_SHARED") or Path(__file__).parents[2] / "shared")


class Systems(NamedTuple):
    """Scores (systems, examples), 1 right, 0 wrong, NaN where there is no answer; their names and ids."""

    names: list[str]
    ids: list[str]
    scores: NDArray[np.float64]

    @property
    def common(self) -> NDArray[np.float64]:
        """Return the scores on the examples that all of them answered."""
        return self.scores[:, np.isfinite(self.scores).all(axis=0)]


def click() -> Systems:
    """Return the sixteen systems on CLIcK; an example is known by its id and its answer."""
    known: dict[str, dict[str, float]] = {}
    for path in sorted((SHARED / "replies/korean/click").glob("*.csv.gz")):
        text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        known[path.name.removesuffix(".csv.gz")] = {
            f"{row['id']}={row['answer']}": float(row["pred"] == row["answer"]) for row in rows
        }
    return _matrix(known)


def mmlu_pro() -> Systems:
    """Return the eight systems on MMLU-Pro."""
    key = {row["question_id"]: row["answer"] for row in _lines(SHARED / "data/mmlu_pro/test_full.jsonl.gz")}
    known = {
        path.name.removesuffix(".jsonl.gz"): {
            str(row["question_id"]): float(row["official_pred"] == key[row["question_id"]])
            for row in _lines(path)
        }
        for path in sorted((SHARED / "replies/mmlu_pro").glob("*.jsonl.gz"))
    }
    return _matrix(known)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line]


def _matrix(known: dict[str, dict[str, float]]) -> Systems:
    ids = sorted(set().union(*known.values()))
    scores = [[right.get(name, np.nan) for name in ids] for right in known.values()]
    return Systems(list(known), ids, np.array(scores))
