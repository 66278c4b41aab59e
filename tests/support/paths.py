"""Where the checkout and the real data lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
DATA = Path(os.environ.get("HARNESS_DATA") or SHARED / "data")

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not beside the checkout")
