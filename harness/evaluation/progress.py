"""What a person sees while a run goes on, on stderr: rate, running metric, ETA, failures."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from harness.terminal import printable, say, span, spoken

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

REFRESH_S = 0.1
PLAIN_S = 15.0
ROOMY = 100  # columns of a terminal from which a bar has room beside the figures


class Display(Protocol):
    """Shows how far a run is."""

    def start(self, label: str, total: int, done: int) -> None:
        """Begin, or begin again once more is known; `done` were answered before."""

    def phase(self, message: str) -> None:
        """Say what is going on before the first answer, such as fitting."""

    def step(self, *, failed: bool, score: float | None) -> None:
        """Count one answer; `score` is its statistic of the main metric, if that is a mean."""

    def reach(self, done: int, loss: float) -> None:
        """Say how far a training is, and the loss (nats) there."""

    def stop(self) -> None:
        """End; the line stays."""


class Quiet:
    """Shows nothing."""

    def start(self, label: str, total: int, done: int) -> None:
        """Do nothing."""

    def phase(self, message: str) -> None:
        """Do nothing."""

    def step(self, *, failed: bool, score: float | None) -> None:
        """Do nothing."""

    def reach(self, done: int, loss: float) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


class Counting:
    """Counts answers; a subclass shows them, and not more often than every `every` seconds."""

    every = PLAIN_S

    def __init__(self) -> None:
        """Start from nothing."""
        self._reset("", 0, 0)

    def _reset(self, label: str, total: int, done: int) -> None:
        self.label, self.total, self.done, self._before = label, total, done, done
        self.failed, self.scored, self.sum = 0, 0, 0.0
        self.loss: float | None = None
        self._began = time.monotonic()
        self._next = self._began + self.every

    def start(self, label: str, total: int, done: int) -> None:
        """Begin; `done` were answered before."""
        self._reset(label, total, done)

    def step(self, *, failed: bool, score: float | None) -> None:
        """Count one answer and, now and then, show the state."""
        self.done += 1
        self.failed += failed
        if score is not None:
            self.scored += 1
            self.sum += score
        self._show_now_and_then()

    def reach(self, done: int, loss: float) -> None:
        """Count up to `done` and, now and then, show the state, the loss smoothed."""
        self.done = done
        self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
        self._show_now_and_then()

    def _show_now_and_then(self) -> None:
        now = time.monotonic()  # a tenth of a microsecond
        if now >= self._next:
            self._next = now + self.every
            self.show()

    def state(self) -> str:
        """Return the running figures in words."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        rate = (self.done - self._before) / seconds
        parts = [f"{self.done:,}/{self.total:,}", f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2f}/s"]
        if self.loss is not None:
            parts.append(f"loss {self.loss:.3f}")
        if self.scored:
            parts.append(f"running {self.sum / self.scored:.3f}")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.done >= self.total:
            parts.append(f"in {span(seconds)}")
        elif rate:
            parts.append(f"{span((self.total - self.done) / rate)} left")
        return " · ".join(parts)

    def show(self) -> None:
        """Show the state."""


class Plain(Counting):
    """For logs: a line when something begins and a line every quarter of a minute."""

    def phase(self, message: str) -> None:
        """Print the message."""
        say(message)

    def show(self) -> None:
        """Print the state."""
        say(f"{self.label}: {self.state()}")

    def stop(self) -> None:
        """Print the last state, if there is news."""
        if self.done > self._before:
            self.show()


class Bar(Counting):
    """For a terminal: one moving line, the figures first and the label where it may be cut off."""

    every = REFRESH_S

    def __init__(self) -> None:
        """Start without a line."""
        super().__init__()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, label: str, total: int, done: int) -> None:
        """Draw the line, or let the line that is there begin again."""
        super().start(label, total, done)
        label = printable(label)
        if self._bar is None or self._task is None:
            self._bar = _line()
            self._task = self._bar.add_task(label, total=total, state=spoken("starting"))
            self._bar.start()
        self._bar.update(self._task, description=label, total=total, completed=done, state=spoken("starting"))

    def phase(self, message: str) -> None:
        """Show the message where the figures will be."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, state=printable(spoken(message)))
        else:
            say(message)

    def show(self) -> None:
        """Move the line."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done, state=spoken(self.state()))

    def stop(self) -> None:
        """Leave the last state on the screen."""
        if self._bar is not None:
            self.show()
            self._bar.stop()
            self._bar = self._task = None


def _line() -> RichProgress:
    """Return rich's moving line; names in it are text, whatever brackets they hold."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    words = TextColumn("{task.fields[state]} · {task.description}", markup=False)
    bar = [BarColumn(24)] if console.width >= ROOMY else []
    return Progress(*bar, words, console=console, refresh_per_second=10)


def display(*, quiet: bool) -> Display:
    """Return what suits stderr: a moving line on a terminal, rare lines in a log, nothing if quiet."""
    if quiet:
        return Quiet()
    moves = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return Bar() if moves else Plain()


def watching(display: Display, label: str) -> Callable[[str, int, int, float], None]:
    """Return what shows on `display` how far a training is: `watch(what, done, total, loss)`."""
    shown = ""

    def watch(what: str, done: int, total: int, loss: float) -> None:
        nonlocal shown
        if what != shown:
            display.start(f"{label}: {what}", total, done)
            shown = what
        display.reach(done, loss)

    return watch
