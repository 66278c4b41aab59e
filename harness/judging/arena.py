"""A board from pairwise verdicts: strengths, intervals by question, ranks, who is expected to beat whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import BadInput
from harness.judging.style import FEATURES, difference
from harness.judging.votes import Vote
from harness.stats import bradley_terry
from harness.stats.bradley_terry import Fit, Floats, Games, Missing
from harness.stats.ranking import ranks, step_down

ELO, PER_NAT = 1000.0, 400 / math.log(10)  # chess's scale: 400 points are odds of ten
FEW_QUESTIONS = 20  # below, a bootstrap of them is too narrow
FEW_DRAWS = 0.95  # of the draws need a maximum, or those that have one are a choice of the favourable
LEVEL = 0.95


@dataclass(frozen=True)
class Ends:
    """A figure and its interval, None where none can be stated."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Standing:
    """A row of the board; without strengths no `elo` and no `score` (wins over the baseline, 0-100)."""

    system: str
    rank: int | None
    elo: Ends | None
    score: Ends | None
    won: float
    games: int

    @property
    def share(self) -> float:
        """Return the plain share of wins, a tie being half a win."""
        return self.won / self.games


@dataclass(frozen=True)
class Arena:
    """Everything a report needs. `missing` says why there are no strengths, `parts` who beat whom never."""

    standings: list[Standing]
    expected: dict[str, dict[str, float]] | None
    place: Ends | None  # in points of 100: how much oftener equals win when shown first
    style: dict[str, Ends]  # in Elo points a standard deviation of the difference
    questions: int
    verdicts: int
    unjudged: int
    draws: int
    draws_without: int
    missing: Missing | None
    parts: list[list[str]]
    baseline: str | None
    style_unknown: int  # verdicts left out because a reply's style is not known
    place_untold: bool


@dataclass(frozen=True)
class Rules:
    """How verdicts are counted. `strong` is the weight of `>>`: three in Arena-Hard."""

    baseline: str | None = None
    strong: float = 1.0
    place: bool = True
    style: bool = False
    draws: int = 1000
    seed: int = 0


def arena(votes: Sequence[Vote], rules: Rules) -> Arena:
    """Return the board of these verdicts.

    Raises:
        BadInput: no verdict among them, or nobody is called as the baseline is.
    """
    judged = [vote for vote in votes if vote.verdict is not None]
    known = [vote for vote in judged if not rules.style or _styled(vote)]
    if not known:
        raise BadInput("no verdict to count" + (": no reply's style is known" if judged else ""))
    systems = sorted({name for vote in known for name in (vote.first, vote.second)})
    if rules.baseline is not None and rules.baseline not in systems:
        raise BadInput(f"--baseline {rules.baseline}: not among {', '.join(systems[:20])}")
    games, features = games_of(known, systems, rules)
    placed = rules.place and bradley_terry.tells_place(games)
    found = bradley_terry.fit(games, place=placed)
    drawn: list[Fit | Missing] = []
    if isinstance(found, Fit) and games.units > 1:
        drawn = list(bradley_terry.draws(games, found, rules.draws, rules.seed))
    left_out = len(votes) - len(judged), len(judged) - len(known)
    return _board(games, features, systems, rules, found, drawn, placed, *left_out)


def _styled(vote: Vote) -> bool:
    return vote.first_style is not None and vote.second_style is not None


def games_of(votes: Sequence[Vote], systems: Sequence[str], rules: Rules) -> tuple[Games, list[str]]:
    """Return the verdicts as games, with features of style in standard deviations where they are asked for.

    A feature in which no two replies differ tells nothing and is left out.
    """
    import numpy as np

    place = {system: number for number, system in enumerate(systems)}
    question = {name: number for number, name in enumerate(dict.fromkeys(vote.question for vote in votes))}
    verdicts = [vote.verdict for vote in votes if vote.verdict is not None]
    weight = np.array([rules.strong if one.strong else 1.0 for one in verdicts])
    style, features = np.zeros((len(votes), 0)), list[str]()
    if rules.style:
        style = np.array([difference(vote.first_style or (), vote.second_style or ()) for vote in votes])
        mean = np.average(style, axis=0, weights=weight)
        spread = np.sqrt(np.average((style - mean) ** 2, axis=0, weights=weight))
        style = style[:, spread > 0] / spread[spread > 0]
        features = [name for name, one in zip(FEATURES, spread, strict=True) if one > 0]
    games = Games(
        np.array([place[vote.first] for vote in votes]),
        np.array([place[vote.second] for vote in votes]),
        np.array([one.share for one in verdicts]),
        weight,
        np.array([question[vote.question] for vote in votes]),
        len(systems),
        style,
    )
    return games, features


