"""The names of what is built in, given through the same hooks as a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.builtin import adapters, descriptions, exporters, extractors, metrics
from harness.hookspecs import AdapterEntry, ExporterEntry, ExtractorEntry, MetricEntry, hookimpl

__all__ = ["ADAPTERS", "EXPORTERS", "EXTRACTORS", "METRICS"]

ADAPTERS = tuple(
    replace(entry, description=descriptions.ADAPTERS.get(entry.name, "")) for entry in adapters.ADAPTERS
)
METRICS = tuple(
    replace(entry, description=descriptions.METRICS.get(entry.name, "")) for entry in metrics.METRICS
)
EXTRACTORS = tuple(
    replace(entry, description=descriptions.EXTRACTORS.get(entry.name, "")) for entry in extractors.EXTRACTORS
)
EXPORTERS = tuple(
    replace(entry, description=descriptions.EXPORTERS.get(entry.name, "")) for entry in exporters.EXPORTERS
)


@hookimpl
def register_adapters(register: Callable[[AdapterEntry], None]) -> None:
    """Name the adapters that ship with the harness."""
    for entry in ADAPTERS:
        register(entry)


@hookimpl
def register_metrics(register: Callable[[MetricEntry], None]) -> None:
    """Name the metrics that ship with the harness."""
    for entry in METRICS:
        register(entry)


@hookimpl
def register_extractors(register: Callable[[ExtractorEntry], None]) -> None:
    """Name the extraction steps that ship with the harness."""
    for entry in EXTRACTORS:
        register(entry)


@hookimpl
def register_exporters(register: Callable[[ExporterEntry], None]) -> None:
    """Name the places that ship with the harness."""
    for entry in EXPORTERS:
        register(entry)
