"""The names that this wheel brings; the code behind a name is imported when somebody uses it."""

from harness.hookspecs import MetricEntry, hookimpl


@hookimpl
def register_metrics(register):
    register(MetricEntry("polite", "polite.metric:polite", asks=("generate",)))
