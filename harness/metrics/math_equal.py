r"""Is the answer the wanted one as mathematics: 1/2 for \frac{1}{2}, a set in another order, an interval?"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from harness import DISTRIBUTION
from harness.bounded_calls import Child, TooSlow, can_alarm
from harness.errors import Unavailable
from harness.metrics.aggregates import weighted_mean
from harness.metrics.references import references
from harness.schema import Metric

_SECONDS = 3  # for one expression: sympy may think for ever
_LONGEST = 2_000  # characters of an answer; what is longer is none
_SIGNS = re.compile(r"\\[!,;: ]|\\left|\\right|\s+|\$|\\displaystyle")


def math_equal(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of answers that equal a reference as mathematics, 0 to 1.

    Answers that are written alike but for blanks and sizes of brackets are equal; of others math-verify
    decides (fractions, decimals, roots, sets, intervals, matrices, equations, units). An unanswered example
    is wrong. Without the extra `math` nothing can be judged, which `prepare` says.
    """
    signature = f"math_equal|v:1|math-verify:{_version()}"
    return Metric(
        "math_equal", _equal, weighted_mean, signature, interval="wilson", prepare=partial(same, "1", "2")
    )


def _version() -> str:
    try:
        return version("math-verify")
    except PackageNotFoundError:
        return "none"


def _equal(prediction: str | None, target: str | Sequence[str] | None) -> tuple[float]:
    wanted = references("math_equal", target)
    return (float(prediction is not None and any(same(str(prediction), one) for one in wanted)),)


def same(answer: str, reference: str) -> bool:
    """Return whether two answers in LaTeX or plain text are equal; what cannot be read equals nothing.

    Raises:
        Unavailable: the extra `math` is not installed.
    """
    if _bare(answer) == _bare(reference):
        return bool(answer.strip())
    if len(answer) > _LONGEST:
        return False
    _library()
    if can_alarm():
        return decided(answer, reference)
    try:
        return bool(_child.call(3 * _SECONDS, answer, reference))
    except TooSlow:
        return False


def decided(answer: str, reference: str) -> bool:
    """Return whether math-verify finds two answers equal; its clock is a signal, or the caller's to keep."""
    parse, verify = _library()
    clock = _SECONDS if can_alarm() else None
    read = partial(parse, parsing_timeout=clock)
    try:
        return bool(verify(read(_marked(reference)), read(_marked(answer)), timeout_seconds=clock))
    except Exception:  # whatever a grammar and sympy make of what a model writes
        return False


def _marked(text: str) -> str:
    """Return an answer as LaTeX between dollars, as the library looks for it."""
    bare = text.strip().strip("$").strip()
    return f"${bare}$"


def _bare(text: str) -> str:
    return _SIGNS.sub("", text).replace("dfrac", "frac").replace("tfrac", "frac").rstrip(".")


@cache
def _library() -> tuple[Any, Any]:
    try:
        from math_verify import parse, verify
    except ImportError:
        raise Unavailable(
            f"math_equal needs math-verify, which is not installed: pip install '{DISTRIBUTION}[math]'"
        ) from None
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    return parse, verify


_child = Child(f"{__name__}:decided", warm=("1", "2"))
