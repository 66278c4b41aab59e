"""What came of running what a model wrote: whether it passed, and whether it ran at all.

Chen et al. (2021), "Evaluating Large Language Models Trained on Code", arXiv:2107.03374: pass@1 is the share
of programs that pass their tests; pass@k of several replies is made of it (`scoring.over_repeats`).
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.metrics.aggregates import weighted_mean
from harness.schema import Execution, Metric

RAN = ("passed", "failed")  # outcomes of what ran to its end, right or wrong


def pass_at_1(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of programs that pass all of their tests, 0 to 1.

    A reply without a program passes none.
    """
    return _share("pass@1", ("passed",))


def execution_accuracy(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of queries whose result is the right one, 0 to 1."""
    return _share("execution_accuracy", ("passed",))


def ran(labels: Sequence[str]) -> Metric:
    """Return the metric of the share of programs that ran to their end, right or wrong, 0 to 1."""
    return _share("ran", RAN)


def _share(name: str, outcomes: Sequence[str]) -> Metric:
    def judge(seen: Execution | None, _target: object) -> tuple[float]:
        return (float(seen is not None and seen.outcome in outcomes),)

    return Metric(name, judge, weighted_mean, f"{name}|v:1", interval="wilson", reads="execution")
