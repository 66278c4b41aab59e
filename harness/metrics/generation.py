"""Is the generated text the wanted one?"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from harness.errors import BadInput
from harness.metrics import weighted_mean
from harness.schema import Metric


def exact_match(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of replies equal to a reference, 0 to 1.

    A target is a text or a list of references, any of which will do. Both sides are compared after
    NFC (Korean in NFD loses no point) and stripping white space, as the signature says; case and
    punctuation count. An unanswered example is an empty text: right only where a reference is empty.
    """
    return Metric(
        "exact_match",
        _matches,
        weighted_mean,
        "exact_match|v:1|norm:nfc+strip",
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
    said = _plain(prediction or "")
    return (1.0 if any(said == _plain(reference) for reference in references) else 0.0,)


def _plain(text: str) -> str:
    """Return `text` in NFC without white space at its ends."""
    return unicodedata.normalize("NFC", text).strip()
