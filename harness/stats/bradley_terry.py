"""Bradley-Terry: strengths from games of two, by Newton's method to the maximum of the likelihood.

    logit P(the first wins) = strength of the first - strength of the second + place + style · coefficients

A tie is half a win for each. `place` is what standing first is worth; `style` holds differences, such as of
length, so that strengths are those at equal style. Strengths that do not exist (Ford 1957) are told, not
made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEPS, SMALL_STEP = 100, 1e-11  # Newton's steps at most; nats
INFINITE = 30.0  # nats: a strength that has come so far has no maximum to come to
Missing = Literal["parts", "infinite"]


@dataclass(frozen=True)
class Games:
    """G games: who stood first and second, the share of the win that the first has, weight and question."""

    first: Ints
    second: Ints
    share: Floats
    weight: Floats
    unit: Ints
    systems: int
    style: Floats  # (G, K): the first's less the second's

    @property
    def units(self) -> int:
        """Return how many questions there are."""
        return int(self.unit.max(initial=-1)) + 1

    def weighted(self, by_unit: Floats) -> Games:
        """Return the games with those of each question counted so many times."""
        return replace(self, weight=self.weight * by_unit[self.unit])


@dataclass(frozen=True)
class Fit:
    """Strengths in nats (M,), of mean 0; what standing first is worth; the coefficients of style (K,)."""

    strength: Floats
    place: float | None
    style: Floats

    def expected(self) -> Floats:
        """Return (M, M): how often the row is expected to beat the column, places and style being equal."""
        return _logistic(self.strength[:, None] - self.strength)


def parts(games: Games) -> list[list[int]]:
    """Return the groups of systems that have beaten each other, the strongest first; one if strengths exist.

    Between two groups all games went one way, or there were none: how far they are apart nobody can say.
    """
    from scipy.sparse.csgraph import connected_components

    beaten = np.zeros((games.systems, games.systems))
    won, lost = games.weight * games.share, games.weight * (1 - games.share)
    np.add.at(beaten, (games.first, games.second), won)
    np.add.at(beaten, (games.second, games.first), lost)
    count, label = connected_components(beaten > 0, connection="strong")
    groups = [np.flatnonzero(label == number) for number in range(count)]
    shares = beaten.sum(axis=1) / np.maximum(beaten.sum(axis=1) + beaten.sum(axis=0), 1e-300)
    groups.sort(key=lambda group: -float(shares[group].mean()))
    return [group.tolist() for group in groups]


def tells_place(games: Games) -> bool:
    """Return whether the place can be told from who stood there: not if some always stood first."""
    design = _design(_pooled(games, _pairs(games)))
    return int(np.linalg.matrix_rank(design)) > int(np.linalg.matrix_rank(design[:, :-1]))


def _design(games: Games) -> Floats:
    """Return (G, M + 1): what a game says of the strengths, and of the place."""
    rows, design = np.arange(len(games.first)), np.zeros((len(games.first), games.systems + 1))
    design[rows, games.first] += 1
    design[rows, games.second] -= 1
    design[:, -1] = 1
    return design


def _separates(games: Games) -> bool:
    """Return whether some strengths and place explain all that one side always won, better and better.

    Then the likelihood has no maximum (Albert and Anderson 1984), though the systems are one group: found as
    a linear programme, where Newton's steps would wander off by an amount that depends on the way.
    """
    from scipy.optimize import linprog

    some = _rows(games, games.weight > 0)
    design = _design(some)
    won, lost = some.share >= 1, some.share <= 0
    sided = np.concatenate([design[won], -design[lost]])
    if not len(sided):
        return False
    even = design[~(won | lost)]
    found = linprog(
        -sided.sum(axis=0),
        A_ub=-sided,
        b_ub=np.zeros(len(sided)),
        A_eq=even if len(even) else None,
        b_eq=np.zeros(len(even)) if len(even) else None,
        bounds=(-1, 1),
    )
    return bool(found.status == 0 and -found.fun > 1e-7)


def fit(games: Games, *, place: bool = False, start: Fit | None = None) -> Fit | Missing:
    """Return the maximum of the likelihood, or what stands in the way of one.

    `parts`: the systems fall into groups that never beat each other; `infinite`: the likelihood rises for
    ever.
    """
    return _fit(games if games.style.shape[1] else _pooled(games, _pairs(games)), place, start)


def _fit(games: Games, place: bool, start: Fit | None) -> Fit | Missing:
    if len(parts(games)) > 1:
        return "parts"
    if place and not games.style.shape[1] and _separates(games):
        return "infinite"
    at = np.zeros(games.systems + place + games.style.shape[1])
    if start is not None:
        at = np.concatenate([start.strength, [start.place or 0.0] * place, start.style])
    found = _newton(games, at, place)
    if found is None:
        return "infinite"
    m = games.systems
    return Fit(found[:m] - found[:m].mean(), float(found[m]) if place else None, found[m + place :])


def draws(games: Games, first: Fit, count: int, seed: int = 0) -> Iterator[Fit | Missing]:
    """Yield the fit of `count` bootstrap draws of the questions: a question's games come or go together."""
    rng, units = np.random.default_rng(seed), games.units
    pairs = None if games.style.shape[1] else _pairs(games)
    for _ in range(count):
        counts = rng.multinomial(units, np.full(units, 1 / units)).astype(np.float64)
        drawn = games.weighted(counts)
        drawn = _rows(drawn, drawn.weight > 0) if pairs is None else _pooled(drawn, pairs)
        yield _fit(drawn, first.place is not None, first)


