"""How long until something happens: --help, a listing of 300 tasks, the first request of a run.

python -m benchmarks.startup [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Cost, harness, machine, middle, run

TIMES = 7
HEAVY = ("torch", "pandas", "transformers", "sklearn", "datasets")

# Stops where the first request reaches the adapter; everything before it is the product's own code.
FIRST_REQUEST = """
import os, sys, time
from harness.adapters.dummy import Dummy
def first(self, request):
    request.prompt
    print(time.process_time(), flush=True)
    os._exit(0)
Dummy._respond = first
from harness.cli import main
main()
"""


def listing() -> tuple[Cost, Cost]:
    """Return what `--help` and `list tasks` take in a project of 300 tasks."""
    with tempfile.TemporaryDirectory() as folder:
        task = (Path(__file__).parent.parent / "tasks/nsmc/nsmc_fewshot.yaml").read_text(encoding="utf-8")
        (Path(folder) / "tasks").mkdir()
        for number in range(300):
            (Path(folder) / "tasks" / f"task_{number:03}.yaml").write_text(task, encoding="utf-8")
        here = Path(folder)
        commands = (["--help"], ["list", "tasks"])
        both = [middle([run([*harness(), *words], cwd=here) for _ in range(TIMES)]) for words in commands]
        assert both[1].output.count("task_") == 300
    return both[0], both[1]


def heavy_modules() -> list[str]:
    """Return which heavy packages a listing imports: none, if all is well."""
    asked = "import sys\nfrom harness.cli import _guarded\n_guarded(['list', 'tasks'])\n"
    asked += f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    return [
        line for line in run([sys.executable, "-c", asked]).output.split("\n") if line.startswith("HEAVY")
    ]


def first_request(arguments: list[str]) -> float:
    """Return the CPU seconds from the start of Python to the first request, the middle of several runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", FIRST_REQUEST, "run", "-t", "nsmc_fewshot", "-b", "dummy", "-q"]
        command += ["--runs-dir", folder, *arguments]
        found = sorted(float(run(command).output.split()[-1]) for _ in range(TIMES))
    return found[len(found) // 2]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data-dir")
    given = arguments.parse_args()
    helped, listed = listing()
    print(machine())
    print(f"harness --help              wall {helped.wall:.3f} s  CPU {helped.cpu:.3f} s   (bound 0.25, 0.4)")
    print(f"harness list tasks (300)    wall {listed.wall:.3f} s  CPU {listed.cpu:.3f} s   (bound 0.25, 0.4)")
    print(f"heavy modules imported      {heavy_modules()}")
    print(f"first request, sample       CPU {first_request(['--sample']):.3f} s   (bound 0.7)")
    if given.data_dir:
        data = str(Path(given.data_dir).resolve())
        print(f"first request, 150,000 pool CPU {first_request(['--data-dir', data]):.3f} s   (bound 1.3)")


if __name__ == "__main__":
    main()
