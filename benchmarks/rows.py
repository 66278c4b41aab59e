"""A million rows: time grows with the rows and no faster, memory stays bounded.

python -m benchmarks.rows
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import harness, machine, run, write_reviews
from benchmarks.overhead import OURS


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_reviews(folder / "train.tsv", 1000, 1)
        for rows in (250_000, 500_000, 1_000_000):
            write_reviews(folder / f"test{rows}.tsv", rows, 2)
            task = folder / f"rows{rows}.yaml"
            task.write_text(OURS.format(ask="choose", test=f"test{rows}.tsv"), encoding="utf-8")
            command = [
                *harness(),
                "run",
                "-t",
                str(task),
                "-b",
                "dummy",
                "-q",
                "--data-dir",
                made,
                "--runs-dir",
                made,
            ]
            cost = run(command)
            each = f"CPU {cost.cpu:.1f} s ({1e6 * cost.cpu / rows:.0f} µs an example)"
            print(f"{rows:>9,} rows: wall {cost.wall:.1f} s, {each}, peak {cost.rss:.0f} MiB")


if __name__ == "__main__":
    main()
