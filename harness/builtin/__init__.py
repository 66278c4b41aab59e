"""The names of what is built in, given through the same hooks as a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.builtin import descriptions
from harness.builtin.adapters import ADAPTERS
from harness.builtin.exporters import EXPORTERS
from harness.builtin.extractors import EXTRACTORS
from harness.builtin.metrics import METRICS
from harness.hookspecs import AdapterEntry, ExporterEntry, ExtractorEntry, MetricEntry, hookimpl

__all__ = ["ADAPTERS", "EXPORTERS", "EXTRACTORS", "METRICS"]


@hookimpl
def register_adapters(register: Callable[[AdapterEntry], None]) -> None:
    """Name the adapters that ship with the harness."""
    for entry in ADAPTERS:
        register(replace(entry, description=descriptions.ADAPTERS.get(entry.name, "")))


@hookimpl
def register_metrics(register: Callable[[MetricEntry], None]) -> None:
    """Name the metrics that ship with the harness."""
    for entry in METRICS:
        register(replace(entry, description=descriptions.METRICS.get(entry.name, "")))


@hookimpl
def register_extractors(register: Callable[[ExtractorEntry], None]) -> None:
    """Name the extraction steps that ship with the harness."""
    for entry in EXTRACTORS:
        register(replace(entry, description=descriptions.EXTRACTORS.get(entry.name, "")))


@hookimpl
def register_exporters(register: Callable[[ExporterEntry], None]) -> None:
    """Name the places that ship with the harness."""
    for entry in EXPORTERS:
        register(replace(entry, description=descriptions.EXPORTERS.get(entry.name, "")))
