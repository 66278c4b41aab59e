"""One family of metrics a file; the two shapes of a quick aggregate are in `aggregates`."""

from harness.metrics.aggregates import OfSums as OfSums
from harness.metrics.aggregates import Prepared as Prepared
