"""Rate limits that the workers of one machine share: what one is told, all keep to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("fcntl")

from harness.adapters.remote import shared_limits as shared
from harness.adapters.remote.rate_limits import Allowance, ConcurrencyWindow, Traffic
from harness.adapters.remote.shared_limits import SharedLimits

_made: list[SharedLimits] = []


def worker(folder: Path, per_minute: float | None = None, part: float = 1.0) -> Traffic:
    """Return what one worker knows of the one server; the process is another in truth."""
    stated = None if per_minute is None else Allowance(per_minute)
    traffic = Traffic(ConcurrencyWindow(8), stated)
    _made.append(SharedLimits(folder, [traffic], lambda: part))
    return traffic


def refused(traffic: Traffic, *, at: float, hold: float = 0.5) -> None:
    for number in range(10):
        traffic.sent(0, at + number / 100)
    for number in range(5, 10):
        traffic.refused(at + number / 100, hold, at + 0.2)


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch):
    monkeypatch.setattr(shared, "GLANCE_S", 0.0)
    yield
    while _made:
        _made.pop().close()


@pytest.fixture
def pair(tmp_path) -> tuple[Traffic, Traffic]:
    return worker(tmp_path / "l"), worker(tmp_path / "l")


def test_a_refusal_slows_all_down(pair):
    one, other = pair
    assert other.delay(100.5) == 0
    refused(one, at=100)
    assert other.delay(100.25) > 0
    assert one.delay(100.25) > 0
    assert other.rate_limiter.guessed_rate == one.rate_limiter.guessed_rate


def test_a_wait_that_one_is_asked_for_holds_all(pair):
    one, other = pair
    one.hold(7, now=100)
    assert other.held(101) == 6


def test_a_stated_rate_is_that_of_all(tmp_path):
    workers = [worker(tmp_path / "l", 60) for _ in range(3)]
    for number, one in enumerate([*workers, *workers]):
        assert one.delay(100) == pytest.approx(max(0, number - 1))
        one.sent(0, 100)


def test_machines_divide_a_stated_rate_by_their_workers(tmp_path):
    one = worker(tmp_path / "l", 60, part=0.25)
    one.sent(0, 100)
    assert one.delay(100) == pytest.approx(3)


def test_a_quota_counts_what_others_have_on_their_way(pair, monkeypatch):
    one, other = pair
    one.told("requests", 10, 60, 100)
    monkeypatch.setattr(shared.os, "getpid", lambda: 1)  # another process, and one that is there
    other.sent(0, 100)
    other.sent(0, 100)
    monkeypatch.undo()
    one.sent(0, 100)
    one.told("requests", 10, 60, 100)
    assert one.quota["requests"].remaining == 8


def test_until_there_is_something_to_know_no_file_is_written(tmp_path):
    one = worker(tmp_path / "l")
    one.sent(0, 100)
    one.delay(100)
    one.ended(0, None, 101)
    assert not list((tmp_path / "l").iterdir())
    one.hold(1, 101)
    assert [path.name for path in (tmp_path / "l").iterdir()] == [shared.machine()]


def test_what_one_sent_before_it_heard_of_the_others_is_counted(pair):
    one, other = pair
    for number in range(4):
        other.sent(0, 100 + number / 100)
    refused(one, at=100)
    other.held(100.21)
    assert one.rate_limiter.accepted == 5
    assert other.rate_limiter.accepted == 5 + 4


def test_who_holds_the_lock_and_is_stopped_stops_nobody(pair, tmp_path, monkeypatch):
    one, other = pair
    one.hold(7, now=100)
    monkeypatch.setattr(shared, "BUSY_S", 0.01)
    with (tmp_path / "l" / shared.machine()).open("rb") as stopped:
        import fcntl

        fcntl.flock(stopped, fcntl.LOCK_EX)
        assert other.held(101) == 0
        other.sent(0, 101)
    assert other.in_flight == 1


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"servers": 1}', b'{"servers": [[]], "in_flight": {}}', b"\xff" * 99]
)
def test_a_file_that_says_nothing_sensible_is_written_anew(tmp_path, said):
    (tmp_path / "l").mkdir()
    path = tmp_path / "l" / shared.machine()
    path.write_bytes(said)
    path.chmod(0o600)
    one = worker(tmp_path / "l")
    one.hold(7, now=100)
    assert json.loads(path.read_bytes())["servers"][0][0] == 107


def test_a_link_in_its_place_is_left_alone(tmp_path):
    (tmp_path / "l").mkdir()
    target = tmp_path / "mine"
    target.write_bytes(b"precious")
    (tmp_path / "l" / shared.machine()).symlink_to(target)
    one = worker(tmp_path / "l")
    one.hold(7, now=100)
    assert target.read_bytes() == b"precious"
    assert one.held(101) == 6


def test_what_is_known_survives_the_way_through_json():
    one, other = Traffic(ConcurrencyWindow(8)), Traffic(ConcurrencyWindow(8))
    refused(one, at=100)
    one.delay(101)
    one.told("tokens", 5, 60, 101)
    other.restore(json.loads(json.dumps(one.state())))
    assert other.state() == one.state()
    assert other.delay(101.1) == one.delay(101.1)
