"""What all tests share."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.paths import DATA, ROOT

# `benchmarks` lies beside the tests; last, so that `harness` stays the one that is installed.
sys.path.append(str(ROOT))

# Under nohup the tests' commands would inherit that a closed terminal is ignored, which some are about.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A busy machine is no failure: what must be quick has a benchmark.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data sets' own files; a test that asks for them is skipped where they are not."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside the checkout")
    return DATA
