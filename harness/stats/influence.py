"""How much each example moves a figure: the first-order weight of one more of it.

With influences the figure of any weighting is the figure plus a mean, so that what would cost a sort a draw
costs a product of matrices. What is left out is of the order of 1/N, where the standard error is of 1/√N:
Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 21 and 22.
"""

from __future__ import annotations

import math

import numpy as np

from harness.metrics.aggregates import OfSums, Prepared
from harness.schema import Metric
from harness.stats.bootstrap import (
    Draws,
    Ends,
    Floats,
    ResamplingPlan,
    by_unit,
    distinct_rows,
    figure_of,
    figures_by_weights,
    slices,
)
from harness.stats.shares import cr2, degrees_of_freedom, proportional
from harness.stats.student import t_quantile

_STEP = 1e-4  # of a central difference, in shares of what is varied


def influence(metric: Metric, stats: Floats) -> Floats:
    """Return the influence (N,) of each of the rows (N, K) on the metric's figure, in its unit.

    The figure over weights w that sum to W is about `figure + (w / W - 1 / N) @ influence`; the influences
    sum to 0. Where the figure is undefined or infinite, or a row is, they are NaN.
    """
    aggregate = metric.aggregate
    if np.isinf(stats).any() or not math.isfinite(figure_of(metric, stats)):
        return np.full(len(stats), np.nan)
    if isinstance(aggregate, OfSums):
        found = _by_gradient(aggregate, stats)
    elif isinstance(aggregate, Prepared) and aggregate.influence is not None:
        found = aggregate.influence(stats)
    else:
        found = _by_differences(metric, stats)
    return np.asarray(found - found.mean())


def _by_gradient(aggregate: OfSums, stats: Floats) -> Floats:
    """Return the influences on a formula over sums: its gradient there, times each row's columns."""
    columns, n = aggregate.summed(stats), float(len(stats))
    sums, sizes = columns.sum(axis=0), np.abs(columns).sum(axis=0)
    held = np.flatnonzero(sizes)  # what no row has moves nothing, and the formula may end below 0 of it
    step = np.zeros((len(held), len(sums)))
    step[np.arange(len(held)), held] = _STEP * sizes[held]
    up, down = (aggregate.figure(side, np.full(len(side), n)) for side in (sums + step, sums - step))
    return np.asarray(n * columns[:, held] @ ((up - down) / (2 * _STEP * sizes[held])))


def _by_differences(metric: Metric, stats: Floats) -> Floats:
    """Return the influences on any figure, by weighing each distinct row a little more and a little less."""
    distinct, codes = distinct_rows(stats, len(stats)) or (stats, np.arange(len(stats)))
    figures, counts = figures_by_weights(metric, distinct), np.bincount(codes).astype(np.float64)
    found = np.empty(len(distinct))
    for part in slices(len(distinct), max(1, 2**20 // len(distinct))):
        step = np.zeros((len(found[part]), len(distinct)))
        step[np.arange(len(step)), np.arange(len(distinct))[part]] = _STEP * counts[part]
        found[part] = (figures(counts + step) - figures(counts - step)) / (2 * _STEP * counts[part])
    return np.asarray(len(stats) * found[codes])


def t_reach(moves: Floats, plan: ResamplingPlan, lengths: Floats | None = None) -> float:
    """Return how far the t interval of a figure reaches to either side, from influences (N,).

    By the variance CR2 of the units' sums and the degrees of freedom of Imbens and Kolesár; NaN where an
    influence is none. A unit draws the figure towards itself by its share of the `lengths` (N,), if it has
    any, else of the examples.

    Long texts make that variance unsure, and few degrees of freedom make a t without bounds. They are not
    needed where the variance is no less than what all texts tell of long ones: the lesser of both reaches.
    """
    sizes = by_unit((np.ones(plan.n) if lengths is None else lengths)[:, None], plan)[:, 0]
    sums = by_unit(moves[:, None], plan)[:, 0] * (sizes.sum() / plan.n)
    variance = cr2(sums, sizes)
    reach = t_quantile(plan.level, max(1.0, degrees_of_freedom(sizes))) * math.sqrt(variance)
    if lengths is None:
        return reach
    held = sizes > 0
    sure = max(variance, proportional(sums[held], sizes[held]))
    return min(reach, t_quantile(plan.level, max(1.0, held.sum() - 1.0)) * math.sqrt(sure))


def jackknife_reach(aggregate: OfSums, stats: Floats, plan: ResamplingPlan) -> float:
    """Return how far a correlation's interval reaches on Fisher's scale, its inverse hyperbolic tangent.

    By Student's t and the variance of the figures without each unit in turn, which few units do not make too
    small (Efron and Stein 1981), on the scale on which that of a correlation is about the same everywhere.
    Infinite or NaN where a unit holds the figure alone.
    """
    units = by_unit(np.column_stack([aggregate.summed(stats), np.ones(plan.n)]), plan)
    rest = units.sum(axis=0) - units
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.arctanh(aggregate.figure(rest[:, :-1], rest[:, -1]))
        variance = (len(units) - 1) * float(((moved - moved.mean()) ** 2).mean())
    return t_quantile(plan.level, max(1.0, degrees_of_freedom(units[:, -1]))) * math.sqrt(variance)


class Linear:
    """A metric's rows, of which a draw takes the influences alone: as quick as a sum."""

    def __init__(self, metric: Metric, stats: Floats) -> None:
        self._value, self._influence = figure_of(metric, stats), influence(metric, stats)

    def figures(self, drawn: Draws) -> Floats:
        """Return the metric's figure (d,) in each draw."""
        return np.asarray(self._value + drawn.weights @ self._influence / drawn.examples)

    def ends(self, drawn: Draws) -> Ends:
        """Return the figures twice: influences know no imaginary unit."""
        return Ends(*2 * (self.figures(drawn),))
