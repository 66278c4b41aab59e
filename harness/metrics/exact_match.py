"""Is the generated text the wanted one, or the generated number?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from harness.config.documents import shown
from harness.errors import BadInput
from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import references
from harness.schema import Metric
from harness.text.brackets import same_answer


def exact_match(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of replies equal to a reference, 0 to 1.

    A target is a text or a list of references, any of which will do. Both sides are compared under
    `text.ko_v1`, as the signature says: Korean in NFD, full-width forms and `서울。` lose no point. Brackets
    that say something count (`text.brackets`): `[3,4)` is not `(3,4]`. What `ko.v1` leaves nothing of, such
    as `] )`, is compared as it is written but for its blanks. An unanswered example is wrong, whatever the
    reference; an empty answer is right where a reference is empty.
    """
    return Metric(
        "exact_match",
        _matches,
        weighted_mean,
        "exact_match|v:2|norm:ko.v1",
        interval="wilson",
    )


def numeric_match(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers that are a reference's number, 0 to 1.

    18, 18.0, `18.` and 1.8e1 are one number, 1800 and 1,800 another, by decimal arithmetic: neither 0.1 nor
    2**53 + 1 is rounded. Digits of any script and full-width signs count. An answer that is more than a
    number ($18, 18개, 1/2), or unanswered, is wrong; to find the number in it is extraction's work.
    """
    return Metric(
        "numeric_match", _same_number, weighted_mean, "numeric_match|v:1|norm:decimal", interval="wilson"
    )


# \d is a digit of any script, as Decimal takes it. Four digits of exponent keep every number comparable.
_NUMBER = re.compile(r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?")
_SIGNS = str.maketrans("−－＋．，", "--+.,")


def number(text: str) -> Decimal | None:
    """Return the number that `text` writes, white space around it or not; None if it is anything else.

    Commas part thousands, and stand nowhere else: 1,80 is no number.
    """
    plain = text.strip().translate(_SIGNS)
    return Decimal(plain.replace(",", "")) if _NUMBER.fullmatch(plain) else None


def _same_number(prediction: str | float | None, target: str | Sequence[str] | None) -> tuple[float]:
    """Return 1 when the prediction is the number of a reference, else 0.

    Raises:
        BadInput: there is no reference, or one is no number.
    """
    said, matches = number(str(prediction)), False
    for reference in references("numeric_match", target):
        wanted = number(reference)
        if wanted is None:
            raise BadInput(f"numeric_match: the target {shown(reference)} is no number")
        matches |= said == wanted
    return (float(matches),)


def _matches(prediction: str | None, target: str | Sequence[str] | None) -> tuple[float]:
    """Return 1 when the prediction is a reference, else 0.

    Raises:
        BadInput: there is no reference to compare with.
    """
    wanted = references("exact_match", target)
    if prediction is None:
        return (0.0,)
    return (float(any(same_answer(prediction, reference) for reference in wanted)),)
