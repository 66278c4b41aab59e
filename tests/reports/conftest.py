"""A browser for the reports that are pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import Reader, browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium, started once a module: while it runs, no event loop but its own can."""
    with browser() as started:
        yield started


@pytest.fixture
def reader(chromium: Any, site: Path) -> Iterator[Reader]:
    """A reader of the module's `site`, whose pages must be quiet and keep to themselves."""
    reader = Reader(chromium, site)
    yield reader
    reader.close()
    assert not reader.said
    assert not reader.strangers()
