"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: what must be quick has a benchmark.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
