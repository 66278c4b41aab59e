"""What a person sees while a run goes on: a moving line on a terminal, a few plain ones in a log."""

from __future__ import annotations

import os
import re
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.evaluation import progress
from harness.evaluation.progress import Bar, Counting, Plain, Quiet, display
from harness.terminal import span

DUMMY = ("run", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample", "-m", "latency_ms=10")
needs_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


class Clock:
    """A clock that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def in_a_terminal(
    home: Path, *arguments: str, columns: int = 120, term: str = "xterm"
) -> tuple[int, list[str]]:
    """Run the command in a terminal of that width; return its exit code and every state of every line.

    A state is what stood on a line until it was written over. Colours are left out.
    """
    import fcntl
    import pty
    import termios

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        # An environment of its own: readline, once imported, writes COLUMNS into ours.
        kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        environment = {**kept, "TERM": term, "HARNESS_CACHE": str(home / "cache")}
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(sys.executable, [sys.executable, "-m", "harness", *arguments], environment)
    written = b""
    try:
        while block := os.read(terminal, 65536):
            written += block
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())
    return code, [state for state in re.split(r"[\r\n]+", text) if state.strip()]


# The figures -----------------------------------------------------------------------------------------


def counted(clock: Clock, total: int, answers: int, seconds: float, done: int = 0, **answer) -> Counting:
    shown = Counting()
    shown.start("label", total, done)
    for _ in range(answers):
        shown.step(**{"failed": False, "score": None, **answer})
    clock.now += seconds
    return shown


def test_the_state_has_count_rate_running_metric_and_what_is_left(clock):
    shown = counted(clock, 200, 50, 5, score=1.0)
    assert shown.state() == "50/200 · 10/s · running 1.000 · 15 s left"


def test_failures_are_counted_beside(clock):
    shown = counted(clock, 20, 10, 5, failed=True)
    assert shown.state() == "10/20 · 2.00/s · 10 failed · 5 s left"


def test_what_was_answered_before_is_no_speed_of_this_run(clock):
    shown = counted(clock, 200, 10, 10, done=100)
    assert shown.state() == "110/200 · 1.00/s · 90 s left"


def test_at_the_end_the_state_says_how_long_it_took(clock):
    assert counted(clock, 10, 10, 120).state() == "10/10 · 0.08/s · in 2 min"


def test_before_the_first_answer_nothing_is_promised(clock):
    assert counted(clock, 10, 0, 5).state() == "0/10 · 0.00/s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59, "59 s"), (99, "99 s"), (100, "2 min"), (5900, "98 min"), (11100, "3 h 05 min")],
)
def test_a_length_of_time_is_said_as_people_say_it(seconds, words):
    assert span(seconds) == words


def test_a_start_begins_again(clock):
    shown = counted(clock, 10, 5, 1, failed=True, score=0.0)
    shown.start("another", 20, 0)
    clock.now += 1
    assert (shown.state(), shown.label) == ("0/20 · 0.00/s", "another")


# In a log --------------------------------------------------------------------------------------------


def test_a_log_gets_few_lines(clock, capsys):
    shown = Plain()
    shown.phase("label: fitting")
    shown.start("label", 6000, 0)
    for _ in range(6000):
        clock.now += 1 / 64
        shown.step(failed=False, score=None)
    shown.stop()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "label: fitting"
    assert lines[1] == "label: 960/6,000 · 64/s · 79 s left"
    assert len(lines) == 1 + 6 + 1


def test_a_log_gets_each_answer_of_a_slow_system_no_more_than_four_times_a_minute(clock, capsys):
    shown = Plain()
    shown.start("label", 4, 0)
    for _ in range(4):
        clock.now += 60
        shown.step(failed=False, score=None)
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_nothing_is_said_of_a_run_that_asked_nothing(capsys):
    shown = Plain()
    shown.start("label", 4, 4)
    shown.stop()
    assert capsys.readouterr().err == ""


def test_quiet_shows_nothing(capsys):
    shown = display(quiet=True)
    assert isinstance(shown, Quiet)
    shown.phase("fitting")
    shown.start("label", 1, 0)
    shown.step(failed=True, score=1.0)
    shown.stop()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("terminal", "term", "kind"), [(True, "xterm", Bar), (True, "dumb", Plain), (False, "xterm", Plain)]
)
def test_a_line_moves_only_where_it_can(monkeypatch, terminal, term, kind):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("TERM", term)
    assert type(display(quiet=False)) is kind


def test_counting_costs_little():
    shown = Counting()
    shown.start("label", 100_000, 0)
    began = time.process_time()
    for _ in range(100_000):
        shown.step(failed=False, score=1.0)
    assert (time.process_time() - began) / 100_000 < 5e-6  # 0.2 µs where it was written


# On a terminal ---------------------------------------------------------------------------------------


@needs_a_terminal
def test_one_line_moves_and_shows_rate_metric_failures_and_what_is_left(tmp_path):
    failing = ("-m", "failure_rate=0.1", "--max-failures", "50", "--limit", "100")
    code, states = in_a_terminal(tmp_path, *DUMMY, *failing)
    assert code == 0
    moving = [state for state in states if "/100 · " in state]
    assert len(moving) > 5
    middle = moving[len(moving) // 2]
    assert re.search(
        r"\d+/100 · \d+/s · running 0\.\d{3} · (\d+ failed · )?\d+ s left · nsmc_zeroshot", middle
    )
    assert re.search(r"100/100 .* \d+ failed · in \d s", moving[-1])
    assert sum("starting" in state for state in states) <= 3


@needs_a_terminal
@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_terminal_loses_the_label_and_not_the_figures(tmp_path, columns):
    _, states = in_a_terminal(tmp_path, *DUMMY, "--limit", "60", columns=columns)
    moving = [state for state in states if re.match(r"\d+/60 · ", state)]
    assert moving
    assert all(len(state) <= columns for state in moving)
    assert all("running" in state for state in moving if not state.startswith("0/"))


@needs_a_terminal
def test_the_lines_after_the_moving_one_are_whole(tmp_path):
    """A path is printed as it is, not broken at the terminal's edge."""
    folder = "a-folder-with-a-long-name"
    _, states = in_a_terminal(tmp_path, *DUMMY, "--runs-dir", folder, "--limit", "9", columns=40)
    (line,) = [state for state in states if folder in state]
    assert re.fullmatch(rf"nsmc_zeroshot · dummy: {folder}/nsmc_zeroshot/dummy/\S+", line)


@needs_a_terminal
def test_brackets_in_names_are_text_and_no_markup(tmp_path):
    task = tmp_path / "tasks" / "[bold]x[" / "[red]loud[_red].yaml"
    task.parent.mkdir(parents=True)
    task.write_text("extends: nsmc_zeroshot\n", encoding="utf-8")
    command = ("run", "-t", "[red]loud[_red]", *DUMMY[3:], "--limit", "30")
    code, states = in_a_terminal(tmp_path, *command)
    assert code == 0
    moving = [state for state in states if "/30 · " in state]
    assert moving
    assert all(state.rstrip().endswith("[red]loud[_red] · dummy") for state in moving)


@needs_a_terminal
def test_a_dumb_terminal_gets_plain_lines(tmp_path):
    _, states = in_a_terminal(tmp_path, *DUMMY, "--limit", "9", term="dumb")
    assert sum("9/9" in state for state in states) == 1
    assert not any("starting" in state for state in states)


@needs_a_terminal
def test_quiet_is_quiet_on_a_terminal_too(tmp_path):
    _, states = in_a_terminal(tmp_path, *DUMMY, "--limit", "9", "--quiet")
    told = ("starting", "running", "fitting", "left", "runs/")
    assert not any(word in state for state in states for word in told)
    assert "rank" in "".join(states)


@needs_a_terminal
def test_every_run_of_a_grid_has_its_line(tmp_path):
    command = ("run", "-t", "nsmc_zeroshot", "-b", "nb,majority", "--sample")
    _, states = in_a_terminal(tmp_path, *command)
    for backend in ("nb", "majority"):
        ends = [
            state for state in states if "200/200 · " in state and state.rstrip().endswith(f" · {backend}")
        ]
        assert len(ends) == 1
        assert f"nsmc_zeroshot · {backend}: fitted on 400 examples" in "\n".join(states)


def test_a_second_start_of_the_bar_goes_on_with_the_same_line(capsys):
    """It once drew a second line and left the first turning for ever."""
    before = threading.active_count()
    shown = Bar()
    shown.start("label", 10, 0)
    shown.start("label", 10, 3)
    shown.step(failed=False, score=None)
    shown.stop()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)  # rich does not wait for its own
    assert threading.active_count() == before
    assert "4/10" in capsys.readouterr().err
