"""The fork server, pid 1 of a sandbox: it reads a job a line, runs it in a child, writes one verdict a line.

Pid 1 gets no signal from inside for which it has no handler, so a program cannot end it; `kill(-1)` ends all
that a program left behind, wherever it hid. What cannot be cleaned up ends the sandbox: the next is new.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import time
from typing import Any

from harness.execution.inside import program, seccomp

PR_SET_DUMPABLE = 4
POLL = 0.02  # seconds between looks at memory and processes
MOST_FILES = 5000
PAGE = os.sysconf("SC_PAGE_SIZE")
SHOWN = 2000  # bytes of output that are kept


def serve() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler would let the signal in
    _warm()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody reads /proc/1/mem or /proc/1/fd
    while line := sys.stdin.buffer.readline():
        job = json.loads(line)
        verdict = _Job(job["source"], job["limits"]).run()
        verdict["spent"] = not _cleared()
        sys.stdout.write(json.dumps(verdict) + "\n")
        sys.stdout.flush()
        if verdict["spent"]:
            return


def _warm() -> None:
    """Import what most programs import: a child has it at once."""
    import collections  # noqa: F401
    import string  # noqa: F401


class _Job:
    """One program under way, watched from outside of its process."""

    def __init__(self, source: str, limits: dict[str, Any]) -> None:
        self.source, self.limits = source, limits
        self.token = os.urandom(16)
        self.began = time.monotonic()
        self.said: dict[int, bytes] = {}  # what came through each pipe
        self.ended_by = ""  # the limit that was passed: timeout, memory, output, processes
        self.status, self.cpu = 0, 0.0

    def run(self) -> dict[str, Any]:
        """Return the verdict once nothing of the program is left."""
        (out, out_end), (answer, answer_end) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            self._become(out_end, answer_end)
        os.close(out_end)
        os.close(answer_end)
        self.said = {out: b"", answer: b""}
        ended = os.pidfd_open(child)
        self._watch(ended)
        with contextlib.suppress(ProcessLookupError):  # nothing is left but this process
            os.kill(-1, signal.SIGKILL)
        self._reap(child)
        for descriptor in (out, answer, ended):
            os.close(descriptor)
        return self._verdict(self.said[out], self.said[answer])

    def _become(self, out: int, answer: int) -> None:
        """In the child: limits, another uid, the filter; then the program. Never returns."""
        try:
            os.setsid()
            for number, target in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (out, 2), (answer, 3)):
                os.dup2(number, target)
            os.closerange(4, 256)
            program.become_nobody()
            program.bound(self.limits)
            seccomp.forbid()
        except BaseException as error:  # the sandbox's fault and not the program's
            os.write(3, json.dumps({"outcome": "sandbox", "error": repr(error)}).encode() + self.token)
            os._exit(70)
        program.run(self.source, 3, self.token)

    def _watch(self, ended: int) -> None:
        """Read what the program writes until its first process has ended or a limit is passed."""
        watched, looked = {*self.said, ended, 0}, self.began
        while ended in watched and not self.ended_by:
            ready = select.select(watched, [], [], POLL)[0]
            if 0 in ready:  # no second job comes while one runs: whoever asked is gone
                os._exit(0)
            for descriptor in sorted(ready, key=lambda one: one == ended):  # what it wrote, then its end
                if not (descriptor != ended and self._heard(descriptor)):
                    watched.discard(descriptor)
            if (now := time.monotonic()) > looked + POLL:
                looked = now
                self.ended_by = self.ended_by or self._over(now)
        for descriptor in self.said:  # what still lies in the pipes
            while not self.ended_by and select.select([descriptor], [], [], 0)[0] and self._heard(descriptor):
                pass

    def _heard(self, descriptor: int) -> bool:
        """Read what came through a pipe; return whether more may come."""
        part = os.read(descriptor, 1 << 16)
        self.said[descriptor] += part
        if len(self.said[descriptor]) > self.limits["output"]:
            self.ended_by = "output"
        return bool(part)

    def _over(self, now: float) -> str:
        """Return which limit of the sandbox as a whole is passed: the kernel keeps those of each process."""
        pids = [name for name in os.listdir("/proc") if name.isdecimal() and name != "1"]
        if len(pids) > self.limits["processes"]:
            return "processes"
        if sum(map(_resident, pids)) > self.limits["memory"]:
            return "memory"
        room = os.statvfs("/tmp")
        if room.f_files and room.f_files - room.f_ffree > MOST_FILES:
            return "output"
        return "timeout" if now > self.began + self.limits["wall"] else ""

    def _reap(self, child: int) -> None:
        """Wait for all that has ended; the CPU seconds are those of every process of the program."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, used = os.wait3(0)
                self.cpu += used.ru_utime + used.ru_stime
                if pid == child:
                    self.status = status

    def _verdict(self, out: bytes, answer: bytes) -> dict[str, Any]:
        """Return the outcome; only an answer with the token behind it was written after the last line.

        That stops an accident and an early exit. Who shares a process with its judge can always lie.
        """
        signalled = self.status & 127
        if self.ended_by:
            verdict = {"outcome": self.ended_by, "error": self._limit()}
            if self.ended_by == "processes":
                verdict["outcome"] = "raised"
        elif answer.endswith(self.token):
            verdict = json.loads(answer.removesuffix(self.token))
        elif signalled == signal.SIGXCPU or (signalled == signal.SIGKILL and self.cpu >= self.limits["cpu"]):
            verdict = {"outcome": "timeout", "error": f"more than {self.limits['cpu']} s of CPU"}
        elif signalled:
            verdict = {"outcome": "raised", "error": f"ended by {signal.Signals(signalled).name}"}
        else:
            verdict = {"outcome": "raised", "error": "left before its tests were done"}
        shown = out[:SHOWN].decode("utf-8", "replace")
        return {**verdict, "output": shown, "seconds": round(time.monotonic() - self.began, 4)}

    def _limit(self) -> str:
        return {
            "timeout": f"more than {self.limits['wall']} s, waiting included",
            "memory": f"more than {self.limits['memory'] >> 20} MiB in all processes",
            "output": f"more than {self.limits['output'] >> 10} KiB of output, or {MOST_FILES} files",
            "processes": f"more than {self.limits['processes']} processes",
        }[self.ended_by]


def _resident(pid: str) -> int:
    """Return the bytes of memory that a process holds, 0 if it has just ended."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as stated:
            return int(stated.read().split()[1]) * PAGE
    except OSError:
        return 0


def _cleared() -> bool:
    """Empty the folder that programs write to; return whether that was possible."""
    try:
        for path, folders, _ in os.walk("/tmp"):  # what its owner may not read is opened before it is removed
            for name in folders:
                if not os.path.islink(inner := os.path.join(path, name)):
                    os.chmod(inner, 0o700)
        for entry in list(os.scandir("/tmp")):
            shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.unlink(entry)
    except Exception:  # a path too deep, a name too long: the next program gets a new sandbox
        return False
    return True
