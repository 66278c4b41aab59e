"""How large a difference is, apart from how sure: effect sizes of two systems on the same examples."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from harness.metrics.aggregates import OfSums, mean
from harness.schema import Metric
from harness.stats.bootstrap import Floats, figure_of

COHEN_H, COHEN_DZ = "Cohen's h", "Cohen's dz"


class Effect(NamedTuple):
    """An effect size without unit, above 0 where a's figure is the higher; `name` says which."""

    name: str
    value: float


def effect(metric: Metric, stats_a: Floats, stats_b: Floats) -> Effect | None:
    """Return how large a's figure minus b's is: h of two shares, dz of two means.

    `stats_a` and `stats_b` are (N, K), row by row the same example. Cohen (1988): h is
    2·asin(√a) − 2·asin(√b), dz the mean of the examples' differences over their standard deviation. None
    for what is no mean of single examples (macro-F1, BLEU), for fewer than two of them, and where all
    differ alike.

    Raises:
        HarnessError: N is 0.
    """
    if metric.interval == "wilson":
        return Effect(COHEN_H, cohen_h(figure_of(metric, stats_a), figure_of(metric, stats_b)))
    if not isinstance(metric.aggregate, OfSums) or metric.aggregate.figure is not mean:
        return None
    differences = (metric.aggregate.summed(stats_a) - metric.aggregate.summed(stats_b))[:, 0]
    if len(differences) < 2:
        return None
    spread = float(differences.std(ddof=1))
    if not spread > 1e-12 * float(np.abs(differences).max()):
        return None  # of differences that are all the same, rounding aside, or not a number
    return Effect(COHEN_DZ, float(differences.mean()) / spread)


def cohen_h(a: float, b: float) -> float:
    """Return Cohen's h of two shares, -π to π: the difference of their arcsines."""
    return 2 * math.asin(math.sqrt(a)) - 2 * math.asin(math.sqrt(b))


def by_example(metric: Metric, stats: Floats) -> Floats | None:
    """Return the metric's figure of each example alone (N,), None where that means nothing.

    It means something for formulas over sums that are defined for one row: a hit, an F1, a chrF.
    """
    if not isinstance(metric.aggregate, OfSums) or not len(stats):
        return None
    figures = metric.aggregate.figure(metric.aggregate.summed(stats), np.ones(len(stats)))
    return figures if np.isfinite(figures).any() else None