def _board(
    games: Games,
    features: list[str],
    systems: list[str],
    rules: Rules,
    found: Fit | Missing,
    drawn: list[Fit | Missing],
    placed: bool,
    unjudged: int,
    style_unknown: int,
) -> Arena:
    fits = [one for one in drawn if isinstance(one, Fit)]
    certain = games.units >= FEW_QUESTIONS and len(fits) >= FEW_DRAWS * max(len(drawn), 1)
    scale = (
        _Scale(found, fits if certain else [], systems, rules.baseline) if isinstance(found, Fit) else None
    )
    groups = [[systems[number] for number in group] for group in bradley_terry.parts(games)]
    order = scale.order if scale else [systems.index(name) for group in groups for name in group]
    return Arena(
        standings=[_standing(games, systems, number, scale) for number in order],
        expected=scale.expected if scale else None,
        place=scale.place if scale and placed else None,
        style=scale.style(features) if scale else {},
        questions=games.units,
        verdicts=len(games.share),
        unjudged=unjudged,
        draws=len(drawn),
        draws_without=len(drawn) - len(fits),
        missing=None if isinstance(found, Fit) else found,
        parts=groups if len(groups) > 1 else [],
        baseline=rules.baseline,
        style_unknown=style_unknown,
        place_untold=rules.place and not placed,
    )


def _standing(games: Games, systems: list[str], number: int, scale: _Scale | None) -> Standing:
    won = games.share[games.first == number].sum() + (1 - games.share[games.second == number]).sum()
    count = int((games.first == number).sum() + (games.second == number).sum())
    if scale is None:
        return Standing(systems[number], None, None, None, float(won), count)
    return Standing(
        systems[number], scale.ranks[number], scale.elo(number), scale.score(number), float(won), count
    )


class _Scale:
    """A fit and its draws, on the scales that people read."""

    def __init__(self, found: Fit, fits: list[Fit], systems: list[str], baseline: str | None) -> None:
        import numpy as np

        self.found, self.fits, self.systems = found, fits, systems
        self.anchor = None if baseline is None else systems.index(baseline)
        self.strengths = self._anchored(found.strength[None])[0]
        self.drawn = self._anchored(np.array([one.strength for one in fits])) if fits else None
        self.order = sorted(
            range(len(systems)), key=lambda number: (-self.strengths[number], systems[number])
        )
        self.ranks = self._ranks()

    def _anchored(self, strengths: Floats) -> Floats:
        return strengths if self.anchor is None else strengths - strengths[:, [self.anchor]]

    def _ranks(self) -> list[int | None]:
        """Return ranks by what is proven over all pairs at once; nothing is proven without draws."""
        import numpy as np

        if self.drawn is None:
            return [None] * len(self.systems)
        moves = self.drawn - self.drawn.mean(axis=0)
        proven = step_down(self.strengths, moves.astype(np.float32), np.atleast_2d(np.cov(moves.T)))
        return [int(rank) for rank in ranks(self.strengths.tolist(), proven)]

    def _ends(self, value: float, drawn: Floats | None) -> Ends:
        import numpy as np

        if drawn is None:
            return Ends(value)
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Ends(value, float(low), float(high))

    def elo(self, number: int) -> Ends:
        """Return a system's Elo: the mean, or the baseline, has 1000."""
        drawn = None if self.drawn is None else ELO + PER_NAT * self.drawn[:, number]
        return self._ends(ELO + PER_NAT * float(self.strengths[number]), drawn)

    def score(self, number: int) -> Ends | None:
        """Return how often of 100 a system is expected to beat the baseline, at equal style and place."""
        import numpy as np

        if self.anchor is None:
            return None
        drawn = None if self.drawn is None else 100 / (1 + np.exp(-self.drawn[:, number]))
        return self._ends(100 / (1 + math.exp(-self.strengths[number])), drawn)

    @property
    def expected(self) -> dict[str, dict[str, float]]:
        """Return how often the row is expected to beat the column, the strongest first."""
        table = self.found.expected()
        return {
            self.systems[row]: {self.systems[column]: float(table[row, column]) for column in self.order}
            for row in self.order
        }

    @property
    def place(self) -> Ends | None:
        """Return how many points of 100 more the first of two equals wins than the second."""
        import numpy as np

        if self.found.place is None:
            return None
        drawn = np.array([100 * math.tanh((one.place or 0.0) / 2) for one in self.fits])
        return self._ends(100 * math.tanh(self.found.place / 2), drawn if len(drawn) else None)

    def style(self, features: Sequence[str]) -> dict[str, Ends]:
        """Return what a standard deviation more of each feature is worth, in Elo points."""
        import numpy as np

        drawn = np.array([one.style for one in self.fits])
        return {
            name: self._ends(
                PER_NAT * float(self.found.style[k]), PER_NAT * drawn[:, k] if len(drawn) else None
            )
            for k, name in enumerate(features)
        }
