"""The names of what is built in, given through the same hooks as a stranger's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from harness.builtin import adapters, descriptions, exporters, extractors, metrics, worlds
from harness.hookspecs import AdapterEntry, ExporterEntry, ExtractorEntry, MetricEntry, WorldEntry, hookimpl

__all__ = ["ADAPTERS", "EXPORTERS", "EXTRACTORS", "METRICS", "WORLDS"]

Entry = TypeVar("Entry", AdapterEntry, MetricEntry, ExtractorEntry, ExporterEntry, WorldEntry)


def _described(entries: Iterable[Entry], lines: Mapping[str, str]) -> tuple[Entry, ...]:
    return tuple(replace(entry, description=lines.get(entry.name, "")) for entry in entries)


ADAPTERS = _described(adapters.ADAPTERS, descriptions.ADAPTERS)
METRICS = _described(metrics.METRICS, descriptions.METRICS)
EXTRACTORS = _described(extractors.EXTRACTORS, descriptions.EXTRACTORS)
EXPORTERS = _described(exporters.EXPORTERS, descriptions.EXPORTERS)
WORLDS = _described(worlds.WORLDS, descriptions.WORLDS)


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


@hookimpl
def register_worlds(register: Callable[[WorldEntry], None]) -> None:
    """Name the worlds that ship with the harness."""
    for entry in WORLDS:
        register(entry)
