"""AlpacaEval's two figures of a system against one baseline: the win rate, and the length-controlled one.

The latter needs two files of the authors', which are on their hub only: `instruction_difficulty.csv` and
`df_gamed.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BadInput, Place
from harness.judging.votes import Vote
from harness.stats.win_rates import Floats, Gamed, WinRate, length_controlled, win_rate
from harness.tables.rows import named_rows

DIFFICULTY, GAMED = "instruction_difficulty.csv", "df_gamed.csv"


@dataclass(frozen=True)
class Known:
    """What the authors' files hold: each question's difficulty, and the rows of the gamed baselines."""

    difficulty: Floats
    gamed: Gamed


@dataclass(frozen=True)
class Rates:
    """A system's figures against the baseline; `controlled` is None without the authors' files."""

    system: str
    plain: WinRate
    controlled: WinRate | None
    length: float | None


def read_known(folder: Path | None) -> Known | None:
    """Return what is in the authors' two files, None where the folder lacks one of them.

    Raises:
        BadInput: a file is not what the authors published.
    """
    import numpy as np

    if folder is None or not all((folder / name).is_file() for name in (DIFFICULTY, GAMED)):
        return None
    by_index = {}
    for number, row in named_rows(folder / DIFFICULTY).rows:
        at, value = (_number(cell, folder / DIFFICULTY, number) for cell in list(row.values())[:2])
        by_index[int(at)] = value
    columns: dict[str, list[float]] = {}
    for number, row in named_rows(folder / GAMED).rows:
        for name in ("preference", "std_delta_len", "instruction_difficulty"):
            if name not in row:
                raise BadInput(f"no column {name!r}", place=Place(folder / GAMED))
            columns.setdefault(name, []).append(_number(row[name], folder / GAMED, number))
    difficulty = np.array([by_index.get(at, np.nan) for at in range(max(by_index, default=-1) + 1)])
    preference, length, of_gamed = (np.array(values) for values in columns.values())
    return Known(difficulty, Gamed(preference, length, of_gamed))


def _number(cell: str, path: Path, line: int) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        raise BadInput(f"{cell!r} is no number", place=Place(path, line)) from None


def rates(votes: Sequence[Vote], baseline: str, known: Known | None) -> list[Rates]:
    """Return each system's figures, the best first.

    Raises:
        BadInput: a verdict is between two systems of which neither is the baseline, or the difficulties are
            of another number of questions.
    """
    of: dict[str, list[Vote]] = {}
    for vote in votes:
        if baseline not in (vote.first, vote.second):
            raise BadInput(
                f"{vote.first} met {vote.second}: AlpacaEval's rule knows games against {baseline} only"
            )
        of.setdefault(vote.second if vote.first == baseline else vote.first, []).append(vote)
    found = [_rates(system, baseline, theirs, known) for system, theirs in of.items()]
    return sorted(found, key=lambda one: -(one.controlled or one.plain).value)


def _rates(system: str, baseline: str, votes: Sequence[Vote], known: Known | None) -> Rates:
    import numpy as np

    preference = np.array([_share(vote, system) for vote in votes])
    lengths = np.array([_lengths(vote, baseline) for vote in votes])  # the baseline's, the system's
    controlled = None
    if known is not None and not np.isnan(lengths).any():
        if len(known.difficulty) != len(votes):
            raise BadInput(f"{system} has {len(votes):,} questions, {DIFFICULTY} {len(known.difficulty):,}")
        controlled = length_controlled(
            preference, lengths[:, 0] - lengths[:, 1], known.difficulty, known.gamed
        )
    length = None if np.isnan(lengths).any() else float(lengths[:, 1].mean())
    return Rates(system, win_rate(preference), controlled, length)


def _share(vote: Vote, system: str) -> float:
    if vote.verdict is None:
        return float("nan")
    return vote.verdict.share if vote.first == system else 1 - vote.verdict.share


def _lengths(vote: Vote, baseline: str) -> tuple[float, float]:
    sides = [style[0] if style else float("nan") for style in (vote.first_style, vote.second_style)]
    return (sides[0], sides[1]) if vote.first == baseline else (sides[1], sides[0])
