"""Figures by group, MMLU's subjects for instance, and their plain mean over the groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.schema import Metric
from harness.stats.composite import Figure, mean_of_groups
from harness.stats.intervals import estimates

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

    The groups are samples of their own: the standard error is the root of the sum of their squares over the
    number of groups, and the ends are put together from the groups' own, so that they stay in bounds. Each is
    None where a group has none.
    """
    found = {}
    for metric in next(iter(groups.values()), {}):
        own = [group[metric] for group in groups.values()]
        errors = [one["stderr"] for one in own]
        mean = Figure(0.0, None, None, 0)
        if known := all(one["value"] is not None for one in own):
            ends = [Figure(one["value"], one["ci_low"], one["ci_high"], one["n"]) for one in own]
            mean = mean_of_groups(ends)
        found[metric] = {
            "value": mean.value if known else None,
            "ci_low": mean.low,
            "ci_high": mean.high,
            "stderr": None if None in errors else math.sqrt(math.fsum(e * e for e in errors)) / len(errors),
            "groups": len(own),
        }
    return found


def _plain(estimate: Any) -> dict[str, Any]:
    """Return an estimate for `run.json`; a figure that is not a number is None."""
    figures = {key: getattr(estimate, key) for key in ("value", "ci_low", "ci_high", "stderr")}
    plain = {key: None if figure is None or math.isnan(figure) else figure for key, figure in figures.items()}
    return {**plain, "n": estimate.n}