def _rows(games: Games, keep: NDArray[np.bool_]) -> Games:
    return Games(
        games.first[keep],
        games.second[keep],
        games.share[keep],
        games.weight[keep],
        games.unit[keep],
        games.systems,
        games.style[keep],
    )


def _pairs(games: Games) -> tuple[Ints, Ints]:
    """Return the pairs in order that have met, as numbers, and which of them each game is."""
    seen, index = np.unique(games.first * games.systems + games.second, return_inverse=True)
    return seen, index


def _pooled(games: Games, pairs: tuple[Ints, Ints]) -> Games:
    """Return one game a pair in order, of all of their weight: without style no more is needed."""
    seen, index = pairs
    weight = np.bincount(index, games.weight, len(seen))
    won = np.bincount(index, games.weight * games.share, len(seen))
    share = np.divide(won, weight, out=np.full(len(seen), 0.5), where=weight > 0)
    first, second = np.divmod(seen, games.systems)
    none = np.zeros((len(seen), 0))
    return Games(
        first, second, share, np.asarray(weight, np.float64), np.zeros_like(first), games.systems, none
    )


def _newton(games: Games, at: Floats, place: bool) -> Floats | None:
    """Return the maximum, None where there is none; a step that would lower the likelihood is halved."""
    likelihood = _log_likelihood(games, at, place)
    for _ in range(STEPS):
        gradient, information = _derivatives(games, at, place)
        information[: games.systems, : games.systems] += 1 / games.systems  # only differences are told
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return None
        new = _log_likelihood(games, at + step, place)
        while new < likelihood - 1e-9 * abs(likelihood) and np.abs(step).max() > SMALL_STEP:
            step = step / 2
            new = _log_likelihood(games, at + step, place)
        at, likelihood = at + step, new
        if np.abs(step).max() < SMALL_STEP:
            return at
        if not np.isfinite(at).all() or np.abs(at[: games.systems + place]).max() > INFINITE:
            return None
    return None


def _logit(games: Games, at: Floats, place: bool) -> Floats:
    m = games.systems
    logit = at[games.first] - at[games.second] + games.style @ at[m + place :]
    return logit + at[m] if place else logit


def _log_likelihood(games: Games, at: Floats, place: bool) -> float:
    logit = _logit(games, at, place)
    return float(games.weight @ (games.share * logit - np.logaddexp(0, logit)))


def _derivatives(games: Games, at: Floats, place: bool) -> tuple[Floats, Floats]:
    """Return the gradient (P,) and the information (P, P); P: strengths, the place, coefficients of style.

    A game touches two strengths, so their block is counted up pair by pair: no (G, P) matrix is made.
    """
    m, first, second = games.systems, games.first, games.second
    p = _logistic(_logit(games, at, place))
    rest, curve = games.weight * (games.share - p), games.weight * p * (1 - p)
    beside = np.column_stack([np.ones((len(p), int(place))), games.style])  # (G, P - M)

    def by_system(values: Floats) -> Floats:
        return np.asarray(np.bincount(first, values, m) - np.bincount(second, values, m), np.float64)

    gradient = np.concatenate([by_system(rest), beside.T @ rest])
    met = np.bincount(first * m + second, curve, m * m).reshape(m, m)
    met = met + met.T
    information = np.zeros((len(at), len(at)))
    information[:m, :m] = np.diag(met.sum(axis=1)) - met
    for column, values in enumerate(beside.T, m):
        information[:m, column] = information[column, :m] = by_system(curve * values)
    information[m:, m:] = (beside * curve[:, None]).T @ beside
    return gradient, information


def _logistic(logit: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logit / 2)))
