"""A few seeded cases of `python -m benchmarks.fuzz`, and every seed that once found something."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("torch")  # one of the systems that are sent signals

from benchmarks.fuzz import tried

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes and links")

# 169, 330: a folder in the place of statistics.npz. 508: a line whose target is no label. 550: one whose
# request is a number. 1676: statistics that claim to be packed in a way that Python does not know.
# 2274, 2908: a folder in the place of a journal that is compared.
# Signals 426, 864: one before the first question.
FOUND = {"directories": [169, 330, 508, 550, 1676, 2274, 2908], "replies": [10], "signals": [426, 864]}
SEEDS = {"directories": range(20), "replies": range(3), "signals": range(0)}


@pytest.mark.parametrize("what", SEEDS)
def test_what_is_torn_or_lies_breaks_no_promise(tmp_path, what):
    assert tried(what, [*FOUND[what], *SEEDS[what]], tmp_path) == []
