"""A project whose backend `metered` asks a server that is not there, and bills words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Project, rehearsing


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Project]:
    """Forty reviews, and this process knows the adapter."""
    project = Project(tmp_path)
    project.reviews()
    project.rehearsal_backends()
    with rehearsing():
        yield project
