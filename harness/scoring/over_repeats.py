"""What repeats of an example say together: one right answer among k, their mean, what most of them say.

Chen et al. (2021), "Evaluating Large Language Models Trained on Code", for pass@k; Wang et al. (2023),
"Self-Consistency", for the majority.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from harness.metrics.aggregates import weighted_mean
from harness.schema import Metric

DRAWS = 200  # of k repeats, beyond which not every choice of them is looked at


class Repeats(NamedTuple):
    """The repeats of one example: what each said, and whether it was right, 0 to 1."""

    said: list[Hashable]
    right: list[float]


def pass_at(k: int, n: int, right: int) -> float:
    """Return how probable it is that k of n answers, drawn without putting back, hold one of the right ones.

    1 − C(n − c, k) / C(n, k), as a product, which overflows nowhere; 1 where fewer than k are wrong.
    """
    if n - right < k:
        return 1.0
    none = 1.0
    for i in range(n - right + 1, n + 1):
        none *= 1 - k / i
    return 1 - none


def majority(repeats: Repeats) -> float:
    """Return whether what most repeats say is right; of equals, the first. Unanswered is no vote."""
    votes = Counter(said for said in repeats.said if said is not None)
    if not votes:
        return 0.0
    winner = max(votes, key=votes.__getitem__)  # the first of equals
    return repeats.right[repeats.said.index(winner)]


def majority_of(k: int, repeats: Repeats) -> float:
    """Return how probable it is that k of the repeats, drawn without putting back, have the right majority.

    Of few such draws all are looked at, of more than DRAWS so many, by a seed.
    """
    n = len(repeats.right)
    if math.comb(n, k) <= DRAWS:
        chosen: Iterable[Sequence[int]] = itertools.combinations(range(n), k)
    else:
        draw = random.Random(k)
        chosen = (sorted(draw.sample(range(n), k)) for _ in range(DRAWS))
    drawn = (Repeats([repeats.said[i] for i in some], [repeats.right[i] for i in some]) for some in chosen)
    votes = list(map(majority, drawn))
    return sum(votes) / len(votes)


def figures(examples: Sequence[Repeats]) -> dict[str, list[float]]:
    """Return name → a value an example: `pass@k` for k of 1, 2, 4 … n, `avg@n`, `maj@k` for k of 4, 8 … n.

    n is the fewest repeats that an example has: one of which some failed does not take part in more.
    Nothing where no example has two.
    """
    n = min((len(one.right) for one in examples), default=0)
    if n < 2:
        return {}
    steps = sorted({*(2**power for power in range(n.bit_length()) if 2**power <= n), n})
    found = {
        f"pass@{k}": [pass_at(k, len(one.right), round(sum(one.right))) for one in examples] for k in steps
    }
    found[f"avg@{n}"] = [sum(one.right) / len(one.right) for one in examples]
    for k in (k for k in steps if 2 < k < n):  # of two, a majority is whichever comes first
        found[f"maj@{k}"] = [majority_of(k, one) for one in examples]
    found[f"maj@{n}"] = [majority(one) for one in examples]
    return found


def metric(name: str, main: Metric) -> Metric:
    """Return the figure's metric, of examples and not of repeats."""
    signature = f"{name}|v:1|of:{main.signature}"
    return Metric(name, lambda _seen, _target: (0.0,), weighted_mean, signature)
