"""Figures by group, MMLU's subjects for instance, and their plain mean over the groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.intervals import estimates

Z = 1.959963984540054  # the 97.5 % point of the normal distribution

Groups = dict[str, dict[str, Any]]


def breakdown(
    stats: Mapping[str, tuple[Metric, NDArray[np.float64]]],
    groups: Sequence[str],
    clusters: NDArray[np.int64] | None,
    *,
    seed: int,
) -> Groups:
    """Return group → metric → `value`, `ci_low`, `ci_high`, `stderr`, `n`, groups in alphabetical order.

    `stats` are statistics (N, K) by metric, `groups` (N,) the group of each example.
    """
    names, places = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    found: Groups = {}
    for index, name in enumerate(names.tolist()):
        rows = places == index
        own = {key: (metric, matrix[rows]) for key, (metric, matrix) in stats.items()}
        of_group = estimates(own, None if clusters is None else clusters[rows], seed=seed)
        found[name] = {key: _plain(estimate) for key, estimate in of_group.items()}
    return found


def macro(groups: Groups) -> dict[str, dict[str, Any]]:
    """Return metric → the plain mean of the groups' figures, each group counting once.

    The groups are samples of their own, so the variances add: the standard error is the root of their sum
    over the number of groups, and the interval the normal one. Both are None where a group has none.
    """
    found = {}
    for metric in next(iter(groups.values()), {}):
        values = [group[metric]["value"] for group in groups.values()]
        errors = [group[metric]["stderr"] for group in groups.values()]
        value = None if None in values else math.fsum(values) / len(values)
        stderr = None if None in errors else math.sqrt(math.fsum(e * e for e in errors)) / len(errors)
        low = high = None
        if value is not None and stderr is not None:
            low, high = value - Z * stderr, value + Z * stderr
        found[metric] = {
            "value": value,
            "ci_low": low,
            "ci_high": high,
            "stderr": stderr,
            "groups": len(values),
        }
    return found


def _plain(estimate: Any) -> dict[str, Any]:
    """Return an estimate for `run.json`; a figure that is not a number is None."""
    figures = {key: getattr(estimate, key) for key in ("value", "ci_low", "ci_high", "stderr")}
    plain = {key: None if figure is None or math.isnan(figure) else figure for key, figure in figures.items()}
    return {**plain, "n": estimate.n}
