"""Which items' keys are probably wrong: strong systems agree on another option than the one marked right.

For each option of an item: how likely are these answers, by systems of these abilities, if that one were
right? What an item's difficulty would be then is not known, and is averaged over. Those that are wrong may
agree on one of the wrong options, as they are drawn to it: their options are drawn from an urn (Polya's).
The logarithm of how much likelier the likeliest other option makes the answers than the key does is the
evidence against the key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

_DIFFICULTIES = np.linspace(-3.5, 3.5, 29)  # on the scale of abilities
_PRIOR = np.exp(-((_DIFFICULTIES / 1.6) ** 2) / 2) / np.exp(-((_DIFFICULTIES / 1.6) ** 2) / 2).sum()
_SLOPE = 2.5  # of an item that is in order
_URN = 3.0  # balls of each wrong option that the urn begins with: the more, the less the wrong agree


@dataclass(frozen=True)
class Suspect:
    """What speaks against a key: the option that systems agree on, in nats how much likelier it is.

    `chose` counts the systems that chose it, `right` those that chose the key, of `answered`.
    """

    item: int
    key: str
    instead: str
    evidence: float
    chose: int
    right: int
    answered: int


def suspects(
    answers: Sequence[Mapping[str, str]],
    keys: Sequence[str],
    ability: Mapping[str, float],
    options: Sequence[int],
) -> list[Suspect]:
    """Return every item for which another option than its key was chosen, the worst first.

    `answers[i]` maps each system that answered item i to its option, `keys[i]` is the option marked right and
    `options[i]` how many there are to choose among; `ability` is each system's, of mean 0 and deviation 1.
    """
    found = [_suspect(i, *of, ability) for i, of in enumerate(zip(answers, keys, options, strict=True))]
    return sorted((one for one in found if one is not None), key=lambda one: (-one.evidence, one.item))


def _suspect(
    item: int, answers: Mapping[str, str], key: str, options: int, ability: Mapping[str, float]
) -> Suspect | None:
    chosen = list(answers.values())
    others = sorted({option for option in chosen if option != key})
    if not others:
        return None
    known = np.array([ability[system] for system in answers])
    guess = 1 / max(2, options)
    # (difficulties, systems): what is right is known, or else guessed.
    chance = guess + (1 - guess) / (1 + np.exp(-_SLOPE * (known - _DIFFICULTIES[:, None])))
    counts = Counter(chosen)

    def likelihood(option: str) -> float:
        hit = np.array([one == option for one in chosen])
        summed = np.where(hit, np.log(chance), np.log1p(-chance)).sum(axis=1)
        top = float(summed.max())
        drawn = _urn([count for one, count in counts.items() if one != option], max(1, options - 1))
        return top + float(np.log((_PRIOR * np.exp(summed - top)).sum())) + drawn

    instead = max(others, key=likelihood)
    evidence = likelihood(instead) - likelihood(key)
    return Suspect(item, key, instead, evidence, counts[instead], counts[key], len(chosen))


def _urn(counts: Sequence[int], options: int) -> float:
    """Return how likely the wrong are to choose so, in nats, the options that nobody chose left out."""
    each = sum(float(gammaln(_URN + count) - gammaln(_URN)) for count in counts)
    return each - float(gammaln(_URN * options + sum(counts)) - gammaln(_URN * options))
