"""How many of the numbers that were asked for does a reply name? RULER's share of strings that match."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.errors import BadInput
from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import references
from harness.schema import Metric
from harness.text.normalize import folded

_WHOLE = re.compile("[0-9]+")
_SAID = re.compile(r"(?<![0-9])(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)")  # commas may part thousands


def named_numbers(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean share of the target's numbers that stand in the reply's text, 0 to 1.

    A target is a text with one number or several (`123456, 234567`), whole and of any order: a reply that
    names two of four is worth 0.5, whatever else it says. An unanswered example is worth 0. Hsieh et al.
    (2024), RULER's `string_match_all`; here 12345 does not stand in 123456.

    Raises:
        BadInput: a target holds no number.
    """
    return Metric("named_numbers", _share, weighted_mean, "named_numbers|v:1|norm:folded", reads="text")


def _share(text: str | None, target: str | Sequence[str] | None) -> tuple[float]:
    wanted = [
        number for reference in references("named_numbers", target) for number in _WHOLE.findall(reference)
    ]
    if not wanted:
        raise BadInput("named_numbers: the target holds no number")
    said = {number.replace(",", "") for number in _SAID.findall(folded(text or ""))}
    return (sum(number in said for number in wanted) / len(wanted),)
