"""Run a command and say what it took; make data that looks like short film reviews."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

POOL = {
    "1": [
        "다시 봐도 좋다",
        "배우들 호흡이 척척",
        "웃다가 울었네요",
        "음악까지 완벽",
        "시간 가는 줄 몰랐어요",
    ],
    "0": [
        "졸다가 나왔어요",
        "이야기가 산으로 간다",
        "예고편이 전부",
        "표값이 아까웠음",
        "왜 만들었는지 모르겠다",
    ],
}
HEADS = ["솔직히", "주말에 봤는데", "아이들과 함께", "기대 없이 봤고", "두 번째 보는데"]


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time and CPU, MiB of peak memory, and what was printed."""

    wall: float
    cpu: float
    rss: float
    output: str


# A child's peak memory is only to be had from a parent that has just this child, so a process
# stands between: it prints what its one child took.
_BETWEEN = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[2:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump({"wall": time.perf_counter() - began, "cpu": used.ru_utime + used.ru_stime,
           "rss": used.ru_maxrss / 1024, "code": done.returncode, "out": done.stdout, "err": done.stderr},
          open(sys.argv[1], "w"))
"""


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Cost:
    """Return what one run of `command` took; a failing command ends the benchmark."""
    import json
    import tempfile

    with tempfile.NamedTemporaryFile() as report:
        between = [sys.executable, "-c", _BETWEEN, report.name, *command]
        subprocess.run(between, check=True, cwd=cwd, env={**os.environ, **(env or {})})
        said = json.loads(Path(report.name).read_text(encoding="utf-8"))
    if said["code"]:
        sys.exit(f"{' '.join(command)} ended with {said['code']}:\n{said['err'][-2000:]}")
    return Cost(said["wall"], said["cpu"], said["rss"], said["out"])


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several runs."""
    return Cost(
        median(c.wall for c in costs),
        median(c.cpu for c in costs),
        median(c.rss for c in costs),
        costs[-1].output,
    )


def harness() -> list[str]:
    """Return the command of the harness that is installed beside this Python."""
    return [str(Path(sys.executable).with_name("harness"))]


def write_reviews(path: Path, count: int, seed: int) -> None:
    """Write `count` synthetic reviews as NSMC lays them out."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as lines:
        lines.write("id\tdocument\tlabel\n")
        for number in range(count):
            label = draw.choice("01")
            end = draw.choice(["!", "..", "ㅋㅋ", "ㅠ"])
            text = f"{draw.choice(HEADS)} {draw.choice(POOL[label])} {end} {number}"
            lines.write(f"{number}\t{text}\t{label}\n")


def machine() -> str:
    """Return the machine in a line."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    return f"{model}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.2f}"


def own_peak_mib() -> float:
    """Return this process's own peak memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(function: object) -> tuple[float, float]:
    """Return wall and CPU seconds of one call."""
    assert callable(function)
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu
