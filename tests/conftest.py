"""What all tests share."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import division
from tests.support.paths import DATA, ROOT
from tests.support.shell import Shell

# `benchmarks` lies beside the tests; last, so that `harness` stays the one that is installed.
sys.path.append(str(ROOT))

# Under nohup, or behind a shell's `&`, the tests' commands would inherit that a closed terminal or Ctrl-C is
# ignored, which some are about.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no failure: what must be quick has a benchmark.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--shard I/N`."""
    division.option(parser)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files of other shards."""
    shard = config.getoption("--shard")
    if shard is None or not collection_path.match("test_*.py"):
        return None
    return collection_path not in division.files_of(shard, ROOT / "tests") or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Look for no garbage while what stays is made."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let each search for garbage pass by the tests themselves: fourteen thousand take it half a second."""
    gc.enable()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones."""
    items[:] = division.long_first(items)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data sets' own files; a test that asks for them is skipped where they are not."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside the checkout")
    return DATA


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell in an empty folder, with a cache of its own and no data."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return Shell(home, monkeypatch, capsys)
