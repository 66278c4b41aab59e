"""Is the generated text the wanted one?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import BadInput
from harness.metrics import weighted_mean
from harness.schema import Metric
from harness.text import ko_v1


def exact_match(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of replies equal to a reference, 0 to 1.

    A target is a text or a list of references, any of which will do. Both sides are compared under
    `text.ko_v1`, as the signature says: Korean in NFD, full-width forms and `서울。` lose no point. An
    unanswered example is an empty text: right only where a reference is empty.
    """
    return Metric(
        "exact_match",
        _matches,
        weighted_mean,
        "exact_match|v:1|norm:ko.v1",
        interval="wilson",
    )


def _matches(prediction: str | None, target: str | Sequence[str] | None) -> tuple[float]:
    """Return 1 when the prediction is a reference, else 0.

    Raises:
        BadInput: there is no reference to compare with.
    """
    references = [target] if isinstance(target, str) else target
    if not references:
        raise BadInput("exact_match needs a target: a text or a list of at least one reference")
    said = ko_v1(prediction or "")
    return (1.0 if any(said == ko_v1(reference) for reference in references) else 0.0,)
