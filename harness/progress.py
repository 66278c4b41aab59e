"""What a person sees while a run goes on, on stderr: rate, running metric, ETA, failures."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

REFRESH_S = 0.1
PLAIN_S = 15.0


def say(message: str) -> None:
    """Print one line to stderr as it is: rich would wrap it, inside a path if need be."""
    print(message, file=sys.stderr, flush=True)


class Display(Protocol):
    """Shows how far a run is."""

    def start(self, label: str, total: int, done: int) -> None:
        """Begin; `done` were answered before."""

    def phase(self, message: str) -> None:
        """Say what is going on before the first answer, such as fitting."""

    def step(self, *, failed: bool, score: float | None) -> None:
        """Count one answer; `score` is its statistic of the main metric, if that is a mean."""

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

    def stop(self) -> None:
        """Do nothing."""


class Counting:
    """Counts answers; a subclass shows them, and not more often than every `every` seconds."""

    every = PLAIN_S

    def __init__(self) -> None:
        """Start from nothing."""
        self.label, self.total, self.done = "", 0, 0
        self.failed, self.scored, self.sum = 0, 0, 0.0
        self._next = 0.0

    def start(self, label: str, total: int, done: int) -> None:
        """Begin; `done` were answered before."""
        self.__init__()  # type: ignore[misc]
        self.label, self.total, self.done = label, total, done
        self._began, self._before = time.monotonic(), done
        self._next = self._began + self.every

    def step(self, *, failed: bool, score: float | None) -> None:
        """Count one answer and, now and then, show the state."""
        self.done += 1
        self.failed += failed
        if score is not None:
            self.scored += 1
            self.sum += score
        # The clock is read once in 16 answers: at 100,000 answers a second it would be felt.
        if self.done % 16 == 0 or self.done == self.total or self.every > 1:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + self.every
                self.show()

    def state(self) -> str:
        """Return the running figures in words."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        rate = (self.done - self._before) / seconds
        left = (self.total - self.done) / rate if rate else 0.0
        parts = [f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2f}/s"]
        if self.scored:
            parts.append(f"running {self.sum / self.scored:.3f}")
        if self.failed:
            parts.append(f"{self.failed} failed")
        parts.append(f"{left:,.0f} s left")
        return " · ".join(parts)

    def show(self) -> None:
        """Show the state."""


class Plain(Counting):
    """For logs: a line when something begins and a line every quarter of a minute."""

    def phase(self, message: str) -> None:
        """Print the message."""
        say(f"{self.label}: {message}" if self.label else message)

    def show(self) -> None:
        """Print the state."""
        say(f"{self.label}: {self.done:,}/{self.total:,} · {self.state()}")

    def stop(self) -> None:
        """Print the last state."""
        self.show()


class Bar(Counting):
    """For a terminal: one moving line."""

    every = REFRESH_S

    def __init__(self) -> None:
        """Start without a line."""
        super().__init__()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, label: str, total: int, done: int) -> None:
        """Draw the line."""
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        super().start(label, total, done)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), refresh_per_second=10)
        self._task = self._bar.add_task(escape(label), total=total, completed=done, state="starting")
        self._bar.start()

    def phase(self, message: str) -> None:
        """Show the message where the figures will be."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, state=message)
        else:
            say(message)

    def show(self) -> None:
        """Move the line."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done, state=self.state())

    def stop(self) -> None:
        """Leave the last state on the screen."""
        if self._bar is not None:
            self.show()
            self._bar.stop()
            self._bar = self._task = None


def display(*, quiet: bool) -> Display:
    """Return what suits stderr: a moving line on a terminal, rare lines in a log, nothing if quiet."""
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Plain()
