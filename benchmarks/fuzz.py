"""The harness under everything that tears, lies and interrupts: what must hold, tried at random.

    python -m benchmarks.fuzz directories -n 10000
    python -m benchmarks.fuzz replies -n 600             600 runs of at least 12 replies each
    python -m benchmarks.fuzz signals -n 2000            a signal or two at random moments
    python -m benchmarks.fuzz directories --only 123     this seed again

No traceback, nothing lost that was journalled, nothing executed, no figure changed without a mark. A case
follows from its seed; the seeds of those that failed are printed, and kept in `tests/trust/test_fuzz.py`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.fuzzing import directories, replies, signals
from benchmarks.fuzzing.verdict import Executed

KINDS: dict[str, Any] = {"directories": directories, "replies": replies, "signals": signals}


def main() -> int:
    """Run the cases and print how many failed, and how."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=sorted(KINDS))
    parser.add_argument("-n", type=int, default=1000, help="cases")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--only", type=int, nargs="+", metavar="SEED")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so many")
    asked = parser.parse_args()
    _bound_memory()
    seeds = asked.only or range(asked.first, asked.first + asked.n)
    with tempfile.TemporaryDirectory() as folder:
        failed = tried(asked.what, seeds, Path(folder), asked.seconds, traced=bool(asked.only))
    return bool(failed)


def _bound_memory(most: int = 8 * 2**30) -> None:
    """Let what reads without end fail here and not take the machine with it."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _peak() -> float:
    """Return the most memory in MiB that this process has had."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def tried(
    what: str, seeds: Iterable[int], folder: Path, seconds: float = float("inf"), traced: bool = False
) -> list[int]:
    """Run a case for each seed, as long as there is time, and return the seeds of those that failed."""
    kind = KINDS[what]
    project = kind.prepared(folder / "template")
    executed, failed, count, done, began = Executed(), [], 0, 0, time.monotonic()
    kinds: Counter[str] = Counter()
    for seed in seeds:
        if time.monotonic() - began > seconds:
            break
        count += 1
        case = kind.Case(seed, folder / "case", executed)
        try:
            case.run(project.home)
        except Exception as error:
            if traced:
                import traceback

                traceback.print_exc()
            failed.append(seed)
            kinds[type(error).__name__] += 1
            print(
                f"seed {seed}: {', '.join(case.mutations)}: {type(error).__name__}: {str(error)[:500]}",
                flush=True,
            )
        finally:
            done += case.count
            shutil.rmtree(case.home, ignore_errors=True)
        if count % 200 == 0:
            print(f"{what}: {count:,} cases, {len(failed)} failed", file=sys.stderr, flush=True)
    told = f"{what}: {count:,} cases, {done:,} {kind.COUNTED}, {len(failed)} failed"
    print(f"{told}; {time.monotonic() - began:.0f} s, peak {_peak():.0f} MiB", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
