"""What an adapter, a metric or an extraction step is, and what it may be told, for `show` and `list`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness import plugins
from harness.builtin.descriptions import SETTINGS, in_language
from harness.hookspecs import AdapterEntry, ExtractorEntry, MetricEntry
from harness.reports.writers.translations import current, translated
from harness.text.width import padded

KINDS = ("adapters", "metrics", "steps")
Entry = AdapterEntry | MetricEntry | ExtractorEntry


def entries(kind: str) -> Mapping[str, Entry]:
    """Return the entries of a kind (`adapters`, `metrics`, `steps`) by name, in their order."""
    known: dict[str, Any] = {
        "adapters": plugins.adapters,
        "metrics": plugins.metrics,
        "steps": plugins.extractors,
    }
    found: Mapping[str, Entry] = known[kind]()
    return found


def names() -> list[str]:
    """Return the names of all adapters, metrics and steps."""
    return [name for kind in KINDS for name in entries(kind)]


def entry(name: str) -> Entry:
    """Return the adapter, metric or step of that name, the first in this order."""
    return next(entries(kind)[name] for kind in KINDS if name in entries(kind))


def lines(entry: Entry) -> Iterator[str]:
    """Yield what is known of an entry without importing it, a line each; settings in columns."""
    said = in_language(entry.description, current())
    yield f"{entry.name}: {said}" if said else entry.name
    asks = getattr(entry, "asks", ())
    if asks:
        yield f"ask: {', '.join(asks)}"
    if isinstance(entry, AdapterEntry) and entry.decoding:
        yield f"decoding (-d): {', '.join(entry.decoding)}"
    of_backends = isinstance(entry, AdapterEntry)
    yield from _settings(
        translated("settings (-m NAME=VALUE)" if of_backends else "settings"), entry.settings
    )
    if isinstance(entry, AdapterEntry):
        yield from _settings(translated("settings that change no answer"), entry.knobs)
    extra = getattr(entry, "extra", None)
    if extra:
        yield f"pip install 'harness-ko[{extra}]'"


def _settings(title: str, settings: Mapping[str, str]) -> Iterator[str]:
    if not settings:
        return
    yield f"{title}:"
    cells = [
        [name, kind.replace("|", " | "), in_language(SETTINGS.get(name, ""), current())]
        for name, kind in settings.items()
    ]
    yield from (f"  {'  '.join(row)}".rstrip() for row in padded(cells))
