"""The suite is divided without a loss: every file is in one shard, and CI runs all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support import division
from tests.support.paths import ROOT

JOBS = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))["jobs"]
FILES = sorted((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_file_is_in_one_shard(count):
    shards = [division.files_of((number, count), ROOT / "tests") for number in range(1, count + 1)]
    assert sorted(file for shard in shards for file in shard) == FILES
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_ci_runs_every_shard():
    shards = [division.shard(text) for text in JOBS["tests"]["strategy"]["matrix"]["shard"]]
    assert shards == [(number, len(shards)) for number in range(1, len(shards) + 1)]


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "2", "one/two"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  argparse says the rest
        division.shard(text)


def test_the_files_of_long_tests_come_first_and_stay_together(items):
    names = [item.name for item in division.long_first(items)]
    assert names == ["b1", "b2", "c1", "a1", "a2", "d1"]


@pytest.fixture
def items():
    class Item:
        def __init__(self, name: str, slow: bool) -> None:
            self.name, self.path, self.slow = name, Path(name[0]), slow

        def get_closest_marker(self, name: str) -> str | None:
            return name if self.slow and name == "slow" else None

    return [Item(name, name in ("b2", "c1")) for name in ("a1", "a2", "b1", "b2", "c1", "d1")]


def test_what_is_dear_is_made_once_for_all_who_ask(tmp_path_factory):
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "model").write_text("weights")

    first, second = (division.made_once(tmp_path_factory, "one model", make) for _ in range(2))
    assert first == second
    assert (first / "model").read_text() == "weights"
    assert len(made) == 1


def test_what_failed_half_way_is_made_again(tmp_path_factory):
    def fail(folder: Path) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        division.made_once(tmp_path_factory, "another model", fail)
    assert division.made_once(tmp_path_factory, "another model", lambda folder: None).is_dir()
