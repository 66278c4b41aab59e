"""The share of replies that end in a polite form (해요체, 합니다체)."""

import re

from harness.schema import Metric

# What a polite sentence ends in, before full stops, signs and smileys.
POLITE = re.compile(r"(요|니다|니까|시오|세요)[.!?~\s]*$")


def polite(labels):
    """Return the metric; `labels` are a task's options, which it does not need."""

    def statistics(prediction, target):
        # One number an example. A reply that is not there is not polite.
        return (1.0 if POLITE.search(prediction or "") else 0.0,)

    def aggregate(stats, weights):
        # stats (n, 1); weights (B, n), how often each draw of a bootstrap has an example → (B,)
        return weights @ stats[:, 0] / weights.sum(axis=1)

    return Metric("polite", statistics, aggregate, "polite|v:1", unit="0-1", interval="wilson")
