"""A few items whose answers predict the figure of all of them.

The items are put in order of how hard they are expected to be and cut into as many pieces as are wanted, so
that the few are as hard as the many. Of seeded draws of one item from each piece, the one is kept from
which the systems that are known are predicted best. A new system's figure is foretold from its answers to
the few: its ability by the item-response model, and half of what its answers differ from what that model
expects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.stats.item_response import ItemResponse, fit

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

DRAWS = 2000
_TRUST = 0.5  # in what the few answers say beyond the model


@dataclass(frozen=True)
class TellingSubset:
    """The places of the chosen items, in order of their difficulty, and the model they are read by."""

    items: Places
    model: ItemResponse

    def predict(self, right: Floats) -> float:
        """Return what a system's figure on all items is foretold to be, 0 to 1.

        `right` (k,) are its answers to the chosen items, in their order; NaN is missing. All missing: what is
        expected of a system of average ability.
        """
        ability = self.model.ability_of(right, self.items)
        chance = self.model.chances(np.array([ability]))[0]
        beyond = right - chance[self.items]
        residual = float(np.nanmean(beyond)) if np.isfinite(beyond).any() else 0.0
        return float(np.clip(chance.mean() + _TRUST * residual, 0, 1))


def telling_subset(right: Floats, count: int, *, draws: int = DRAWS, seed: int = 0) -> TellingSubset:
    """Return `count` of the items, or all where there are no more, chosen by systems (S, N) of 0 to 1.

    Raises:
        ValueError: fewer than two systems, or no item.
    """
    model = fit(right)
    known = np.where(np.isnan(right), model.chances(model.ability), right)
    order = np.argsort(model.chances(model.ability).mean(axis=0), kind="stable")
    pieces = np.array_split(order, min(count, len(order)))
    sizes = np.array([len(piece) for piece in pieces])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    draw = np.random.default_rng(seed)
    whole = known.mean(axis=1)
    best, least = order[starts + sizes // 2], np.inf
    for _ in range(draws):
        items = order[starts + (draw.random(len(pieces)) * sizes).astype(np.intp)]
        error = float(np.square(known[:, items].mean(axis=1) - whole).mean())
        if error < least:
            best, least = items, error
    return TellingSubset(best, model)


def left_out_errors(right: Floats, count: int, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return how far off each system (S,) is foretold by a subset that the others have chosen; 0 to 1.

    Raises:
        ValueError: fewer than three systems.
    """
    if len(right) < 3:
        raise ValueError("at least two systems have to be left when one is left out")
    errors = []
    for out, answers in enumerate(right):
        subset = telling_subset(np.delete(right, out, axis=0), count, draws=draws, seed=seed)
        errors.append(abs(subset.predict(answers[subset.items]) - float(np.nanmean(answers))))
    return np.array(errors)
